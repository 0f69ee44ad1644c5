// Sales that were paid and come to a bad end: every payment goes back once, or stays, and never both.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { identity } from "../interop/protocol.mjs";
import { Client, assertProblem, makeProofKey } from "./client.mjs";
import { startShop } from "./paid_sale.mjs";
import { completeRelease } from "./release.mjs";
import { ok, unchanged } from "./sale.mjs";
import { openDispute, revoke, verdict } from "./statements.mjs";

const TWO_CHUNKS = 4_194_048 + 100;
const WEEK = 7 * 24 * 3600;
const MONTH = { policy: { retention_seconds: 30 * 24 * 3600 } };

let shop;
let arbiter;
before(async () => {
  const seed = randomBytes(32);
  const { id } = identity(seed);
  shop = await startShop({ vars: { ARBITER_AILOCK_ID: id, OPERATOR_AILOCK_ID: id } });
  arbiter = new Client(shop.server, identity(seed), await makeProofKey());
  await arbiter.register();
  shop.release = await completeRelease(shop.seller, [TWO_CHUNKS]);
});
after(() => shop.close());

const refund = (sale, part) =>
  shop.seller.call("transfers-refund", {
    json: { transfer_id: sale.id, ...(part ? { part } : {}) },
  });
const refundsOf = (sale) =>
  shop.stripe.all("refunds").filter(({ payment_intent }) => payment_intent === sale.payment);
const outbox = (sale) => shop.rows("outbox", "transfer_id", sale.id);

/** Lets every stored call of a sale be made, and Stripe tell what came of it. */
async function settle(sale) {
  await shop.until(async () => (await outbox(sale)).every((row) => row.done_at));
  await shop.deliverAll();
}

/** The money went back once, in full, and the sale says so. */
async function assertReturned(sale, status = "refunded") {
  await settle(sale);
  const view = await sale.show();
  assert.equal(view.status, status);
  assert.equal(view.refund.state, "complete");
  const [amounts, charge] = [
    refundsOf(sale).filter(({ status: now }) => now === "succeeded"),
    shop.chargeOf(sale),
  ];
  assert.equal(
    amounts.reduce((sum, { amount }) => sum + amount, 0),
    1000,
  );
  assert.equal(charge.amount_refunded, 1000);
}

/** A paid sale of which the buyer has had the first chunk. */
async function downloading(options) {
  const sale = await shop.paid(options);
  sale.claimed = await ok(await sale.claim());
  assert.equal((await sale.chunk()).status, 200);
  return sale;
}

test("a paid sale that is revoked before the first chunk is refunded, once", async () => {
  for (const sealed of [true, false]) {
    const sale = await shop.paid({ sealed });
    const statement = revoke(sale);
    const answers = await Promise.all(Array.from({ length: 10 }, () => statement.send()));
    for (const answer of answers) assert.equal((await ok(answer)).status, "refund_pending");
    await assertReturned(sale);
    assert.equal(refundsOf(sale).length, 1);
    await unchanged(sale, async () => ok(await statement.send()));
  }
});

test("a policy revocation refunds malware whatever was served, and a takedown only what was not", async () => {
  const infected = await downloading();
  await ok(await revoke(infected, { client: arbiter, reason: "infected" }).send());
  const problem = await assertProblem(await infected.chunk({ index: 1 }), 409, "wrong_state");
  assert.match(problem.detail, /infected/);
  await assertReturned(infected);
  const served = await downloading();
  await ok(await revoke(served, { client: arbiter, reason: "takedown" }).send());
  assert.equal((await served.show()).status, "revoked");
  assert.deepEqual(await outbox(served), []);
  const unserved = await shop.paid();
  await ok(await revoke(unserved, { client: arbiter, reason: "takedown" }).send());
  await assertReturned(unserved);
});

