// The fake Stripe against the official package: what it accepts, answers and signs is what Stripe's own client expects.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import Stripe from "stripe";
import { startFakeStripe } from "../fake-stripe/server.mjs";

let fake;
let stripe;
before(async () => {
  fake = await startFakeStripe();
  stripe = client(fake);
});
after(() => fake.close());

function client({ url, secretKey }, options = {}) {
  const { hostname: host, port } = new URL(url);
  return new Stripe(secretKey, { host, port, protocol: "http", maxNetworkRetries: 0, ...options });
}

const order = (changes = {}) => ({
  mode: "payment",
  line_items: [
    {
      quantity: 1,
      price_data: {
        currency: "EUR",
        unit_amount: 499,
        product_data: { name: "Field <recordings>" },
      },
    },
  ],
  success_url: "https://shop.example/done?session={CHECKOUT_SESSION_ID}",
  cancel_url: "https://shop.example/back",
  metadata: { transfer: "transfer_1" },
  ...changes,
});

const types = (from) => fake.events.slice(from).map(({ type }) => type);
const press = (url, action) =>
  fetch(url, { method: "POST", body: new URLSearchParams({ action }), redirect: "manual" });

test("a session is made, found, listed, paid and refunded", async () => {
  const made = await stripe.checkout.sessions.create(order());
  assert.deepEqual(
    [
      made.object,
      made.status,
      made.payment_status,
      made.amount_total,
      made.currency,
      made.livemode,
    ],
    ["checkout.session", "open", "unpaid", 499, "eur", false],
  );
  assert.equal(made.payment_intent, null);
  assert.deepEqual(made.metadata, { transfer: "transfer_1" });
  assert.ok(made.lastResponse.requestId.startsWith("req_"));

  const from = fake.events.length;
  const event = fake.pay(made.id);
  assert.equal(event.data.object.payment_status, "paid");
  assert.ok(types(from).includes("checkout.session.completed"));
  const paid = await stripe.checkout.sessions.retrieve(made.id, {
    expand: ["payment_intent.latest_charge"],
  });
  assert.deepEqual([paid.status, paid.payment_status], ["complete", "paid"]);
  assert.equal(paid.payment_intent.latest_charge.amount, 499);
  const intent = paid.payment_intent.id;

  const part = await stripe.refunds.create({ payment_intent: intent, amount: 200 });
  assert.deepEqual([part.object, part.amount, part.status], ["refund", 200, "succeeded"]);
  assert.equal((await stripe.charges.retrieve(part.charge)).refunded, false);
  await stripe.refunds.create({ payment_intent: intent });
  const charge = await stripe.charges.retrieve(part.charge);
  assert.deepEqual([charge.refunded, charge.amount_refunded], [true, 499]);
  const refunds = await stripe.refunds.list({ payment_intent: intent });
  assert.deepEqual(
    refunds.data.map(({ amount }) => amount),
    [299, 200],
  );
});
