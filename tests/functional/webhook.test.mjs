// What Stripe says: believed only when it is Stripe's, acted upon once, in whatever order it comes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertProblem } from "./client.mjs";
import { startShop } from "./paid_sale.mjs";
import { ok, unchanged } from "./sale.mjs";

const PREVIOUS = "whsec_previous";
let shop;
before(async () => {
  shop = await startShop({ vars: { STRIPE_WEBHOOK_SECRET_PREVIOUS: PREVIOUS } });
});
after(() => shop.close());

const event = async (id) => (await shop.rows("stripe_events", "id", id))[0];

/** Delivers one event; it is taken. */
async function deliver(given, options) {
  for (const { status, body } of await shop.stripe.deliver(given, options)) {
    assert.equal(status, 200, body);
  }
}

/** A sale that is paid at Stripe, of which the server has not heard, and its event. */
async function paidThere(options) {
  const sale = await shop.invoiced(options);
  return { sale, told: shop.stripe.pay(sale.session.id) };
}

test("a payment delivers at once, while the seller is away", async () => {
  const { sale, told } = await paidThere();
  await deliver(told);
  const view = await sale.show();
  assert.equal(view.status, "delivered");
  assert.deepEqual(view.envelope, sale.sealed);
  const { grants, messages } = await sale.stored();
  assert.equal(grants.length, 1);
  assert.deepEqual(
    messages.map(({ type }) => type),
    [
      "product_offer",
      "payment_request",
      "payment_confirmed",
      "payment_confirmed",
      "product_delivery",
    ],
  );
  const [attempt] = await shop.rows("payment_intents", "transfer_id", sale.id);
  assert.equal(attempt.provider_ref, shop.stripe.session(sale.session.id).payment_intent);
  assert.equal((await event(told.id)).outcome, "applied");
  assert.deepEqual(await shop.rows("payment_checks", "payment_id", `${sale.id}.1`), []);
});

test("without a sealed key the sale is paid, and the seller grants", async () => {
  const sale = await shop.paid({ sealed: false });
  assert.equal((await sale.show()).status, "paid");
  assert.equal((await ok(await sale.grant())).status, "delivered");
});

test("a payment that comes later is processing until it arrives or fails", async () => {
  const sale = await shop.invoiced();
  await deliver(shop.stripe.payLater(sale.session.id));
  assert.equal((await sale.show()).status, "payment_processing");
  await deliver(shop.stripe.settle(sale.session.id));
  assert.equal((await sale.show()).status, "delivered");
});

test("a signature that is forged, by another secret, stale, of the future or missing is refused", async () => {
  const { sale, told } = await paidThere();
  const now = shop.server.clock.now();
  await shop.server.clock.set(now);
  const forgeries = [
    { secret: "whsec_other" },
    { timestamp: now - 301 },
    { timestamp: now + 301 },
    { header: `t=${now},v1=${"0".repeat(64)}` },
    { header: "" },
    { payload: JSON.stringify({ ...told, created: told.created + 1 }) },
  ];
  await unchanged(sale, async () => {
    for (const forgery of forgeries) {
      const [{ status, body }] = await shop.stripe.deliver(told, forgery);
      assert.equal(status, 400, body);
      assert.equal(JSON.parse(body).code, "invalid_signature", JSON.stringify(forgery));
    }
    assert.equal(await event(told.id), undefined);
  });
  await deliver(told, { timestamp: now - 300 });
  await shop.server.clock.release();
  assert.equal((await sale.show()).status, "delivered");
});

test("both secrets of a rotation are believed", async () => {
  const { sale, told } = await paidThere();
  await deliver(told, { secret: PREVIOUS });
  assert.equal((await sale.show()).status, "delivered");
});

test("an event delivered again, and ten times at once, counts once", async () => {
  const { sale, told } = await paidThere();
  await deliver(told, { times: 10, atOnce: true });
  const before = await sale.stored();
  assert.equal(before.grants.length, 1);
  await unchanged(sale, () => deliver(told, { times: 3 }));
  assert.equal((await shop.rows("stripe_events", "id", told.id)).length, 1);
});

test("another amount, currency or mode is recorded, not acted upon, and found by the operator", async () => {
  for (const [kind, change, top] of [
    ["amount", { amount_total: 999 }, {}],
    ["currency", { currency: "eur" }, {}],
    ["livemode", {}, { livemode: true }],
  ]) {
    const { sale, told } = await paidThere();
    const bent = { ...told, ...top, data: { object: { ...told.data.object, ...change } } };
    await unchanged(sale, () => deliver(bent));
    assert.equal((await event(told.id)).outcome, "no_effect", kind);
    const [finding] = await shop.rows("reconciliation_findings", "subject", sale.session.id);
    assert.deepEqual([finding.kind, finding.transfer_id], [kind, sale.id]);
    assert.equal((await sale.show()).status, "invoiced");
  }
});

test("a session of another sale, or of none here, moves nothing", async () => {
  const { sale, told } = await paidThere();
  const other = { ...told.data.object, id: "cs_test_of_nobody" };
  const bent = { ...told, id: "evt_of_nobody", data: { object: other } };
  await unchanged(sale, () => deliver(bent));
  assert.equal((await event("evt_of_nobody")).outcome, "waiting");
  // Metadata that names a sale decides nothing.
  assert.equal(other.client_reference_id, sale.id);
});

test("types that say nothing here are taken and logged", async () => {
  const draft = shop.stripe.draft("customer.created", { id: "cus_1" });
  await deliver(draft);
  assert.equal((await event(draft.id)).outcome, "unknown");
  const lines = shop.server.logs().filter(({ notice }) => notice === "stripe_event_unknown");
  assert.ok(lines.some(({ what }) => what === "customer.created"));
});

test("what is signed and cannot be read is refused", async () => {
  for (const payload of ["[]", "{}", "x", '{"id":"evt_x","type":"charge.refunded"}']) {
    const header = shop.stripe.sign(payload);
    const [{ status }] = await shop.stripe.deliver({}, { payload, header });
    assert.equal(status, 400, payload);
  }
});

test("without a secret every webhook is refused", async () => {
  const bare = await startShop({ vars: { STRIPE_WEBHOOK_SECRET: "" } });
  try {
    const draft = bare.stripe.draft("customer.created", { id: "cus_1" });
    const [{ status, body }] = await bare.stripe.deliver(draft);
    assert.equal(status, 503);
    assert.equal(JSON.parse(body).code, "payments_not_configured");
    const [unsigned] = await bare.stripe.deliver(draft, { secret: "x" });
    assert.equal(unsigned.status, 503);
  } finally {
    await bare.close();
  }
});

test("a refund that is heard of before its payment ends the sale without a grant", async () => {
  const { sale, told } = await paidThere();
  const payment = shop.stripe.session(sale.session.id).payment_intent;
  const { event: refunded } = shop.stripe.refund(payment);
  await deliver(refunded);
  assert.equal((await event(refunded.id)).outcome, "waiting");
  await deliver(told);
  assert.equal((await sale.show()).status, "refunded");
  assert.deepEqual((await sale.stored()).grants, []);
  assert.equal((await event(refunded.id)).outcome, "applied");
});

test("100 webhooks at once for one sale", async () => {
  const { sale, told } = await paidThere();
  await deliver(told, { times: 100, atOnce: true });
  const { grants, messages } = await sale.stored();
  assert.deepEqual([grants.length, messages.length], [1, 5]);
});

test("a sale that is not paid cannot be granted", async () => {
  const sale = await shop.invoiced({ sealed: false });
  await assertProblem(await sale.grant(), 409, "wrong_state");
});
