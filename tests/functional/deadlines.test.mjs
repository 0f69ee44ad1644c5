import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { assertProblem } from "./client.mjs";
import { openMarket } from "./market.mjs";
import { completeRelease } from "./release.mjs";
import { Sale, ok } from "./sale.mjs";
import { dispute, disputesOf, openDispute } from "./statements.mjs";

const HOUR = 3600;
const WEEK = 7 * 24 * HOUR;

const { server, seller, buyer } = await openMarket();
afterEach(() => server.clock.release());

/** Runs the cron at a time in Unix seconds. */
async function runAt(seconds) {
  await server.clock.set(seconds);
  await server.scheduled();
}
const statusOf = async (sale) => (await sale.stored()).transfers[0].status;

/** What the run of a cron must leave alone, and what the next second changes, once. */
async function passes(sale, at, status) {
  const before = await statusOf(sale);
  await runAt(at - 1);
  assert.equal(await statusOf(sale), before, "a second early");
  await runAt(at);
  assert.equal(await statusOf(sale), status);
  const stored = await sale.stored();
  assert.equal(stored.audit.at(-1).actor, "server");
  await server.scheduled();
  assert.deepEqual(await sale.stored(), stored, "a second run");
}

test("an offer expires when its time has passed", async () => {
  const sale = await Sale.offered(seller, buyer);
  await passes(sale, sale.offer.expires_at, "expired");
  const { messages } = await sale.stored();
  assert.equal(messages.filter(({ notice }) => notice?.includes("expired")).length, 2);
});

test("72 hours without a grant end the sale", async () => {
  const sale = await Sale.accepted(seller, buyer, { sealed: false });
  const due = (await sale.stored()).transfers[0].grant_due_at;
  assert.equal(due, (await sale.stored()).transfers[0].updated_at + 72 * HOUR);
  await passes(sale, due, "expired");
  assert.equal((await sale.stored()).transfers[0].claims_end, "not_delivered");
});

test("retention ends access, of a running download too", async () => {
  const sale = await Sale.claimed(seller, buyer);
  assert.equal((await sale.chunk()).status, 200);
  await passes(sale, (await sale.stored()).transfers[0].retention_ends_at, "expired");
  await server.clock.release();
  await assertProblem(await sale.chunk(), 409, "wrong_state");
});

test("a dispute that nobody answers in 7 days is the buyer's", async () => {
  const sale = await Sale.accepted(seller, buyer, { policy: { retention_seconds: 2 * WEEK } });
  const { disputes } = await ok(await openDispute(sale));
  await passes(sale, disputes[0].answer_due_at, "revoked");
  await server.clock.release();
  const seen = await ok(await disputesOf(sale));
  assert.deepEqual(seen.disputes[0].state, { closed: "unanswered" });
  assert.equal((await sale.stored()).transfers[0].claims_end, "dispute_lost");
});

test("what falls due during a dispute is noted once and waits for its end", async () => {
  const sale = await Sale.claimed(seller, buyer, { policy: { retention_seconds: 5 * 24 * HOUR } });
  await ok(await openDispute(sale));
  await ok(await dispute(sale, "answer").send());
  await runAt((await sale.stored()).transfers[0].retention_ends_at);
  assert.equal(await statusOf(sale), "disputed");
  const stored = await sale.stored();
  assert.equal(stored.audit.at(-1).action, "retention_ended");
  await server.scheduled();
  assert.deepEqual(await sale.stored(), stored);
  const { transfer } = await ok(await dispute(sale, "withdraw").send());
  assert.equal(transfer.status, "expired");
});

test("a run takes 50 of a kind, the next one goes on, and one that cannot be helped holds up no other", async () => {
  const release = await completeRelease(seller, [1]);
  const sales = [];
  for (let index = 0; index < 53; index += 1) {
    const expires_at = server.clock.now() + HOUR + index;
    const sale = new Sale(seller, buyer, release, { offer: { expires_at }, sealed: false });
    await ok(await sale.makeOffer());
    sales.push(sale);
  }
  await server.db
    .prepare("update product_transfers set audit_head = ?1, machine = '{}' where id = ?2")
    .bind("A".repeat(43), sales[0].id)
    .run();
  const expired = async () => {
    const query =
      "select count(*) as count from product_transfers where release_id = ?1 and status = 'expired'";
    return (await server.db.prepare(query).bind(release.id).first()).count;
  };
  await runAt(sales.at(-1).offer.expires_at);
  assert.equal(await expired(), 49);
  await server.scheduled();
  assert.equal(await expired(), 52);
});
