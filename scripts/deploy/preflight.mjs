/** What keeps a deployment from going out: settings that suit a developer's machine only, and secrets that miss. */

import { DEVELOPMENT, isVar, problemOfVar } from "./vars.mjs";

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
const FAKE_KEY = /^sk_test_fake/;

/**
 * Every reason not to deploy; none if all is well.
 *
 * @param {Plan} plan
 * @returns {string[]}
 */
export function problems(plan) {
  return [...problemsOfVars(plan), ...problemsOfNames(plan), ...problemsOfSecrets(plan)];
}

/**
 * @param {Plan} plan
 * @returns {string[]}
 */
function problemsOfVars({ vars }) {
  const found = Object.entries(vars).map(([name, value]) =>
    SECRETS.includes(name)
      ? `${name} is a var: make it a secret`
      : problemOfVar(name, String(value ?? "").trim()),
  );
  const hasOrigin = String(vars["PUBLIC_ORIGIN"] ?? "").trim() !== "";
  return [
    ...(hasOrigin ? [] : ["PUBLIC_ORIGIN is empty: give --origin https://your.address"]),
    ...found.filter((problem) => problem !== undefined),
  ];
}

/**
 * Which secrets there are, in the file and on the Worker, whose values nobody can look at.
 *
 * @param {Plan} plan
 * @returns {string[]}
 */
function problemsOfNames({ vars, secrets, given }) {
  /** @type {string[]} */
  const found = [];
  for (const name of secrets) {
    // The Worker reads a secret as it does a var, and a secret wins.
    if (DEVELOPMENT.includes(name)) found.push(`${name} is a secret, and suits development only`);
    else if (isVar(name)) found.push(`${name} is a secret: make it a var of wrangler.toml`);
    else if (given.has(name) && !SECRETS.includes(name)) {
      found.push(`${name} is no secret of the Worker`);
    }
  }
  for (const name of REQUIRED) {
    if (!secrets.has(name)) found.push(`the secret ${name} is missing`);
  }
  const unheard = "no payment would be heard of";
  if (secrets.has("STRIPE_SECRET_KEY") && !secrets.has("STRIPE_WEBHOOK_SECRET")) {
    found.push(`STRIPE_SECRET_KEY is there without STRIPE_WEBHOOK_SECRET: ${unheard}`);
  }
  const isConnect = String(vars["PAYMENTS_MODE"] ?? "").trim() === "connect";
  if (isConnect && !secrets.has("STRIPE_CONNECT_WEBHOOK_SECRET")) {
    found.push(
      "PAYMENTS_MODE is connect without the secret STRIPE_CONNECT_WEBHOOK_SECRET: no seller's account would be heard of",
    );
  }
  return found;
}

/**
 * @param {Plan} plan
 * @returns {string[]}
 */
function problemsOfSecrets({ given, local }) {
  /** @type {string[]} */
  const found = [];
  for (const [name, secret] of given) {
    if (!SECRETS.includes(name)) continue;
    if (local.get(name) === secret) found.push(`${name} is the one of .dev.vars: make another`);
    else if (FAKE_KEY.test(secret)) found.push(`${name} is the fake Stripe's`);
    else if (name.startsWith("SERVER_SEED") && !isSeed(secret)) {
      found.push(`${name} is not 32 bytes in base64url`);
    } else if (secret === "") found.push(`${name} is empty: leave it out`);
  }
  const seed = given.get("SERVER_SEED");
  if (seed !== undefined && seed === given.get("SERVER_SEED_PREVIOUS")) {
    found.push(
      "SERVER_SEED_PREVIOUS is SERVER_SEED: make a new seed, and keep the old one as previous",
    );
  }
  return found;
}

/** @param {string} text */
function isSeed(text) {
  const bytes = Buffer.from(text, "base64url");
  return bytes.length === 32 && bytes.toString("base64url") === text;
}
