/** Chromium and its driver, which only the tests want. */

import { aptInstall } from "./apt.mjs";
import { PlainError, capture, isExecutable, onPath, say } from "./process.mjs";

/** @typedef {{ chromium: string, chromedriver: string }} Browser */

const CHROMIUM_NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const MAC_CHROME = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

const HELP =
  "Install Chromium and a chromedriver of the same version (on Debian: chromium and chromium-driver), or name them in the environment variables CHROMIUM and CHROMEDRIVER, then run this again.";

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {string} variable
 * @param {() => string | undefined} search
 */
function named(env, variable, search) {
  const path = env[variable];
  if (!path) return search();
  if (isExecutable(path)) return path;
  throw new PlainError(`${variable} names ${path}, which is no program.`);
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Browser | undefined}
 */
export function findBrowser(env) {
  const chromium = named(env, "CHROMIUM", () => {
    const found = CHROMIUM_NAMES.map((name) => onPath(name, env)).find(Boolean);
    return found ?? (isExecutable(MAC_CHROME) ? MAC_CHROME : undefined);
  });
  const chromedriver = named(env, "CHROMEDRIVER", () => onPath("chromedriver", env));
  return chromium && chromedriver ? { chromium, chromedriver } : undefined;
}

/**
 * @param {string} program
 * @returns {string | undefined} its major version
 */
function majorVersion(program) {
  return /(\d+)\.\d+\.\d+/.exec(capture(program, ["--version"]) ?? "")?.[1];
}

/**
 * Finds or installs the browser.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Browser}
 */
export function ensureBrowser(env) {
  if (!findBrowser(env)) {
    say("Installing Chromium and chromedriver, in which the tests run (about 2 minutes).");
    aptInstall(["chromium", "chromium-driver"], HELP);
  }
  const browser = findBrowser(env);
  if (!browser) throw new PlainError(HELP);
  const versions = [majorVersion(browser.chromium), majorVersion(browser.chromedriver)];
  if (versions[0] !== versions[1]) {
    throw new PlainError(
      `${browser.chromium} is version ${versions[0]} but ${browser.chromedriver} is ${versions[1]}. ${HELP}`,
    );
  }
  return browser;
}
