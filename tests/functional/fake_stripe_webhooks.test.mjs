// The webhooks of the fake Stripe, as the official package verifies them, and the failures that tests can plan.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import Stripe from "stripe";
import { startFakeStripe } from "../fake-stripe/server.mjs";

let fake;
let stripe;
let receiver;
beforeEach(async () => {
  receiver = await startReceiver();
  fake = await startFakeStripe({ webhookUrl: receiver.url });
  stripe = client(fake);
});
afterEach(async () => {
  await fake.close();
  await receiver.close();
});

function client({ url, secretKey }, options = {}) {
  const { hostname: host, port } = new URL(url);
  return new Stripe(secretKey, { host, port, protocol: "http", maxNetworkRetries: 0, ...options });
}

/** Takes webhooks and answers with the planned statuses, then with 200. */
async function startReceiver() {
  const received = [];
  const statuses = [];
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    received.push({
      body: Buffer.concat(parts).toString(),
      signature: request.headers["stripe-signature"],
    });
    server.emit("received");
    response.writeHead(statuses.shift() ?? 200).end("{}");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}/hook`,
    received,
    statuses,
    async until(count) {
      while (received.length < count) await once(server, "received");
    },
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const order = {
  mode: "payment",
  line_items: [
    {
      quantity: 1,
      price_data: { currency: "usd", unit_amount: 500, product_data: { name: "File" } },
    },
  ],
  success_url: "https://shop.example/done",
};
const make = () => stripe.checkout.sessions.create(order);
const verify = ({ body, signature }, secret = fake.webhookSecret) =>
  stripe.webhooks.constructEvent(body, signature, secret);

test("the official package verifies every event", async () => {
  const { id } = await make();
  const paid = fake.pay(id);
  const { refund } = fake.refund(paid.data.object.payment_intent, 100);
  fake.failRefund(refund.id);
  const { dispute } = fake.dispute(paid.data.object.payment_intent);
  fake.closeDispute(dispute.id, "lost");
  const answers = await fake.deliverPending();
  assert.ok(answers.every(({ status }) => status === 200));
  assert.deepEqual(fake.pending, []);
  const seen = receiver.received.map((webhook) => verify(webhook));
  assert.deepEqual(
    seen.map(({ id: event, type }) => [event, type]),
    fake.events.map(({ id: event, type }) => [event, type]),
  );
  const types = seen.map(({ type }) => type);
  for (const type of [
    "checkout.session.completed",
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.closed",
  ]) {
    assert.ok(types.includes(type), type);
  }
  // An event shows its object as it was then, not as it is now.
  const first = seen.find(({ type }) => type === "charge.refunded").data;
  assert.equal(first.object.amount_refunded, 100);
  assert.deepEqual(first.previous_attributes, { amount_refunded: 0, refunded: false });
  assert.equal(fake.object(first.object.id).amount_refunded, 0);
});

test("a webhook can be repeated, altered, signed wrongly and dated otherwise", async () => {
  const event = fake.pay((await make()).id);
  assert.equal((await fake.deliver(event, { times: 3, atOnce: true })).length, 3);
  assert.equal(new Set(receiver.received.map(({ body }) => body)).size, 1);
  receiver.received.length = 0;

  const altered = { ...event, data: { object: { ...event.data.object, amount_total: 1 } } };
  await fake.deliver(altered);
  await fake.deliver(event, { payload: JSON.stringify(altered) });
  await fake.deliver(event, { secret: "whsec_other" });
  await fake.deliver(event, { timestamp: Math.floor(Date.now() / 1000) - 301 });
  await fake.deliver(event, { header: "t=1,v1=00" });
  const [signed, ...forged] = receiver.received;
  assert.equal(verify(signed).data.object.amount_total, 1);
  for (const webhook of forged) {
    assert.throws(() => verify(webhook), { type: "StripeSignatureVerificationError" });
  }
});

test("events are delivered by themselves, again and again until they are taken", async () => {
  await fake.close();
  fake = await startFakeStripe({ webhookUrl: receiver.url, autoDeliver: true });
  stripe = client(fake);
  const { id } = await make();
  receiver.statuses.push(500);
  fake.expire(id);
  await receiver.until(2);
  const [first, second] = receiver.received.map((webhook) => verify(webhook));
  assert.deepEqual([first.type, second.id], ["checkout.session.expired", first.id]);
});

test("calls fail as planned, and a lost answer is found under its key", async () => {
  const options = { idempotencyKey: "once" };
  fake.failNext(503);
  await assert.rejects(stripe.checkout.sessions.create(order, options), { statusCode: 503 });
  assert.equal(fake.all("sessions").length, 0);

  // The package itself asks once more when a connection is cut.
  fake.failNext("lost-answer", { match: "POST /v1/checkout/sessions", times: 2 });
  await assert.rejects(stripe.checkout.sessions.create(order, options), {
    type: "StripeConnectionError",
  });
  assert.equal(fake.all("sessions").length, 1);
  const found = await stripe.checkout.sessions.create(order, options);
  assert.equal(found.id, fake.all("sessions")[0].id);

  fake.failNext("timeout");
  const impatient = client(fake, { timeout: 50 });
  await assert.rejects(impatient.checkout.sessions.create(order), {
    type: "StripeConnectionError",
  });
  assert.equal(fake.all("sessions").length, 1);
});

test("differences can be planted that no event tells", async () => {
  const payment = fake.pay((await make()).id).data.object.payment_intent;
  const told = fake.events.length;
  fake.silently(() => fake.refund(payment));
  fake.plant(payment, { amount: 501 });
  assert.equal(fake.events.length, told);
  const intent = await stripe.paymentIntents.retrieve(payment, { expand: ["latest_charge"] });
  assert.deepEqual([intent.amount, intent.latest_charge.refunded], [501, true]);
});

test("a restart keeps the sessions, the keys and what nobody has taken yet", async () => {
  const folder = mkdtempSync(join(tmpdir(), "claimcheck-fake-stripe-"));
  const stateFile = join(folder, "state.json");
  try {
    const before = await startFakeStripe({ webhookUrl: receiver.url, stateFile });
    const { id } = await client(before).checkout.sessions.create(order, { idempotencyKey: "kept" });
    const event = before.pay(id);
    await before.deliver(event);
    const waiting = before.pending.map((pending) => pending.id);
    await before.close();
    const after = await startFakeStripe({ webhookUrl: receiver.url, stateFile });
    assert.equal(after.session(id).payment_status, "paid");
    assert.deepEqual(
      after.pending.map((pending) => pending.id),
      waiting,
    );
    assert.ok(!waiting.includes(event.id));
    const again = await client(after).checkout.sessions.create(order, { idempotencyKey: "kept" });
    assert.equal(again.id, id);
    await after.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
