/** The secrets of local development, made once and never overwritten. */

import { randomBytes } from "node:crypto";
import { appendFileSync, chmodSync, existsSync, readFileSync } from "node:fs";

/** Keys that begin so are good for the fake Stripe only, and are made here. */
export const FAKE_KEY = "sk_test_fake_";

const random = () => randomBytes(32).toString("base64url");

/** Each secret that the Worker cannot run without, and how one is made. */
const SECRETS = {
  /** What the server's own signing key is derived from. */
  SERVER_SEED: random,
};

/**
 * What the Worker needs to take payments from the fake Stripe at `base`. Made together or not at all: a person's own
 * key must never be sent to a made-up place, nor a made-up secret be trusted beside it.
 */
const PAYMENTS = {
  STRIPE_SECRET_KEY: () => `${FAKE_KEY}${random()}`,
  STRIPE_WEBHOOK_SECRET: () => `whsec_${random()}`,
  STRIPE_API_BASE: (/** @type {string} */ base) => base,
};

/**
 * The variables of a .dev.vars file.
 *
 * @param {string} file
 * @returns {Map<string, string>}
 */
export function readDevVars(file) {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const lines = text.matchAll(/^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*(.*?)[ \t\r]*$/gm);
  return new Map(
    [...lines].map(([, name = "", value = ""]) => [name, value.replace(/^(["'`])(.*)\1$/, "$2")]),
  );
}

/**
 * Adds to a .dev.vars file the secrets that it does not name yet.
 *
 * @param {string} file
 * @param {string} fakeStripe where the fake Stripe would be: an origin
 * @returns {string[]} the names of those that were made
 */
export function ensureDevVars(file, fakeStripe) {
  const known = readDevVars(file);
  const hasPayments = Object.keys(PAYMENTS).some((name) => known.has(name));
  const wanted = Object.entries({ ...SECRETS, ...(hasPayments ? {} : PAYMENTS) });
  const missing = wanted.filter(([name]) => !known.has(name));
  if (missing.length === 0) return [];
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const lines = missing.map(([name, make]) => `${name}=${make(fakeStripe)}\n`).join("");
  const separator = text && !text.endsWith("\n") ? "\n" : "";
  appendFileSync(file, separator + lines, { mode: 0o600 });
  chmodSync(file, 0o600);
  return missing.map(([name]) => name);
}
