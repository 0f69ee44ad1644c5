// What is kept of a sale that is over, and for how long.
import assert from "node:assert/strict";
import { test } from "node:test";
import { completeAttachment } from "./attachment.mjs";
import { assertProblem } from "./client.mjs";
import { Link, visitor } from "./links.mjs";
import { openMarket } from "./market.mjs";
import { completeRelease, newId, storedKeys } from "./release.mjs";
import { Sale, ok } from "./sale.mjs";
import { openDispute, verdict } from "./statements.mjs";

const DAY = 24 * 3600;
const WEEK = 7 * DAY;
const RECORD_DAYS = 30;

const { server, seller, buyer, arbiter } = await openMarket({
  offices: ["arbiter"],
  vars: { RECORD_DAYS: String(RECORD_DAYS) },
});
// From here on time only goes forward, so that tokens stay good.
await server.clock.advance(0);

async function runAt(seconds) {
  await server.clock.set(seconds);
  await server.scheduled();
}
const rows = async (sql, ...params) =>
  (
    await server.db
      .prepare(sql)
      .bind(...params)
      .all()
  ).results;
const transferRow = async (sale) =>
  (await rows("select * from product_transfers where id = ?", sale.id))[0];

test("the envelope goes with the retention, what was sealed ahead and the inputs a week later", async () => {
  const sale = await Sale.claimed(seller, buyer);
  assert.equal((await sale.chunk()).status, 200);
  await ok(await sale.acknowledge());
  await server.db
    .prepare("update product_transfers set buyer_inputs = '{}' where id = ?")
    .bind(sale.id)
    .run();
  const { retention_ends_at: ends } = await transferRow(sale);
  await runAt(ends - 1);
  assert.equal((await sale.stored()).grants.length, 1);
  await runAt(ends);
  assert.deepEqual((await sale.stored()).grants, []);
  assert.notEqual((await transferRow(sale)).held_envelope, null);
  await runAt(ends + WEEK - 1);
  assert.notEqual((await transferRow(sale)).buyer_inputs, null);
  await runAt(ends + WEEK);
  const { held_envelope, buyer_inputs } = await transferRow(sale);
  assert.deepEqual([held_envelope, buyer_inputs], [null, null]);
  const view = await sale.show();
  assert.equal(view.status, "expired");
  assert.equal(view.envelope, null);
  assert.ok(view.receipt && view.countersign, "the books stay");
  const packet = await ok(await buyer.call(`transfers-packet?transfer_id=${sale.id}`));
  assert.equal(packet.body.envelope, null);
});

test("a sale that goes on keeps everything, however old", async () => {
  const sale = await Sale.claimed(seller, buyer, {
    policy: { retention_seconds: 60 * DAY, max_downloads: 2 },
  });
  await ok(await sale.cancel());
  await runAt(server.clock.now() + 50 * DAY);
  const { grants, claims, transfers } = await sale.stored();
  assert.deepEqual([grants.length, claims.length], [1, 1]);
  assert.notEqual(transfers[0].held_envelope, null);
  sale.claimed = await ok(await sale.claim());
  assert.equal((await sale.chunk()).status, 200);
});

test("claims and evidence of a sale that is over go after the days of records; the receipt's claim and the chain stay", async () => {
  const sale = await Sale.accepted(seller, buyer, { policy: { max_downloads: 2 } });
  sale.claimed = await ok(await sale.claim({ claim_id: newId("claim") }));
  await ok(await sale.cancel());
  sale.claimed = await ok(await sale.claim({ claim_id: newId("claim") }));
  assert.equal((await sale.chunk()).status, 200);
  await ok(await sale.acknowledge());
  await ok(await openDispute(sale));
  await ok(await verdict(sale, arbiter, "for_seller").send());
  const statements = () => rows("select * from transfer_statements where transfer_id = ?", sale.id);
  assert.equal((await statements()).length, 2);
  await runAt((await transferRow(sale)).retention_ends_at);
  const over = (await transferRow(sale)).updated_at;
  await runAt(over + RECORD_DAYS * DAY - 1);
  assert.equal((await statements()).length, 2);
  assert.equal((await sale.stored()).claims.length, 2);
  const { audit } = await sale.stored();
  assert.ok((await rows("select * from audit_origins where transfer_id = ?", sale.id)).length > 0);
  await runAt(over + RECORD_DAYS * DAY);
  assert.deepEqual(await statements(), []);
  const left = await sale.stored();
  assert.deepEqual(
    left.claims.map(({ id }) => id),
    [sale.claimed.claim_id],
  );
  assert.equal(left.receipts.length, 1);
  assert.deepEqual(left.audit, audit, "the chain is as it was");
  assert.deepEqual(await rows("select * from audit_origins where transfer_id = ?", sale.id), []);
});

