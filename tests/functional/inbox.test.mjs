import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client, assertProblem } from "./client.mjs";
import { startServer } from "./harness.mjs";
import { completeRelease, newId } from "./release.mjs";
import { Sale, ok } from "./sale.mjs";

let server;
let seller;
before(async () => {
  server = await startServer();
  seller = await Client.registered(server);
});
after(() => server.close());

const inbox = async (client, query = "") => ok(await client.call(`inbox${query}`));
const markRead = (client, message_ids) => client.call("inbox-read", { json: { message_ids } });

test("both sides are told what happened, oldest first, and neither what the other was told", async () => {
  const other = await Client.registered(server);
  const buyer = await Client.registered(server);
  const sale = await Sale.accepted(other, buyer);

  const bought = await inbox(buyer);
  assert.deepEqual(
    bought.messages.map(({ type, status }) => [type, status]),
    [
      ["product_offer", "offered"],
      ["payment_confirmed", "delivered"],
      ["product_delivery", "delivered"],
    ],
  );
  assert.deepEqual(
    (await inbox(other)).messages.map(({ type, from }) => [type, from]),
    [["payment_confirmed", buyer.id]],
  );
  const [first] = bought.messages;
  assert.equal(first.transfer_id, sale.id);
  assert.equal(first.from, other.id);
  assert.equal(first.title, sale.offer.title);
  assert.equal(first.read_at, null);
  assert.equal(first.notice, null);
  assert.deepEqual(
    bought.messages.map(({ cursor }) => cursor),
    bought.messages.map(({ cursor }) => cursor).sort((a, b) => a - b),
  );
  assert.equal(bought.cursor, bought.messages.at(-1).cursor);
});

test("a cursor pages through, and at the end stands still", async () => {
  const buyer = await Client.registered(server);
  const release = await completeRelease(seller, [1]);
  for (let i = 0; i < 5; i += 1) await ok(await new Sale(seller, buyer, release).makeOffer());
  const all = await inbox(buyer);
  assert.equal(all.messages.length, 5);
  const paged = [];
  let cursor = 0;
  for (let page = 0; page < 3; page += 1) {
    const answer = await inbox(buyer, `?after=${cursor}&limit=2`);
    paged.push(...answer.messages);
    cursor = answer.cursor;
  }
  assert.deepEqual(paged, all.messages);
  assert.deepEqual(await inbox(buyer, `?after=${cursor}`), { messages: [], cursor });
});

test("messages are marked as read once, and only one's own", async () => {
  const [buyer, stranger] = [await Client.registered(server), await Client.registered(server)];
  await Sale.accepted(seller, buyer);
  const ids = (await inbox(buyer)).messages.map(({ message_id }) => message_id);
  assert.deepEqual(await ok(await markRead(stranger, ids)), { marked: 0 });
  assert.ok((await inbox(buyer)).messages.every(({ read_at }) => read_at === null));
  assert.deepEqual(await ok(await markRead(buyer, [ids[0], ids[0], newId("message")])), {
    marked: 1,
  });
  assert.deepEqual(await ok(await markRead(buyer, ids)), { marked: ids.length - 1 });
  assert.deepEqual(await ok(await markRead(buyer, [])), { marked: 0 });
  assert.ok((await inbox(buyer)).messages.every(({ read_at }) => read_at !== null));
});

test("what cannot be read is refused", async () => {
  const buyer = await Client.registered(server);
  for (const query of ["?limit=0", "?limit=101", "?after=-1", "?after=x", "?x=1"]) {
    await assertProblem(await buyer.call(`inbox${query}`), 400, "invalid_request");
  }
  const many = Array.from({ length: 101 }, () => newId("message"));
  await assertProblem(await markRead(buyer, many), 400, "invalid_request");
  await assertProblem(await markRead(buyer, ["x"]), 400, "invalid_request");
  assert.deepEqual(await ok(await markRead(buyer, many.slice(1))), { marked: 0 });
  await assertProblem(await fetch(`${server.url}/api/inbox`), 401, "authentication_required");
});
