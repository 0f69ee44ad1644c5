import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client, assertProblem, assertTokenError } from "./client.mjs";
import { startServer } from "./harness.mjs";
import { Link } from "./links.mjs";
import { startShop } from "./paid_sale.mjs";
import { completeRelease, newId, openRelease, storedKeys } from "./release.mjs";
import { Sale, ok, unchanged } from "./sale.mjs";
import { dispute, openDispute } from "./statements.mjs";

let server;
before(async () => {
  server = await startServer();
  // From here on time only goes forward, so that tokens stay good.
  await server.clock.advance(0);
});
after(() => server.close());

const pair = () => Promise.all([Client.registered(server), Client.registered(server)]);
const leave = (client, id = client.id) => client.call("ailocks-delete", { json: { id } });
const rows = async (sql, ...params) =>
  (
    await server.db
      .prepare(sql)
      .bind(...params)
      .all()
  ).results;

/** Runs the cron at a time in Unix seconds. */
async function runAt(seconds) {
  await server.clock.set(seconds);
  await server.scheduled();
}

test("who leaves takes products, files, uploads and messages along", async () => {
  const [seller, buyer] = await pair();
  const release = await completeRelease(seller, [1]);
  const open = await openRelease(seller, [1]);
  await open.putAll();
  const link = await Link.made(seller, release);
  const theirs = await completeRelease(buyer, [1]);
  await ok(await new Sale(buyer, seller, theirs).makeOffer());
  const { id, deleted_at } = await ok(await leave(seller));
  assert.deepEqual([id, deleted_at], [seller.id, server.clock.now()]);

  assert.deepEqual(await rows("select 1 from ailocks where id = ?", seller.id), []);
  assert.deepEqual(await rows("select 1 from messages where to_ailock_id = ?", seller.id), []);
  const products = await rows(
    "select title, content_type, policy from digital_products where owner_ailock_id = ?",
    seller.id,
  );
  assert.deepEqual(products, Array(2).fill({ title: "Deleted", content_type: null, policy: null }));
  await assertProblem(await buyer.call(`ailocks?id=${seller.id}`), 404, "not_found");
  await assertTokenError(await seller.requestToken(), 401, "invalid_client");
  await server.clock.advance(2);
  await server.scheduled();
  assert.deepEqual(await storedKeys(server, release), []);
  await runAt(server.clock.now() + 3601);
  assert.deepEqual(await storedKeys(server, open), []);
  assert.equal((await storedKeys(server, theirs)).length, 1, "another's stay");
  await assertProblem(await link.open(), 404, "not_found");
  assert.deepEqual(
    await rows("select 1 from reservations where owner_ailock_id = ?", seller.id),
    [],
  );
});

test("of an Ailock that never sold anything nothing stays but its keys", async () => {
  const [seller] = await pair();
  const release = await completeRelease(seller, [1]);
  const { file_id } = release.files[0].declared;
  const link = await Link.made(seller, release, { file_id, sealed_name: "AAAA" });
  const claim = await link.claimed();
  assert.equal((await claim.chunk()).status, 200);
  const open = await openRelease(seller, [1]);
  await open.putAll();
  await ok(await leave(seller));
  const kept = async () => {
    const tables = await rows(
      "select name from sqlite_schema where type = 'table' and name not like '%\\_cf%' escape '\\'",
    );
    const named = [];
    for (const { name } of tables) {
      const all = JSON.stringify(await rows(`select * from ${name}`));
      if ([seller.id, release.id, open.id, link.id, file_id].some((id) => all.includes(id)))
        named.push(name);
    }
    return named.filter((name) => name !== "replay");
  };
  for (const table of ["download_links", "link_bodies", "link_log", "claims"])
    assert.ok(!(await kept()).includes(table), table);
  await runAt(server.clock.now() + 2);
  await runAt(server.clock.now() + 3601);
  await server.scheduled();
  assert.deepEqual(await kept(), ["erased_ailocks"]);
});

