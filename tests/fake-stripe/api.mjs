// The HTTP API: authorisation, routes, idempotency and planned failures.
import { createHash } from "node:crypto";
import { createAccount, createAccountLink } from "./accounts.mjs";
import { makeId } from "./books.mjs";
import { ApiError } from "./errors.mjs";
import { Params, parseForm } from "./form.mjs";
import { expand, listPage } from "./listing.mjs";
import { createRefund } from "./refunds.mjs";
import { createSession, expireDue, expireSession } from "./sessions.mjs";
import { API_VERSION } from "./webhooks.mjs";

/** Each collection, the kind of its objects, and the fields that its list can be filtered by. */
const COLLECTIONS = [
  ["checkout/sessions", "sessions", ["payment_intent", "status"]],
  ["payment_intents", "intents", []],
  ["charges", "charges", ["payment_intent", "transfer_group"]],
  ["refunds", "refunds", ["charge", "payment_intent"]],
  ["disputes", "disputes", ["charge", "payment_intent"]],
  ["events", "events", ["type"]],
  ["accounts", "accounts", []],
];

/** @typedef {(world: import("./server.mjs").World, params: Params, id: string) => object} Action */

/** @type {Record<string, Action>} */
const POSTS = {
  "checkout/sessions": createSession,
  refunds: (world, params) => createRefund(world, params).refund,
  accounts: createAccount,
  account_links: createAccountLink,
};

/** @type {Action} */
function expireByCall(world, params, id) {
  params.end();
  const session = world.books.load("sessions", id);
  expireSession(world, session);
  return session;
}

/** @returns {(world: import("./server.mjs").World, params: Params) => object} */
function route(method, path) {
  const create = method === "POST" ? POSTS[path] : undefined;
  if (create !== undefined) return (world, params) => create(world, params, "");
  const expired = /^checkout\/sessions\/([^/]+)\/expire$/.exec(path);
  if (method === "POST" && expired) {
    return (world, params) => expireByCall(world, params, expired[1]);
  }
  for (const [name, kind, filters] of method === "GET" ? COLLECTIONS : []) {
    if (path === name) {
      return (world, params) => listPage(world, kind, params, `/v1/${name}`, filters);
    }
    if (path.startsWith(`${name}/`)) {
      return (world, params) => {
        params.end();
        return world.books.load(kind, decodeURIComponent(path.slice(name.length + 1)));
      };
    }
  }
  throw new ApiError(
    404,
    "invalid_request_error",
    `Unrecognized request URL (${method}: /v1/${path}).`,
  );
}

/** The key, as a bearer token or as the name of Basic authorisation. */
function requireKey(header, secretKey) {
  const [, scheme, value] = /^(Bearer|Basic) +(.+)$/i.exec(header ?? "") ?? [];
  const key =
    scheme?.toLowerCase() === "basic"
      ? Buffer.from(value, "base64").toString().split(":")[0]
      : value;
  if (key === secretKey) return;
  const message = key
    ? `Invalid API Key provided: ${key.slice(0, 8)}****`
    : "You did not provide an API key.";
  throw new ApiError(401, "invalid_request_error", message);
}

/**
 * Answers one call.
 *
 * @param {import("./server.mjs").World} world
 * @param {{ method: string, path: string, query: string, body: string, headers: import("node:http").IncomingHttpHeaders }} request `path` without `/v1/`
 * @returns {{ status: number, headers: Record<string, string>, body: string }}
 */
export function answer(world, request) {
  const requestId = makeId("req_", 14);
  const { headers, status, body } = attempt(world, request, requestId);
  const version = String(request.headers["stripe-version"] ?? API_VERSION);
  return {
    status,
    body: JSON.stringify(body),
    headers: {
      "content-type": "application/json",
      "request-id": requestId,
      "stripe-version": version,
      ...headers,
    },
  };
}

function attempt(world, request, requestId) {
  try {
    requireKey(request.headers.authorization, world.secretKey);
    return once(world, request, requestId);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { status: error.status, headers: {}, body: { error: error.error } };
  }
}

/** Runs a call under its Idempotency-Key: a second one with the same parameters gets the first one's answer. */
function once(world, request, requestId) {
  const key = request.headers["idempotency-key"];
  if (request.method !== "POST" || key === undefined) return run(world, request, requestId, null);
  const fingerprint = createHash("sha256")
    .update(`${request.path}\n${canonicalForm(request.body)}`)
    .digest("hex");
  const known = world.books.idempotency.get(key);
  if (known === undefined) {
    const done = run(world, request, requestId, key);
    if (done.isKept) world.books.idempotency.set(key, { fingerprint, requestId, ...done });
    return done;
  }
  if (known.fingerprint !== fingerprint) {
    throw new ApiError(
      400,
      "idempotency_error",
      `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
    );
  }
  const headers = { "idempotent-replayed": "true", "original-request": known.requestId };
  return { ...known, headers: { ...headers, "idempotency-key": key } };
}

const canonicalForm = (body) => [...new URLSearchParams(body)].sort().join("\n");

/** Stripe keeps the answer of whatever began to run; a call refused for its parameters never did. */
function run(world, { method, path, query, body }, requestId, key) {
  world.request = { id: requestId, idempotency_key: key };
  try {
    expireDue(world);
    const params = new Params(parseForm(method === "GET" ? query : body));
    const object = expand(world, route(method, path)(world, params), params.list("expand"));
    return {
      status: 200,
      headers: key ? { "idempotency-key": key } : {},
      body: object,
      isKept: true,
    };
  } catch (error) {
    if (!(error instanceof ApiError && error.isKept)) throw error;
    return { status: error.status, headers: {}, body: { error: error.error }, isKept: true };
  } finally {
    world.request = undefined;
    world.books.save();
  }
}
