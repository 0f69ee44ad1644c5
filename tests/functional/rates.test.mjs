// Each limit is a binding of wrangler.toml, here with very few calls a minute.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client, assertProblem, assertTokenError, post } from "./client.mjs";
import { startServer } from "./harness.mjs";
import { newId } from "./release.mjs";

const LIMIT = 3;
const NAMES = ["TOKEN", "REGISTER", "CLAIM", "ACK", "REVOKE", "WEBHOOK", "ANON"];

let server;
let caller;
let other;
before(async () => {
  const rates = Object.fromEntries(NAMES.map((name) => [`RATE_${name}`, LIMIT]));
  server = await startServer({ rates, vars: { STRIPE_WEBHOOK_SECRET: "whsec_test" } });
  [caller, other] = [await Client.registered(server), await Client.registered(server)];
});
after(() => server.close());

/**
 * Calls that are answered otherwise first, and then one that is told to wait. A minute may begin anew meanwhile, so
 * there may be twice as many of the former.
 */
async function firstRefused(call, expected) {
  for (let index = 0; index <= 2 * LIMIT; index += 1) {
    const response = await call();
    if (response.status === 429) return response;
    assert.equal(response.status, expected);
  }
  return assert.fail("it was never limited");
}

async function isLimited(call, expected) {
  const refused = await firstRefused(call, expected);
  assert.equal(refused.headers.get("retry-after"), "60");
  await assertProblem(refused, 429, "rate_limited");
}

const TRANSFER = newId("transfer");
const batch = (client, op) => async () => {
  const requests = [{ id: "1", op, body: { transfer_id: TRANSFER } }];
  const response = await client.call("ailock-batch", { json: { requests } });
  assert.equal(response.status, 200);
  return (await response.json()).results[0];
};

for (const [route, op] of [
  ["products-claim", "get_delivery_ticket"],
  ["products-ack", "ack_delivery"],
  ["products-revoke", "revoke_access"],
]) {
  test(`${route} is limited for each Ailock, in a batch too`, async () => {
    const call = (client) => () => client.call(route, { json: { transfer_id: TRANSFER } });
    const expected = route === "products-claim" ? 404 : 400;
    await isLimited(call(caller), expected);
    const inBatch = await firstRefused(batch(caller, op), expected);
    assert.equal(inBatch.problem.code, "rate_limited");
    assert.equal(inBatch.retry_after, 60);
    assert.equal((await call(other)()).status, expected, "another Ailock is not held up");
    assert.equal((await batch(other, op)()).status, expected);
  });
}

test("webhooks are limited by address", async () => {
  await isLimited(() => post(`${server.url}/api/payments-stripe-webhook`, {}), 400);
});

test("registrations are limited by address", async () => {
  const client = await Client.make(server);
  await isLimited(() => client.register(), 200);
});

test("calls without credentials, or with refused ones, are limited by address", async () => {
  await isLimited(() => fetch(`${server.url}/api/inbox`), 401);
  await isLimited(() => caller.call("inbox", { token: "not.a.token" }), 401);
  await isLimited(() => fetch(`${server.url}/api/features`), 200);
  for (let index = 0; index < 2 * LIMIT; index += 1)
    assert.equal((await caller.call("inbox")).status, 200, "who is known is not held up");
});

test("tokens are limited for each Ailock, and nobody uses up what is another's", async () => {
  const apart = await startServer({ rates: { RATE_TOKEN: LIMIT } });
  try {
    const [victim, attacker] = [await Client.make(apart), await Client.make(apart)];
    await victim.register();
    for (let index = 0; index < LIMIT + 2; index += 1) {
      const assertion = await victim.assertion({ key: attacker.ailock.signing.key });
      await assertTokenError(await victim.requestToken({ assertion }), 401, "invalid_client");
    }
    assert.equal((await victim.requestToken()).status, 200);
    const refused = await firstRefused(() => victim.requestToken(), 200);
    assert.equal(refused.headers.get("retry-after"), "60");
    await assertTokenError(refused, 429, "slow_down");
  } finally {
    await apart.close();
  }
});

test("a monitor is never told to wait, and keeps no database busy", async () => {
  const statements = async () => {
    const response = await fetch(`${server.url}/healthz`);
    assert.equal(response.status, 200);
    return Number(/desc="(\d+) statements"/.exec(response.headers.get("server-timing"))[1]);
  };
  await server.clock.advance(0);
  const first = await statements();
  for (let index = 0; index < 3 * LIMIT; index += 1) {
    // The one is the test clock's.
    assert.equal(await statements(), 1);
  }
  assert.ok(first > 1);
  await server.clock.advance(10);
  assert.equal(await statements(), first);
  await server.clock.release();
});