test("what a sale names stays after its seller, and what the seller sealed to itself does not", async () => {
  const [seller, buyer] = await pair();
  const sale = await Sale.claimed(seller, buyer);
  assert.equal((await sale.chunk()).status, 200);
  await ok(await sale.acknowledge());
  await ok(await leave(buyer));
  await ok(await leave(seller));
  await runAt(server.clock.now() + 2);
  await server.scheduled();
  const [release] = await rows("select * from releases where id = ?", sale.release.id);
  assert.equal(JSON.parse(release.manifest).release_id, sale.release.id);
  assert.match(JSON.parse(release.self_envelope).sealed, /^A{107}$/);
});

test("leaving again is the same request, and the same keys may come back", async () => {
  const [client] = await pair();
  const first = await ok(await leave(client));
  await server.clock.advance(10);
  assert.deepEqual(await ok(await leave(client)), first);
  await ok(await client.register());
  await ok(await client.requestToken());
  const again = await ok(await leave(client));
  assert.equal(again.deleted_at, server.clock.now());
});

test("who left changes nothing any more with the token that is left, and is told so", async () => {
  const [client, other] = await pair();
  const sale = await Sale.offered(other, client);
  const gone = await ok(await leave(client));
  const claim = `products-claim?transfer_id=${sale.id}`;
  for (const response of [
    await client.call("products-create", { json: { product_id: newId("product"), title: "x" } }),
    await client.call("inbox-read", { json: { through: 1 } }),
    await client.call(claim),
    await client.call("ailock-batch", { json: { requests: [] } }),
  ]) {
    assert.match(response.headers.get("www-authenticate"), /error="invalid_token"/);
    await assertProblem(response, 401, "invalid_token");
  }
  assert.deepEqual(await ok(await leave(client)), gone);
  const id = client.id;
  assert.deepEqual(await rows("select 1 from digital_products where owner_ailock_id = ?", id), []);
  await ok(await client.register());
  const json = { product_id: newId("product"), title: "x" };
  assert.equal((await client.call("products-create", { json })).status, 200);
});

test("only oneself leaves, and a body that says otherwise is refused", async () => {
  const [client, other] = await pair();
  await assertProblem(await leave(client, other.id), 422, "unprocessable");
  await assertProblem(await leave(client, "nobody"), 400, "invalid_request");
  await assertProblem(
    await client.call("ailocks-delete", { json: { id: client.id, all: true } }),
    400,
    "invalid_request",
  );
  assert.equal((await rows("select 1 from ailocks where id = ?", other.id)).length, 1);
  assert.equal((await rows("select 1 from ailocks where id = ?", client.id)).length, 1);
});

test("unpaid offers are called off, on either side", async () => {
  const [one, two] = await pair();
  const selling = await Sale.offered(one, two);
  const buying = await Sale.offered(two, one);
  await ok(await leave(one));
  for (const sale of [selling, buying]) {
    assert.equal((await sale.show(two)).status, "cancelled");
    const { audit } = await sale.stored();
    assert.equal(audit.at(-1).actor, one.id);
  }
});

test("a buyer's access keeps its seller, and money or a dispute keeps both", async () => {
  const [seller, buyer] = await pair();
  const other = await Sale.offered(seller, buyer);
  const sale = await Sale.claimed(seller, buyer);
  assert.equal((await sale.chunk()).status, 200);
  await unchanged(other, async () => {
    const problem = await assertProblem(await leave(seller), 409, "open_sales");
    assert.match(problem.detail, new RegExp(`${sale.id} is delivered`));
    await assertProblem(await leave(buyer), 409, "open_sales");
  });
  await ok(await sale.acknowledge());
  await assertProblem(await leave(seller), 409, "open_sales");
  await ok(await openDispute(sale));
  await assertProblem(await leave(buyer), 409, "open_sales");
  await ok(await dispute(sale, "withdraw").send());
  await ok(await leave(buyer));
  assert.equal((await sale.show(seller)).status, "expired");
  await ok(await leave(seller));
});

