/** The npm packages of package-lock.json in node_modules. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { NODE_BIN, ROOT } from "./paths.mjs";
import { PlainError, isExecutable, run, say } from "./process.mjs";

/**
 * @typedef {{ version?: string, optional?: boolean, link?: boolean }} LockedPackage
 * @typedef {{ packages: Record<string, LockedPackage> }} Lockfile
 */

/**
 * Whether an installed tree is the one that the lockfile describes. npm writes the tree's own
 * lockfile last, so an interrupted install does not pass; optional packages may be absent, since
 * those for other platforms are.
 *
 * @param {Lockfile} wanted package-lock.json
 * @param {Lockfile} installed node_modules/.package-lock.json
 */
export function isInstalled(wanted, installed) {
  const isDependency = (/** @type {string} */ path) => path.includes("node_modules/");
  const missing = Object.entries(wanted.packages).some(([path, { version, optional }]) => {
    const found = installed.packages[path];
    return isDependency(path) && (found ? found.version !== version : !optional);
  });
  const surplus = Object.keys(installed.packages).some(
    (path) => isDependency(path) && !wanted.packages[path],
  );
  return !missing && !surplus;
}

/**
 * @param {string} path
 * @returns {Lockfile | undefined}
 */
function readLockfile(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** Installs the npm packages if they differ from the lockfile. */
export function ensureNodeModules() {
  const wanted = readLockfile(join(ROOT, "package-lock.json"));
  if (!wanted) throw new PlainError("package-lock.json cannot be read: check it out again.");
  const installed = readLockfile(join(ROOT, "node_modules", ".package-lock.json"));
  if (installed && isInstalled(wanted, installed) && isExecutable(join(NODE_BIN, "node"))) return;
  say("Installing the npm packages of package-lock.json (about 1 minute).");
  if (!run("npm", ["ci", "--loglevel=error"], { cwd: ROOT })) {
    throw new PlainError("npm ci failed: see its message above, mend that, and run this again.");
  }
  if (!isExecutable(join(NODE_BIN, "node"))) {
    throw new PlainError(
      "npm did not run the install script of the package `node`. Allow install scripts (npm config get ignore-scripts), delete node_modules and run this again.",
    );
  }
}
