/** How each kind of test is run. */

import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { NODE_BIN, ROOT } from "../setup/paths.mjs";
import { runWatched } from "../setup/process.mjs";
import { countsOfLine, countsOfRun } from "./counts.mjs";

/** @typedef {import("./counts.mjs").Counts} Counts */

const TEST_TIMEOUT_MS = 15 * 60_000;
const LONG_TEST_TIMEOUT_MS = 2 * 60 * 60_000;
/** Files have servers and ports of their own, and mostly wait for them; without this, two CPUs run one at a time. */
export const SERVERS_AT_ONCE = Math.max(2, Math.min(4, availableParallelism()));
const WASM_TEST_TIMEOUT_S = 300;

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Counts>}
 */
async function runCounted(command, args, env) {
  /** @type {Counts[]} */
  const lines = [];
  const onLine = (/** @type {string} */ line) => void lines.push(countsOfLine(line));
  const succeeded = await runWatched(command, args, { cwd: ROOT, env, onLine });
  return countsOfRun(lines, succeeded);
}

/**
 * The Rust tests of the whole workspace, natively.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export function runCargoTests(env) {
  return runCounted("cargo", ["test", "--workspace", "--no-fail-fast"], env);
}

/**
 * The client's Rust tests as WebAssembly in headless Chromium.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export function runWasmTests(env) {
  writeFileSync(
    join(ROOT, "wasm-client", "webdriver.json"),
    JSON.stringify(webdriverCapabilities(env["CHROMIUM"] ?? "", process.getuid?.() === 0)),
  );
  const browser = ["--headless", "--chrome", "--chromedriver", env["CHROMEDRIVER"] ?? ""];
  return runCounted("wasm-pack", ["test", ...browser, "--mode", "no-install", "wasm-client"], {
    ...env,
    WASM_BINDGEN_TEST_TIMEOUT: String(WASM_TEST_TIMEOUT_S),
    // Where the engine works. Without it the tests would count as Node's, and all be skipped.
    WASM_BINDGEN_USE_DEDICATED_WORKER: "1",
  });
}

/**
 * @param {string} binary
 * @param {boolean} isRoot Chromium's sandbox refuses to start as root
 */
export function webdriverCapabilities(binary, isRoot) {
  const args = [
    "--headless=new",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
  ];
  if (isRoot) args.push("--no-sandbox");
  return { "goog:chromeOptions": { binary, args } };
}

/**
 * The `*.test.mjs` files below a folder, sorted.
 *
 * @param {string} folder
 * @returns {string[]}
 */
export function testFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .sort()
    .flatMap((path) => {
      if (statSync(path).isDirectory()) return testFiles(path);
      return path.endsWith(".test.mjs") ? [path] : [];
    });
}

/**
 * The tests of one folder, under the project's own Node.
 *
 * @param {string} folder relative to the root
 * @param {NodeJS.ProcessEnv} env
 * @param {number} [atOnce] files; as Node chooses unless given
 * @returns {Promise<Counts>}
 */
export async function runNodeTests(folder, env, atOnce) {
  const files = testFiles(join(ROOT, folder)).map((file) => relative(ROOT, file));
  if (files.length === 0) {
    process.stdout.write(`There is no *.test.mjs in ${folder}.\n`);
    return { passed: 0, failed: 1 };
  }
  const timeout = env["CLAIMCHECK_LONG"] ? LONG_TEST_TIMEOUT_MS : TEST_TIMEOUT_MS;
  const options = [
    "--test",
    "--test-reporter=spec",
    ...(atOnce === undefined ? [] : [`--test-concurrency=${atOnce}`]),
    `--test-timeout=${timeout}`,
  ];
  return runCounted(join(NODE_BIN, "node"), [...options, ...files], env);
}