test("of more open offers than one call ends, none ends where a later sale forbids leaving", async () => {
  const [seller, buyer] = await pair();
  const release = await completeRelease(seller, [1]);
  const offers = [];
  for (let count = 0; count < 51; count += 1) {
    const sale = new Sale(seller, buyer, release, { sealed: false });
    await ok(await sale.makeOffer());
    offers.push(sale);
  }
  const kept = await Sale.claimed(seller, buyer);
  assert.equal((await kept.chunk()).status, 200);
  await assertProblem(await leave(seller), 409, "open_sales");
  assert.equal((await offers[0].show()).status, "offered");
  await ok(await kept.acknowledge());
  await ok(await leave(buyer).then(async (left) => (left.status === 409 ? leave(buyer) : left)));
  await ok(await leave(seller));
});

test("a download that goes on after the retention keeps its seller, not its buyer", async () => {
  const [seller, buyer] = await pair();
  const policy = { retention_seconds: 3600, revoke_on_expiry: false };
  const sale = await Sale.claimed(seller, buyer, { policy });
  assert.equal((await sale.chunk()).status, 200);
  await runAt(server.clock.now() + 3601);
  assert.equal((await sale.show()).status, "expired");
  const problem = await assertProblem(await leave(seller), 409, "open_sales");
  assert.match(problem.detail, new RegExp(`${sale.id} is expired`));
  await ok(await leave(buyer));
  await runAt(server.clock.now() + 86_400);
  await ok(await leave(seller));
});

test("a bank's open dispute about a sale that has expired keeps both its sides", async () => {
  const shop = await startShop();
  const { server, seller, buyer } = shop;
  await server.clock.advance(0);
  const sale = await shop.paid({ policy: { retention_seconds: 3600 } });
  sale.claimed = await ok(await sale.claim());
  assert.equal((await sale.chunk()).status, 200);
  await ok(await sale.acknowledge());
  await server.clock.advance(3601);
  await server.scheduled();
  assert.equal((await sale.show()).status, "expired");
  shop.stripe.dispute(sale.payment);
  await shop.deliverAll();
  for (const side of [buyer, seller]) {
    const problem = await assertProblem(await leave(side), 409, "open_sales");
    assert.match(problem.detail, new RegExp(`${sale.id} is expired`));
  }
  await shop.close();
});

test("the books of a sale stay for the other side, and its chain stays valid without what opened it", async () => {
  const [seller, buyer] = await pair();
  const sale = await Sale.claimed(seller, buyer);
  assert.equal((await sale.chunk()).status, 200);
  await ok(await sale.acknowledge());
  const origins = () =>
    rows(
      `select a.actor from audit_origins o join audit_log a on a.transfer_id = o.transfer_id and a.seq = o.seq
       where o.transfer_id = ?`,
      sale.id,
    );
  assert.ok((await origins()).some(({ actor }) => actor === buyer.id));
  const { audit } = await sale.stored();
  await ok(await leave(buyer));
  assert.ok((await origins()).every(({ actor }) => actor !== buyer.id));
  assert.ok((await origins()).some(({ actor }) => actor === seller.id));
  assert.deepEqual((await sale.stored()).audit.slice(0, audit.length), audit);
  const packet = await ok(await seller.call(`transfers-packet?transfer_id=${sale.id}`));
  assert.ok(packet.body.signers.some(({ ed25519_pk }) => ed25519_pk.length === 43));
  assert.equal(packet.body.signers.length, 2, "the keys that verify it are still there");
  assert.equal(packet.body.receipt.body.buyer, buyer.id);
});

test("of leaving and selling at the same time, one holds", async () => {
  for (let round = 0; round < 4; round += 1) {
    const [seller, buyer] = await pair();
    const release = await completeRelease(seller, [1]);
    const sale = new Sale(seller, buyer, release);
    await ok(await sale.makeOffer());
    const [accepted, left] = await Promise.all([sale.invoice(), leave(seller)]);
    const [{ status }] = await rows("select status from product_transfers where id = ?", sale.id);
    const isThere = (await rows("select 1 from ailocks where id = ?", seller.id)).length === 1;
    assert.equal(left.status === 200, !isThere);
    assert.equal(status, isThere ? "delivered" : "cancelled");
    assert.equal(accepted.status === 200, isThere);
  }
});
