import assert from "node:assert/strict";
import { test } from "node:test";
import { assertProblem } from "./client.mjs";
import { openMarket } from "./market.mjs";
import { newId } from "./release.mjs";
import { Sale, ok, unchanged } from "./sale.mjs";

const { server, seller, buyer, stranger } = await openMarket();

const INPUT = { id: "name", label: "Your name", type: "text", required: true };

const told = (messages) => messages.map(({ type, to_ailock_id }) => [type, to_ailock_id]);

test("a free offer with a sealed key is delivered the moment it is accepted", async () => {
  const sale = await Sale.offered(seller, buyer);
  const answer = await ok(await sale.invoice());
  assert.equal(answer.checkout_url, null);
  assert.equal(answer.money_moved, false);
  assert.equal(answer.retry_safe, true);
  assert.equal(answer.transfer.status, "delivered");
  assert.deepEqual(answer.transfer.envelope, sale.sealed);

  const { transfers, grants, messages, audit } = await sale.stored();
  assert.equal(grants.length, 1);
  assert.equal(grants[0].recipient_ailock_id, buyer.id);
  assert.equal(grants[0].key_envelope, sale.sealed.sealed);
  assert.equal(grants[0].expires_at, transfers[0].retention_ends_at);
  assert.equal(transfers[0].retention_ends_at - transfers[0].delivered_at, 604_800);
  assert.equal(answer.transfer.access_ends_at, transfers[0].retention_ends_at);
  assert.deepEqual(told(messages), [
    ["product_offer", buyer.id],
    ["payment_confirmed", seller.id],
    ["payment_confirmed", buyer.id],
    ["product_delivery", buyer.id],
  ]);
  assert.deepEqual(
    audit.map(({ seq, actor, action }) => [seq, actor, action]),
    [
      [1, seller.id, "offer"],
      [2, buyer.id, "invoice"],
    ],
  );
});

test("the same call again answers the same, one after the other and at once", async () => {
  const sale = await Sale.offered(seller, buyer);
  const answers = await Promise.all(Array.from({ length: 30 }, () => sale.invoice()));
  for (const answer of answers) assert.equal((await ok(answer)).transfer.status, "delivered");
  const { grants, messages, audit } = await sale.stored();
  assert.deepEqual([grants.length, messages.length, audit.length], [1, 4, 2]);
  await unchanged(sale, async () => {
    assert.equal((await ok(await sale.invoice())).transfer.status, "delivered");
  });
});

test("without a sealed key it is paid, and the seller is told to grant", async () => {
  const sale = await Sale.accepted(seller, buyer, { sealed: false });
  assert.equal(sale.view.status, "paid");
  assert.equal(sale.view.envelope, null);
  const { transfers, grants, messages } = await sale.stored();
  assert.deepEqual(grants, []);
  assert.equal(transfers[0].grant_due_at - transfers[0].updated_at, 72 * 3600);
  assert.ok(told(messages).some(([type, to]) => type === "payment_confirmed" && to === seller.id));
  assert.equal((await ok(await sale.invoice())).transfer.status, "paid");
});

test("only the buyer accepts: the seller is told so, a stranger finds nothing", async () => {
  const sale = await Sale.offered(seller, buyer);
  await unchanged(sale, async () => {
    await assertProblem(await sale.invoice(seller), 403, "forbidden");
    await assertProblem(await sale.invoice(stranger), 404, "not_found");
  });
  const nothing = await buyer.call("products-invoice", {
    json: { transfer_id: newId("transfer") },
  });
  await assertProblem(nothing, 404, "not_found");
});

test("a price needs a payment provider, and no money has moved", async () => {
  const sale = await Sale.offered(seller, buyer, { offer: { price: 500 } });
  await unchanged(sale, async () => {
    const problem = await assertProblem(await sale.invoice(), 503, "payments_not_configured");
    assert.deepEqual([problem.money_moved, problem.retry_safe], [false, true]);
  });
});

test("inputs that are due before the payment come first", async () => {
  const required_inputs = [
    { ...INPUT, timing: "pre_payment" },
    { ...INPUT, id: "site", timing: "pre_payment" },
    { ...INPUT, id: "note", timing: "pre_payment", required: false },
  ];
  for (const price of [0, 500]) {
    const sale = await Sale.offered(seller, buyer, { offer: { required_inputs, price } });
    await unchanged(sale, async () => {
      const problem = await assertProblem(await sale.invoice(), 422, "missing_inputs");
      assert.deepEqual(problem.missing_inputs, ["name", "site"]);
      assert.equal(problem.money_moved, false);
    });
  }
});

test("inputs that are due after the payment hold the delivery back, and the buyer is told which", async () => {
  const required_inputs = [{ ...INPUT, timing: "post_payment_pre_grant" }];
  const sale = await Sale.accepted(seller, buyer, { offer: { required_inputs } });
  assert.equal(sale.view.status, "paid_pending_inputs");
  const { messages, grants } = await sale.stored();
  assert.deepEqual(grants, []);
  const notices = messages.filter(({ notice }) => notice !== null);
  assert.deepEqual(
    notices.map(({ to_ailock_id, notice }) => [to_ailock_id, JSON.parse(notice)]),
    [[buyer.id, { notice: "inputs_needed", ids: ["name"] }]],
  );
});

test("a required content check that is not finished holds the invoice back", async () => {
  const sale = await Sale.offered(seller, buyer, { policy: { content_check_required: true } });
  await unchanged(sale, async () => {
    await assertProblem(await sale.invoice(), 409, "content_check_pending");
  });
});

test("a sale that has ended cannot be accepted", async () => {
  for (const status of ["revoked", "expired", "cancelled", "refunded", "disputed"]) {
    const sale = await Sale.offered(seller, buyer);
    await sale.force(status);
    await unchanged(sale, async () => {
      const problem = await assertProblem(await sale.invoice(), 409, "wrong_state");
      assert.equal(problem.money_moved, false);
    });
  }
});

test("a body that cannot be read is refused", async () => {
  for (const json of [{}, { transfer_id: "x" }, { transfer_id: newId("transfer"), price: 1 }]) {
    await assertProblem(await buyer.call("products-invoice", { json }), 400, "invalid_request");
  }
});

// Last: the clock does not go back, for tokens of the future would be refused.
test("an offer whose time has passed cannot be accepted", async () => {
  const sale = await Sale.offered(seller, buyer);
  const late = await Sale.offered(seller, buyer);
  await server.clock.set(sale.offer.expires_at - 1);
  await ok(await sale.invoice());
  await server.clock.set(late.offer.expires_at);
  await unchanged(late, async () => {
    const problem = await assertProblem(await late.invoice(), 409, "offer_expired");
    assert.deepEqual([problem.money_moved, problem.retry_safe], [false, true]);
  });
  // What was accepted in time stays so.
  assert.equal((await ok(await sale.invoice())).transfer.status, "delivered");
});