test("messages go once they were read long ago, others stay", async () => {
  const sale = await Sale.offered(seller, buyer);
  const { messages } = await ok(await buyer.call("inbox"));
  const message = messages.find(({ transfer_id }) => transfer_id === sale.id);
  const unread = await Sale.offered(seller, buyer);
  await ok(await buyer.call("inbox-read", { json: { message_ids: [message.message_id] } }));
  const read = server.clock.now();
  const isThere = async () =>
    (await rows("select 1 from messages where id = ?", message.message_id)).length === 1;
  await runAt(read + RECORD_DAYS * DAY - 1);
  assert.ok(await isThere());
  await runAt(read + RECORD_DAYS * DAY);
  assert.ok(!(await isThere()));
  assert.ok((await unread.stored()).messages.length > 0);
});

test("Stripe's events, calls that were made and used proofs go; what is still to be done stays", async () => {
  const now = server.clock.now();
  const event = (id, received) =>
    server.db
      .prepare(
        `insert into stripe_events (id, type, livemode, outcome, created_at, received_at, facts)
         values (?1, 'charge.refunded', 0, 'no_effect', ?2, ?2, '{}')`,
      )
      .bind(id, received)
      .run();
  await event("evt_old", now - RECORD_DAYS * DAY);
  await event("evt_new", now - RECORD_DAYS * DAY + 60);
  const over = await Sale.offered(seller, buyer);
  await ok(await seller.call("transfers-cancel", { json: { transfer_id: over.id } }));
  const active = await Sale.accepted(seller, buyer, { policy: { retention_seconds: 90 * DAY } });
  const call = (key, sale, done, next) =>
    server.db
      .prepare(
        `insert into outbox (kind, transfer_id, idempotency_key, request, done_at, next_attempt_at, created_at)
         values ('refund', ?1, ?2, '{}', ?3, ?4, 1)`,
      )
      .bind(sale.id, key, done, next)
      .run();
  await call("over-done", over, now, null);
  await call("over-due", over, null, now + 90 * DAY);
  await call("over-given-up", over, null, null);
  await call("active-done", active, now, null);
  await server.db.prepare("insert into replay (id, expires_at) values ('used', ?)").bind(now).run();
  await server.scheduled();
  assert.deepEqual(
    (await rows("select id from stripe_events")).map(({ id }) => id),
    ["evt_new"],
  );
  await runAt(now + RECORD_DAYS * DAY + 1);
  const keys = await rows("select idempotency_key as key from outbox order by key");
  assert.deepEqual(
    keys.map(({ key }) => key),
    ["active-done", "over-due", "over-given-up"],
  );
  assert.deepEqual(await rows("select 1 from replay where id = 'used'"), []);
  assert.deepEqual(await rows("select 1 from stripe_events"), []);
});

test("a link and all about it go after the days of records, and not while a claim of it could run", async () => {
  const release = await completeRelease(seller, [1]);
  const [used, ended] = [await Link.made(seller, release), await Link.made(seller, release)];
  const who = await visitor(server);
  await ok(await used.claim(who));
  await ok(await ended.revoke());
  const made = server.clock.now();
  const about = async (link) => ({
    links: (await rows("select 1 from download_links where immutable_id = ?", link.id)).length,
    bodies: (await rows("select 1 from link_bodies where link_id = ?", link.id)).length,
    claims: (await rows("select 1 from claims where link_id = ?", link.id)).length,
    log: (await rows("select 1 from link_log where link_id = ?", link.id)).length,
  });
  const before = await about(used);
  assert.deepEqual(before, { links: 1, bodies: 1, claims: 1, log: 1 });
  await runAt(made + RECORD_DAYS * DAY - 1);
  assert.deepEqual(await about(used), before);
  assert.equal((await about(ended)).links, 1);
  await runAt(made + RECORD_DAYS * DAY);
  assert.equal((await about(ended)).links, 0, "revoked a day earlier");
  assert.equal((await about(used)).links, 1);
  await runAt(made + (RECORD_DAYS + 1) * DAY + 1);
  assert.deepEqual(await about(used), { links: 0, bodies: 0, claims: 0, log: 0 });
});

test("attachments go a week after the sale is over, from the bucket too, and their bytes are given back", async () => {
  const input = { id: "logo", label: "Logo", type: "file", timing: "pre_payment", required: true };
  const sale = await Sale.offered(seller, buyer, { offer: { required_inputs: [input] } });
  const attachment = await completeAttachment(sale, "logo", { size: 5_000_000 });
  const json = { transfer_id: sale.id, inputs: [attachment.input()] };
  await ok(await buyer.call("transfers-requirements-submit", { json }));
  const reserved = async () =>
    (await rows("select bytes from reservations where release_id = ?", attachment.id)).length;
  await ok(await buyer.call("transfers-cancel", { json: { transfer_id: sale.id } }));
  const over = server.clock.now();
  await runAt(over + WEEK - 1);
  assert.equal((await storedKeys(server, attachment)).length, 2);
  assert.equal(await reserved(), 1);
  await runAt(over + WEEK);
  assert.deepEqual(await storedKeys(server, attachment), []);
  assert.equal(await reserved(), 0);
  assert.equal((await transferRow(sale)).buyer_inputs, null);
  await assertProblem(await attachment.chunk(), 410, "release_gone");
});
