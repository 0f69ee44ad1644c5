/** Where the project and what it installs lie. */

import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Executables that `npm ci` links, the project's own Node 22 among them. */
export const NODE_BIN = join(ROOT, "node_modules", ".bin");

/**
 * The directory shared by all checkouts of this user: built tools and cargo's target directory.
 *
 * @param {NodeJS.ProcessEnv} [env]
 */
export function cacheDir(env = process.env) {
  if (env["CLAIMCHECK_CACHE"]) return env["CLAIMCHECK_CACHE"];
  return join(env["XDG_CACHE_HOME"] || join(env["HOME"] || homedir(), ".cache"), "claimcheck");
}

/**
 * @param {string} name
 * @param {string} version
 * @param {NodeJS.ProcessEnv} [env]
 */
export function toolDir(name, version, env = process.env) {
  return join(cacheDir(env), "tools", `${name}-${version}`);
}
