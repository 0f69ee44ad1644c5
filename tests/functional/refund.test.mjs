// Money on its way back: asked for by the seller, owed by the rules, made in Stripe's dashboard, failed and repeated.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertProblem } from "./client.mjs";
import { startShop } from "./paid_sale.mjs";
import { ok, unchanged } from "./sale.mjs";

let shop;
before(async () => {
  shop = await startShop();
});
after(() => shop.close());

const refund = (sale, part, client = shop.seller) =>
  client.call("transfers-refund", { json: { transfer_id: sale.id, ...(part ? { part } : {}) } });
const refundsOf = (sale) =>
  shop.stripe.all("refunds").filter(({ payment_intent }) => payment_intent === sale.payment);
const outbox = (sale) => shop.rows("outbox", "transfer_id", sale.id);
const made = (sale) => shop.until(async () => (await outbox(sale)).every((row) => row.done_at));

test("the seller pays all back: access ends at once, the money follows, once", async () => {
  const sale = await shop.paid();
  const view = await ok(await refund(sale));
  assert.equal(view.status, "refund_pending");
  assert.equal(view.refund.state, "pending");
  assert.equal((await ok(await refund(sale))).status, "refund_pending");
  await made(sale);
  assert.deepEqual(
    refundsOf(sale).map(({ amount }) => amount),
    [1000],
  );
  await shop.deliverAll();
  const after = await sale.show();
  assert.equal(after.status, "refunded");
  assert.deepEqual(after.refund, { state: "complete", refunded: 1000, failures: 0 });
  await unchanged(sale, async () => ok(await refund(sale)));
  const [attempt] = await shop.rows("payment_intents", "transfer_id", sale.id);
  assert.deepEqual([attempt.status, attempt.refunded_amount], ["refunded", 1000]);
});

test("a part goes back under the caller's own name, and access stays", async () => {
  const sale = await shop.paid();
  const part = { refund_id: "first", amount: 300 };
  await ok(await refund(sale, part));
  await ok(await refund(sale, part));
  await assertProblem(await refund(sale, { ...part, amount: 301 }), 409, "id_conflict");
  await made(sale);
  await shop.deliverAll();
  const view = await sale.show();
  assert.equal(view.status, "delivered");
  assert.deepEqual(view.refund, { state: "partial", refunded: 300, failures: 0 });
  assert.equal(refundsOf(sale).length, 1);
  const problem = await assertProblem(
    await refund(sale, { refund_id: "second", amount: 701 }),
    422,
    "refund_out_of_bounds",
  );
  assert.equal(problem.money_moved, false);
  await ok(await refund(sale));
  await made(sale);
  await shop.deliverAll();
  assert.equal((await sale.show()).status, "refunded");
  assert.deepEqual(
    refundsOf(sale).map(({ amount }) => amount),
    [300, 700],
  );
});

test("only the seller pays back, and only what was paid", async () => {
  const sale = await shop.paid();
  await unchanged(sale, async () => {
    await assertProblem(await refund(sale, undefined, shop.buyer), 403, "forbidden");
    await assertProblem(await refund(sale, undefined, shop.stranger), 404, "not_found");
    for (const refund_id of ["", "a b", "x".repeat(65)]) {
      await assertProblem(await refund(sale, { refund_id, amount: 1 }), 400, "invalid_request");
    }
  });
  const unpaid = await shop.invoiced();
  await unchanged(unpaid, async () => {
    await assertProblem(await refund(unpaid), 409, "wrong_state");
  });
});

test("a refund made in the dashboard ends the sale", async () => {
  const sale = await shop.paid();
  shop.stripe.refund(sale.payment, 400);
  await shop.deliverAll();
  assert.equal((await sale.show()).status, "delivered");
  shop.stripe.refund(sale.payment);
  await shop.deliverAll();
  assert.equal((await sale.show()).status, "refunded");
  assert.deepEqual(await outbox(sale), []);
});

test("a refund that fails is asked for again, and shown until it succeeds", async () => {
  const sale = await shop.paid();
  await ok(await refund(sale));
  await made(sale);
  shop.stripe.failRefund(refundsOf(sale)[0].id);
  await shop.deliverAll();
  await made(sale);
  const rows = await outbox(sale);
  assert.equal(rows.length, 2);
  assert.notEqual(rows[0].idempotency_key, rows[1].idempotency_key);
  assert.equal((await sale.show()).refund.failures, 1);
  await shop.deliverAll();
  assert.equal(refundsOf(sale).length, 2);
});

test("a call that has no answer is made again with the same key, by cron", async () => {
  const sale = await shop.paid();
  shop.stripe.failNext("lost-answer", { match: "POST /v1/refunds" });
  await ok(await refund(sale));
  await shop.until(async () => (await outbox(sale))[0].last_error !== null);
  const [waiting] = await outbox(sale);
  assert.equal(waiting.done_at, null);
  await shop.server.clock.advance(120);
  await shop.cron();
  const [row] = await outbox(sale);
  assert.ok(row.done_at);
  assert.equal(refundsOf(sale).length, 1);
  const keys = shop.stripe.calls
    .filter(({ path, params }) => path === "/v1/refunds" && params.payment_intent === sale.payment)
    .map(({ idempotencyKey }) => idempotencyKey);
  assert.deepEqual(keys, [row.idempotency_key, row.idempotency_key]);
});

test("a call that Stripe refuses is made again under another key, and found by the operator", async () => {
  const sale = await shop.paid();
  shop.stripe.failNext(400, { match: "POST /v1/refunds" });
  await ok(await refund(sale));
  await shop.until(async () => (await outbox(sale))[0].last_error !== null);
  const [refused] = await outbox(sale);
  const findings = await shop.rows("reconciliation_findings", "kind", "call_refused");
  assert.ok(findings.some(({ transfer_id }) => transfer_id === sale.id));
  await shop.server.clock.advance(120);
  await shop.cron();
  const [row] = await outbox(sale);
  assert.ok(row.done_at);
  assert.equal(refused.idempotency_key, row.idempotency_key);
  assert.match(row.idempotency_key, /\.1$/);
});

test("a payment for a sale that has ended goes back at once", async () => {
  for (const status of ["revoked", "expired", "cancelled"]) {
    const sale = await shop.invoiced();
    await sale.force(status);
    shop.stripe.pay(sale.session.id);
    sale.payment = shop.stripe.session(sale.session.id).payment_intent;
    await shop.deliverAll();
    await made(sale);
    assert.equal(refundsOf(sale).length, 1, status);
    await shop.deliverAll();
    const view = await sale.show();
    assert.deepEqual([view.status, view.refund.state], [status, "complete"]);
    assert.deepEqual((await sale.stored()).grants, []);
  }
});
