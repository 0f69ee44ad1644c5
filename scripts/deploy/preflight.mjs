/** What keeps a deployment from going out: settings that suit a developer's machine only, and secrets that miss. */

/**
 * @typedef {object} Plan
 * @property {Record<string, unknown>} vars as they will be deployed
 * @property {ReadonlySet<string>} secrets names of those that the deployment will have
 * @property {ReadonlyMap<string, string>} given secrets that go out with it
 * @property {ReadonlyMap<string, string>} local those of .dev.vars
 */

const REQUIRED = ["SERVER_SEED"];
const SECRETS = [
  "SERVER_SEED",
  "SERVER_SEED_PREVIOUS",
  "STRIPE_SECRET_KEY",
  "STRIPE_WEBHOOK_SECRET",
  "STRIPE_WEBHOOK_SECRET_PREVIOUS",
  "STRIPE_CONNECT_WEBHOOK_SECRET",
];
/** Vars that only a test or a developer sets. */
const DEVELOPMENT = ["TEST_CLOCK", "WEBHOOK_DEV_ORIGINS", "STRIPE_API_BASE"];
const FAKE_KEY = /^sk_test_fake/;
const SEED = /^[A-Za-z0-9_-]{43}$/;

/**
 * Every reason not to deploy; none if all is well.
 *
 * @param {Plan} plan
 * @returns {string[]}
 */
export function problems({ vars, secrets, given, local }) {
  const found = [];
  const value = (/** @type {string} */ name) => String(vars[name] ?? "").trim();
  const origin = value("PUBLIC_ORIGIN");
  if (origin === "") found.push("PUBLIC_ORIGIN is empty: give --origin https://your.address");
  else if (!isPublic(origin)) found.push(`PUBLIC_ORIGIN is ${origin}, which is no public origin`);
  for (const name of DEVELOPMENT) {
    if (value(name) !== "") found.push(`${name} is set, which suits development only`);
  }
  for (const name of SECRETS) {
    if (value(name) !== "") found.push(`${name} is a var: make it a secret`);
  }
  for (const name of REQUIRED) {
    if (!secrets.has(name)) found.push(`the secret ${name} is missing`);
  }
  if (secrets.has("STRIPE_SECRET_KEY") && !secrets.has("STRIPE_WEBHOOK_SECRET")) {
    found.push(
      "STRIPE_SECRET_KEY is there without STRIPE_WEBHOOK_SECRET: no payment would be heard of",
    );
  }
  for (const [name, secret] of given) {
    if (local.get(name) === secret) found.push(`${name} is the one of .dev.vars: make another`);
    else if (FAKE_KEY.test(secret)) found.push(`${name} is the fake Stripe's`);
    else if (name.startsWith("SERVER_SEED") && !SEED.test(secret)) {
      found.push(`${name} is not 32 bytes in base64url`);
    }
  }
  return found;
}

/** @param {string} origin */
function isPublic(origin) {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  return url.protocol === "https:" && url.origin === origin && url.hostname.includes(".");
}
