/** What each var of the Worker may be. The Worker answers nothing with one that makes no sense. */

import { isIP } from "node:net";
import { bech32m } from "@scure/base";

/** @typedef {(text: string) => string | undefined} Rule says what is wrong with a value that is not empty */

/** Vars that only a test or a developer sets. */
export const DEVELOPMENT = ["TEST_CLOCK", "WEBHOOK_DEV_ORIGINS", "STRIPE_API_BASE"];

/** Names that the public never resolves (RFC 6761, RFC 6762, RFC 8375, RFC 9476). */
const PRIVATE_DOMAIN = /(^|\.)(localhost|local|internal|test|invalid|alt|home\.arpa)$/;

/**
 * @param {bigint} least
 * @param {bigint} [most]
 * @returns {Rule}
 */
const number =
  (least, most = 2n ** 63n - 1n) =>
  (text) => {
    const isInBounds = /^\d+$/.test(text) && BigInt(text) >= least && BigInt(text) <= most;
    return isInBounds ? undefined : `is no number from ${least} to ${most}`;
  };

/**
 * @param {readonly string[]} words
 * @returns {Rule}
 */
const oneOf = (words) => (text) =>
  words.includes(text) ? undefined : `is not ${words.join(" or ")}`;

/** @type {Rule} */
const publicOrigin = (text) =>
  isPublic(text) ? undefined : `is ${text}, which is no public origin`;

/** @type {Rule} */
const origins = (text) =>
  text.split(",").every((part) => isOrigin(part.trim()))
    ? undefined
    : "has something that is no origin";

/** @type {Rule} */
const mediaTypes = (text) =>
  text.split(",").every((part) => /^\s*([\w.+-]+\/([\w.+-]+|\*))?\s*$/.test(part))
    ? undefined
    : "has something that is no media type";

/** @type {Rule} */
function ailockId(text) {
  const decoded = bech32m.decodeUnsafe(text);
  const bytes = decoded && bech32m.fromWordsUnsafe(decoded.words);
  const isId = decoded?.prefix === "ailock" && bytes?.length === 32 && text === text.toLowerCase();
  return isId ? undefined : "is no Ailock id";
}

const DAYS = number(1n, 2n ** 32n - 1n);

/** @type {ReadonlyMap<string, Rule>} */
const RULES = new Map(
  Object.entries({
    PUBLIC_ORIGIN: publicOrigin,
    CORS_ORIGINS: (/** @type {string} */ text) => (text === "*" ? undefined : origins(text)),
    MAX_FILE_BYTES: number(1n),
    MAX_RELEASE_BYTES: number(1n),
    ALLOWED_TYPES: mediaTypes,
    DENIED_TYPES: mediaTypes,
    RETENTION_DAYS: DAYS,
    RECORD_DAYS: DAYS,
    RETENTION_RUN: number(1n, 200n),
    QUOTA_BYTES: number(0n),
    QUOTA_OPEN_UPLOADS: number(0n),
    QUOTA_PRODUCTS: number(0n),
    PAYMENTS_MODE: oneOf(["merchant", "connect"]),
    CONNECT_FEE_BPS: number(0n, 10_000n),
    STRIPE_TIMEOUT_MS: number(1n),
    WEBHOOK_TIMEOUT_MS: number(1n),
    RETURN_ORIGINS: origins,
    LINK_LOG_IP: oneOf(["hashed", "truncated", "none"]),
    ARBITER_AILOCK_ID: ailockId,
    OPERATOR_AILOCK_ID: ailockId,
  }),
);

/** @param {string} name */
export const isVar = (name) => RULES.has(name) || DEVELOPMENT.includes(name);

/**
 * What is wrong with a var; nothing with an empty one.
 *
 * @param {string} name
 * @param {string} text trimmed
 * @returns {string | undefined}
 */
export function problemOfVar(name, text) {
  if (text === "") return undefined;
  if (DEVELOPMENT.includes(name)) return `${name} is set, which suits development only`;
  const rule = RULES.get(name);
  const wrong = rule === undefined ? "is no var of the Worker" : rule(text);
  return wrong && `${name} ${wrong}`;
}

/** @param {string} text */
const isOrigin = (text) => URL.canParse(text) && new URL(text).origin === text;

/**
 * Whether people elsewhere can have this address: a Worker is found by a name, under TLS.
 *
 * @param {string} text
 */
function isPublic(text) {
  if (!isOrigin(text)) return false;
  const { protocol, hostname } = new URL(text);
  return (
    protocol === "https:" &&
    isIP(hostname) === 0 &&
    /\.[^.]+$/.test(hostname) &&
    !PRIVATE_DOMAIN.test(hostname)
  );
}
