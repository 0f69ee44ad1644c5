/** The secrets of local development, made once and never overwritten. */

import { randomBytes } from "node:crypto";
import { appendFileSync, chmodSync, existsSync, readFileSync } from "node:fs";

/** Each secret that the Worker cannot run without, and how one is made. */
const SECRETS = {
  /** What the server's own signing key is derived from. */
  SERVER_SEED: () => randomBytes(32).toString("base64url"),
};

/**
 * Adds to a .dev.vars file the secrets that it does not name yet.
 *
 * @param {string} file
 * @returns {string[]} the names of those that were made
 */
export function ensureDevVars(file) {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const missing = Object.entries(SECRETS).filter(
    ([name]) => !new RegExp(`^\\s*${name}\\s*=`, "m").test(text),
  );
  if (missing.length === 0) return [];
  const lines = missing.map(([name, make]) => `${name}=${make()}\n`).join("");
  const separator = text && !text.endsWith("\n") ? "\n" : "";
  appendFileSync(file, separator + lines, { mode: 0o600 });
  chmodSync(file, 0o600);
  return missing.map(([name]) => name);
}