test("a refund that fails, and fails again, is asked for until it succeeds, and is shown", async () => {
  const sale = await shop.paid();
  await ok(await revoke(sale).send());
  for (const failures of [1, 2]) {
    await shop.until(async () => refundsOf(sale).length === failures);
    shop.stripe.failNext(500, { match: "POST /v1/refunds" });
    shop.stripe.failRefund(refundsOf(sale).at(-1).id);
    await shop.deliverAll();
    const { refund: shown } = await sale.show(shop.seller);
    assert.deepEqual([shown.state, shown.failures], ["pending", failures]);
    await shop.until(async () => (await outbox(sale)).at(-1).last_error !== null);
    await shop.server.clock.advance(120);
    await shop.cron();
  }
  await settle(sale);
  const rows = await outbox(sale);
  assert.equal(new Set(rows.map(({ idempotency_key: key }) => key)).size, 3);
  await assertReturned(sale);
});

test("a dispute without an answer for 7 days gives the money back", async () => {
  const sale = await downloading(MONTH);
  await ok(await openDispute(sale));
  await shop.server.clock.advance(WEEK + 1);
  await shop.cron();
  assert.equal((await sale.show()).access_ended, "dispute_lost");
  await assertReturned(sale);
});

test("ruled for the buyer the money goes back; ruled for the seller it stays", async () => {
  const lost = await downloading();
  await ok(await openDispute(lost));
  const ruling = verdict(lost, arbiter, "for_buyer");
  const answers = await Promise.all(Array.from({ length: 5 }, () => ruling.send()));
  for (const answer of answers) await ok(answer);
  await assertReturned(lost);
  assert.equal(refundsOf(lost).length, 1);
  const won = await downloading();
  await ok(await openDispute(won));
  await assertProblem(await won.chunk({ index: 1 }), 409, "wrong_state");
  const { transfer } = await ok(await verdict(won, arbiter, "for_seller").send());
  assert.equal(transfer.status, "delivered");
  assert.equal((await won.chunk({ index: 1 })).status, 200);
  assert.deepEqual([await outbox(won), refundsOf(won)], [[], []]);
});

test("a chargeback freezes a running download at its next chunk; won, it goes on", async () => {
  const sale = await downloading();
  const { dispute } = shop.stripe.dispute(sale.payment);
  await shop.deliverAll();
  assert.equal((await sale.show()).status, "disputed");
  await assertProblem(await sale.chunk({ index: 1 }), 409, "wrong_state");
  shop.stripe.reviewDispute(dispute.id);
  await shop.deliverAll();
  await assertProblem(await sale.chunk({ index: 1 }), 409, "wrong_state");
  shop.stripe.closeDispute(dispute.id, "won");
  await shop.deliverAll();
  assert.equal((await sale.chunk({ index: 1 })).status, 200);
  assert.equal((await sale.show()).status, "delivered");
});

test("a chargeback that is lost ends the download; nothing is refunded besides", async () => {
  const sale = await downloading();
  const { dispute } = shop.stripe.dispute(sale.payment);
  shop.stripe.closeDispute(dispute.id, "lost");
  await shop.deliverAll();
  const problem = await assertProblem(await sale.chunk({ index: 1 }), 409, "wrong_state");
  assert.match(problem.detail, /chargeback/);
  assert.equal((await sale.show()).status, "refunded");
  await assertProblem(await refund(sale, { refund_id: "more", amount: 1 }), 409, "wrong_state");
  assert.deepEqual([await outbox(sale), refundsOf(sale)], [[], []]);
});

test("a refund asked for while the bank disputes waits, and never pays twice", async () => {
  for (const outcome of ["lost", "won"]) {
    const sale = await downloading();
    const { dispute } = shop.stripe.dispute(sale.payment);
    await shop.deliverAll();
    const part = await refund(sale, { refund_id: "part", amount: 1 });
    await assertProblem(part, 409, "disputed_at_stripe");
    assert.equal((await ok(await refund(sale))).status, "refund_pending");
    assert.deepEqual(await outbox(sale), [], "nothing is asked for yet");
    shop.stripe.closeDispute(dispute.id, outcome);
    await shop.deliverAll();
    await settle(sale);
    assert.equal((await sale.show()).status, "refunded");
    assert.equal(refundsOf(sale).length, outcome === "won" ? 1 : 0, outcome);
  }
});

