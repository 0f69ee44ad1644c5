// The Worker dies while a webhook is being taken. Stripe delivers it again, and the books agree.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startFakeStripe } from "../fake-stripe/server.mjs";
import { Client } from "./client.mjs";
import { DurableServer } from "./durable_server.mjs";
import { seeded } from "./paid_sale.mjs";
import { completeRelease } from "./release.mjs";
import { Sale, ok } from "./sale.mjs";

const POINTS = process.env.CLAIMCHECK_LONG === undefined ? 6 : 20;
const MAX_ROUNDS = POINTS * 4;
const DAY = 86_400;

let stripe;
let server;
let [seller, buyer, release] = [];
before(async () => {
  stripe = await startFakeStripe();
  server = await DurableServer.start({
    STRIPE_API_BASE: stripe.url,
    STRIPE_SECRET_KEY: stripe.secretKey,
    STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
  });
  stripe.webhookUrl = `${server.url}/api/payments-stripe-webhook`;
  stripe.useClock(() => server.clock.now());
  [seller, buyer] = await Promise.all([Client.registered(server), Client.registered(server)]);
  release = await completeRelease(seller, [1]);
});
after(async () => {
  await server?.close();
  await stripe.close();
});

/** A sale of which Stripe is about to tell that it is paid; a late one was called off before. */
async function paidThere(isLate) {
  const sale = new Sale(seller, buyer, release, { offer: { price: 1000 } });
  await ok(await sale.makeOffer());
  await ok(await sale.invoice());
  sale.session = stripe.all("sessions").find(({ client_reference_id: id }) => id === sale.id);
  if (isLate) {
    const json = { transfer_id: sale.id };
    // The page stays open at Stripe until the call that closes it is made: that call is lost, so it can be paid.
    stripe.failNext(500, { match: `${sale.session.id}/expire` });
    await ok(await buyer.call("transfers-cancel", { json }));
  }
  stripe.pay(sale.session.id);
  return sale;
}

/** The event that waits to tell of a payment. */
const paidEvent = () => stripe.pending.find(({ type }) => type === "checkout.session.completed");

/** Sends that event and kills the server `millis` later; whether there was no answer. */
async function killDuring(millis) {
  const answers = stripe.deliver(paidEvent()).then(
    (given) => given,
    () => null,
  );
  await delay(millis);
  await server.kill();
  const given = await answers;
  await server.restart();
  return given === null;
}

const deliverAll = async () => {
  for (const { status, body } of await stripe.deliverPending()) assert.equal(status, 200, body);
};

/** How long a webhook takes here, in milliseconds: the kills are drawn from that span. */
async function measure() {
  await paidThere(false);
  const told = paidEvent();
  const began = performance.now();
  await stripe.deliver(told);
  const span = performance.now() - began;
  await deliverAll();
  return span;
}

/** Everything about a sale as it must be, whatever was lost on the way. */
async function checkBooks(sale, isLate) {
  const rows = (sql) => server.query(sql, sale.id);
  const [transfer] = await rows("select status from product_transfers where id = ?");
  assert.equal(transfer.status, isLate ? "cancelled" : "delivered");
  const grants = await rows("select id from product_keys where transfer_id = ?");
  assert.equal(grants.length, isLate ? 0 : 1);
  const confirmed = await rows(
    "select seq from audit_log where transfer_id = ? and action = 'payment_confirmed'",
  );
  assert.equal(confirmed.length, 1, "confirmed once");
  const open = await rows("select id from outbox where transfer_id = ? and done_at is null");
  assert.deepEqual(open, [], "every stored call was made");
  const payment = stripe.session(sale.session.id).payment_intent;
  const refunds = stripe.all("refunds").filter(({ payment_intent: of }) => of === payment);
  assert.deepEqual(
    refunds.map(({ amount }) => amount),
    isLate ? [1000] : [],
  );
  const [attempt] = await rows("select status from payment_intents where transfer_id = ?");
  assert.equal(attempt.status, isLate ? "refunded" : "succeeded");
}

test(`killed at ${POINTS} random points between a webhook and its answer, the books agree`, async () => {
  const seed = Number(process.env.SEED ?? randomBytes(4).readUInt32BE());
  console.log(`seed ${seed}`);
  const random = seeded(seed);
  const span = await measure();
  const sales = [];
  let cut = 0;
  for (let round = 0; cut < POINTS && round < MAX_ROUNDS; round += 1) {
    const isLate = random() < 0.5;
    const sale = await paidThere(isLate);
    if (await killDuring(random() * span)) cut += 1;
    sales.push([sale, isLate]);
    await deliverAll();
  }
  assert.equal(cut, POINTS, "enough of the kills came before the answer");
  // Whoever had taken a call and died has it for two minutes; then the cron makes it.
  for (const seconds of [600, 600]) {
    await server.clock.advance(seconds);
    await server.scheduled();
    await deliverAll();
  }
  for (const [sale, isLate] of sales) await checkBooks(sale, isLate);
  await server.clock.advance(DAY + 1);
  await server.scheduled();
  const findings = await server.query("select kind, subject from reconciliation_findings");
  assert.deepEqual(findings, [], "Stripe's books say the same");
  const sql = "select outcome from stripe_events where type = ?";
  const events = await server.query(sql, "checkout.session.completed");
  assert.equal(events.length, sales.length + 1, "each event is recorded once");
});
