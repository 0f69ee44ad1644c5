// A real Chromium, driven by Playwright.
import { chromium } from "playwright-core";
import { findBrowser } from "../../scripts/setup/chromium.mjs";

/** Nothing that calls home, and no sandbox where it refuses to start. */
const FLAGS = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-quic",
  "--no-first-run",
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
];

/** @param {string[]} [flags] further flags */
export function launchBrowser(flags = []) {
  const { chromium: executablePath } = findBrowser(process.env);
  if (executablePath === undefined)
    throw new Error("Chromium is missing: set CHROMIUM to its path");
  return chromium.launch({ executablePath, args: [...FLAGS, ...flags] });
}