test("a refund that is on its way when the bank disputes is not asked for a second time", async () => {
  const sale = await shop.paid();
  shop.stripe.failNext(500, { match: "POST /v1/refunds" });
  await ok(await refund(sale));
  await shop.until(async () => (await outbox(sale))[0].last_error !== null);
  const { dispute } = shop.stripe.dispute(sale.payment);
  await shop.deliverAll();
  await shop.server.clock.advance(120);
  await shop.cron();
  assert.deepEqual(refundsOf(sale), [], "Stripe refuses while the bank decides");
  shop.stripe.closeDispute(dispute.id, "lost");
  await shop.deliverAll();
  assert.equal((await sale.show()).status, "refunded");
  const asked = () =>
    shop.stripe.calls.filter(
      ({ path, params }) => path === "/v1/refunds" && params.payment_intent === sale.payment,
    ).length;
  const before = asked();
  for (const seconds of [3600, 86_400]) {
    await shop.server.clock.advance(seconds);
    await shop.cron();
  }
  assert.equal(asked(), before, "the money is back: nobody asks any more");
  assert.ok((await outbox(sale)).every((row) => row.done_at));
  assert.deepEqual(refundsOf(sale), []);
});

test("a refund made in the dashboard stops a running download", async () => {
  const sale = await downloading();
  shop.stripe.refund(sale.payment);
  await shop.deliverAll();
  const problem = await assertProblem(await sale.chunk({ index: 1 }), 409, "wrong_state");
  assert.match(problem.detail, /refunded/);
  await assertReturned(sale);
});

test("parts asked for at once never come to more than was paid", async () => {
  const sale = await shop.paid();
  const parts = ["a", "b", "c"].map((refund_id) => ({ refund_id, amount: 400 }));
  const answers = await Promise.all(parts.map((part) => refund(sale, part)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 422]);
  const refused = answers.find(({ status }) => status === 422);
  await assertProblem(refused, 422, "refund_out_of_bounds");
  await settle(sale);
  assert.deepEqual(
    refundsOf(sale).map(({ amount }) => amount),
    [400, 400],
  );
  assert.deepEqual((await sale.show()).refund, { state: "partial", refunded: 800, failures: 0 });
  await ok(await refund(sale, { refund_id: "rest", amount: 200 }));
  await assertReturned(sale);
});

test("a payment that comes after the sale has ended goes back at once", async () => {
  const ends = {
    revoked: (sale) => revoke(sale).send(),
    cancelled: (sale) => sale.buyer.call("transfers-cancel", { json: { transfer_id: sale.id } }),
    expired: async (sale) => {
      await shop.server.clock.set(sale.offer.expires_at);
      await shop.cron();
    },
  };
  for (const [status, end] of Object.entries(ends)) {
    // Stripe keeps a page open for half an hour at least, longer than this offer lasts.
    const offer = { expires_at: shop.server.clock.now() + 600 };
    const sale = await shop.invoiced({ offer });
    // The page is paid while the call that closes it is on its way.
    shop.stripe.failNext(500, { match: `${sale.session.id}/expire` });
    await end(sale);
    assert.equal((await sale.show()).status, status);
    shop.stripe.pay(sale.session.id);
    sale.payment = shop.stripe.session(sale.session.id).payment_intent;
    await shop.deliverAll();
    await shop.server.clock.advance(300);
    await shop.cron();
    await assertReturned(sale, status);
    assert.deepEqual((await sale.stored()).grants, []);
  }
});

test("a second payment of the same sale goes back, the first one is kept", async () => {
  const sale = await shop.invoiced();
  const first = sale.session;
  shop.stripe.expire(first.id);
  await shop.deliverAll();
  await ok(await sale.invoice());
  const second = shop.sessionOf(sale);
  assert.notEqual(second.id, first.id);
  shop.stripe.plant(first.id, { status: "open" });
  for (const { id } of [first, second]) shop.stripe.pay(id);
  await shop.deliverAll();
  sale.payment = shop.stripe.session(second.id).payment_intent;
  await settle(sale);
  assert.equal((await sale.show()).status, "delivered");
  assert.deepEqual(
    refundsOf(sale).map(({ amount }) => amount),
    [1000],
  );
  sale.payment = shop.stripe.session(first.id).payment_intent;
  assert.deepEqual(refundsOf(sale), []);
  assert.equal((await sale.stored()).grants.length, 1);
});

