import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client, assertProblem } from "./client.mjs";
import { startServer } from "./harness.mjs";
import { Sale, ok } from "./sale.mjs";

let server;
let seller;
before(async () => {
  server = await startServer();
  seller = await Client.registered(server);
});
after(() => server.close());

/** Statements that a call ran, by what the answer says. */
const statements = (response) =>
  Number(/(\d+) statements/.exec(response.headers.get("server-timing"))[1]);
/** What the server's own clock costs in tests. */
const CLOCK = 1;

test("a message that comes while a call waits ends the wait", async () => {
  const buyer = await Client.registered(server);
  const waiting = buyer.call("inbox?wait=25");
  // A product and a release come first, so the call above has begun long before there is a message.
  const sale = await Sale.offered(seller, buyer);
  const { messages, cursor } = await ok(await waiting);
  assert.deepEqual(
    messages.map(({ type, transfer_id }) => [type, transfer_id]),
    [["product_offer", sale.id]],
  );
  assert.equal(cursor, messages[0].cursor);
});

test("a message that is there already is not waited for", async () => {
  const buyer = await Client.registered(server);
  await Sale.offered(seller, buyer);
  const response = await buyer.call("inbox?wait=25");
  assert.equal(statements(response), CLOCK + 1);
  assert.equal((await ok(response)).messages.length, 1);
});

test("a wait in which nothing comes ends, after six reads", async () => {
  const buyer = await Client.registered(server);
  await Sale.offered(seller, buyer);
  const { cursor } = await ok(await buyer.call("inbox"));
  const response = await buyer.call(`inbox?after=${cursor}&wait=1`);
  assert.equal(statements(response), CLOCK + 6);
  assert.deepEqual(await ok(response), { messages: [], cursor });
});

test("a caller that goes away leaves nothing behind", async () => {
  const buyer = await Client.registered(server);
  const token = await buyer.token();
  const url = `${server.url}/api/inbox?wait=25`;
  const proof = await buyer.proof({ method: "GET", url, token });
  const controller = new AbortController();
  const cancelled = fetch(url, {
    headers: { authorization: `DPoP ${token}`, dpop: proof },
    signal: controller.signal,
  });
  const sale = await new Sale(seller, buyer, (await Sale.offered(seller, buyer)).release);
  controller.abort();
  await cancelled.then(
    (response) => response.body?.cancel(),
    (error) => assert.equal(error.name, "AbortError"),
  );
  await ok(await sale.makeOffer());
  assert.equal((await ok(await buyer.call("inbox?wait=1"))).messages.length, 2);
});

test("a wait out of bounds is refused", async () => {
  for (const query of ["?wait=26", "?wait=-1", "?wait=x", "?wait=1.5"]) {
    await assertProblem(await seller.call(`inbox${query}`), 400, "invalid_request");
  }
  await assertProblem(
    await fetch(`${server.url}/api/inbox?wait=1`),
    401,
    "authentication_required",
  );
});
