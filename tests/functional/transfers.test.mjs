import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client, assertProblem } from "./client.mjs";
import { startServer } from "./harness.mjs";
import { completeRelease, newId } from "./release.mjs";
import { Sale, ok } from "./sale.mjs";

let server;
before(async () => {
  server = await startServer();
});
after(() => server.close());

const list = async (client, query = "") => ok(await client.call(`transfers${query}`));
const ids = ({ transfers }) => transfers.map(({ transfer_id }) => transfer_id);

test("both sides see a transfer, and nobody else", async () => {
  const [seller, buyer, stranger] = await Promise.all(
    Array.from({ length: 3 }, () => Client.registered(server)),
  );
  const sale = await Sale.accepted(seller, buyer);
  const [sold, bought] = [await sale.show(seller), await sale.show(buyer)];
  assert.equal(sold.envelope, null);
  assert.deepEqual(bought.envelope, sale.sealed);
  assert.deepEqual({ ...bought, envelope: null }, sold);
  const path = (id) => `transfers?transfer_id=${id}`;
  await assertProblem(await stranger.call(path(sale.id)), 404, "not_found");
  await assertProblem(await buyer.call(path(newId("transfer"))), 404, "not_found");
  await assertProblem(
    await fetch(`${server.url}/api/${path(sale.id)}`),
    401,
    "authentication_required",
  );
});

test("a list has one's own, newest first, by side and by page", async () => {
  const [ada, bob] = [await Client.registered(server), await Client.registered(server)];
  const [fromAda, fromBob] = [await completeRelease(ada, [1]), await completeRelease(bob, [1])];
  const sold = [];
  const bought = [];
  for (let i = 0; i < 3; i += 1) {
    const out = new Sale(ada, bob, fromAda);
    const back = new Sale(bob, ada, fromBob);
    for (const sale of [out, back]) await ok(await sale.makeOffer());
    sold.unshift(out.id);
    bought.unshift(back.id);
  }
  const newestFirst = (all) => [...all].sort().reverse();
  const all = newestFirst([...sold, ...bought]);
  assert.deepEqual(ids(await list(ada)), all);
  assert.deepEqual(ids(await list(bob)), all);
  assert.deepEqual(ids(await list(ada, "?role=seller")), newestFirst(sold));
  assert.deepEqual(ids(await list(ada, "?role=buyer")), newestFirst(bought));

  for (const [role, expected] of [
    ["", all],
    ["&role=seller", newestFirst(sold)],
    ["&role=buyer", newestFirst(bought)],
  ]) {
    const paged = [];
    let page = await list(ada, `?limit=2${role}`);
    paged.push(...ids(page));
    while (page.next !== null) {
      assert.equal(page.next, paged.at(-1));
      page = await list(ada, `?limit=2${role}&after=${page.next}`);
      paged.push(...ids(page));
    }
    assert.deepEqual(paged, expected, role);
  }
  assert.deepEqual(await list(await Client.registered(server)), { transfers: [], next: null });
});

test("what cannot be read is refused", async () => {
  const client = await Client.registered(server);
  const bad = ["?role=owner", "?limit=0", "?limit=101", "?after=x", "?transfer_id=x", "?x=1"];
  for (const query of bad) {
    await assertProblem(await client.call(`transfers${query}`), 400, "invalid_request");
  }
});