test("ten invoices at once open one page", async () => {
  const sale = await shop.offered();
  const answers = await Promise.all(Array.from({ length: 10 }, () => sale.invoice()));
  const pages = new Set();
  for (const answer of answers) pages.add((await ok(answer)).checkout_url);
  assert.equal(pages.size, 1);
  const sessions = shop.stripe.all("sessions");
  assert.equal(sessions.filter(({ client_reference_id: id }) => id === sale.id).length, 1);
});

test("the operator sees refunds that do not come through, and what was refused", async () => {
  const see = (query = "", client = arbiter) => client.call(`payments-findings${query}`);
  const owed = async (sale) => {
    const { refunds } = await ok(await see());
    return refunds.find(({ transfer_id }) => transfer_id === sale.id);
  };
  const sale = await shop.paid();
  shop.stripe.failNext(400, { match: "POST /v1/refunds" });
  await ok(await refund(sale));
  await shop.until(async () => (await outbox(sale))[0].last_error !== null);
  const [row] = await outbox(sale);
  assert.deepEqual(await owed(sale), {
    transfer_id: sale.id,
    payment: sale.payment,
    amount: 1000,
    currency: "usd",
    failures: 0,
    last_error: "api_error",
    next_attempt_at: row.next_attempt_at,
  });
  const { findings } = await ok(await see());
  const mine = findings.find(({ transfer_id }) => transfer_id === sale.id);
  assert.deepEqual([mine.kind, mine.theirs], ["call_refused", "api_error"]);
  await shop.server.clock.advance(120);
  await shop.cron();
  shop.stripe.failNext(500, { match: "POST /v1/refunds" });
  shop.stripe.failRefund(refundsOf(sale).at(-1).id);
  await shop.deliverAll();
  await shop.until(async () => (await outbox(sale)).at(-1).last_error !== null);
  assert.equal((await owed(sale)).failures, 1, "it failed at the bank");
  await shop.server.clock.advance(120);
  await shop.cron();
  await assertReturned(sale);
  assert.equal(await owed(sale), undefined);
  for (const client of [shop.seller, shop.buyer, shop.stranger]) {
    await assertProblem(await see("", client), 403, "forbidden");
  }
  for (const query of ["?limit=x", "?of=me"]) {
    await assertProblem(await see(query), 400, "invalid_request");
  }
});

test("the operator sees what does not fit between database and bucket", async () => {
  const insert = shop.server.db.prepare(
    "insert into storage_findings (kind, subject, detail, found_at, seen_at) values (?, ?, ?, ?, ?)",
  );
  await insert.bind("foreign_object", "notes", "not a chunk's key", 1, 2).run();
  await insert.bind("chunks_missing", "release_x", "0 of 1 chunks, 0 of 33 bytes", 1, 3).run();
  const { storage } = await ok(await arbiter.call("payments-findings"));
  assert.deepEqual(storage, [
    {
      kind: "chunks_missing",
      subject: "release_x",
      detail: "0 of 1 chunks, 0 of 33 bytes",
      found_at: 1,
      seen_at: 3,
    },
    {
      kind: "foreign_object",
      subject: "notes",
      detail: "not a chunk's key",
      found_at: 1,
      seen_at: 2,
    },
  ]);
});

test("findings come page by page", async () => {
  const insert = shop.server.db.prepare(
    "insert into reconciliation_findings (kind, subject, found_at, seen_at) values ('call_refused', ?, 1, 1)",
  );
  for (const subject of ["a", "b", "c"]) await insert.bind(subject).run();
  const all = [];
  for (let query = "?limit=2"; query !== "";) {
    const page = await ok(await arbiter.call(`payments-findings${query}`));
    assert.ok(page.findings.length <= 2);
    all.push(...page.findings.map(({ finding_id }) => finding_id));
    query = page.next === null ? "" : `?limit=2&after=${page.next}`;
  }
  assert.ok(all.length >= 3);
  assert.equal(new Set(all).size, all.length);
});

test("Stripe's books and these say the same of all of it", async () => {
  await shop.server.clock.advance(86_401);
  await shop.cron();
  const query = shop.server.db.prepare("select * from reconciliation_findings where kind != ?");
  assert.deepEqual((await query.bind("call_refused").all()).results, []);
});
