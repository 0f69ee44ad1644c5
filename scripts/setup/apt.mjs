/** Debian packages, where the machine has apt and lets us use it. */

import { PlainError, onPath, run, say } from "./process.mjs";

let listsAreFresh = false;

/** The prefix that lets a command write to system folders, or undefined if nothing does. */
export function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return onPath("sudo") ? ["sudo", "-n"] : undefined;
}

/**
 * Runs a command as root.
 *
 * @param {readonly string[]} command
 */
export function runAsRoot(command) {
  const [program, ...args] = [...(rootPrefix() ?? []), ...command];
  if (program === undefined) return false;
  return run(program, args, { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
}

/**
 * Installs Debian packages, or ends with a sentence that names them.
 *
 * @param {readonly string[]} packages
 * @param {string} instead what to do where apt cannot
 */
export function aptInstall(packages, instead) {
  if (!onPath("apt-get") || !rootPrefix()) throw new PlainError(instead);
  say(`  apt-get install ${packages.join(" ")}`);
  if (!listsAreFresh) listsAreFresh = runAsRoot(["apt-get", "-qq", "update"]);
  if (!runAsRoot(["apt-get", "-qq", "install", "-y", "--no-install-recommends", ...packages])) {
    throw new PlainError(`apt-get could not install ${packages.join(", ")}. ${instead}`);
  }
}
