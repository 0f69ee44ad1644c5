// The npm package `emulate`, somebody else's idea of Stripe, against the real Worker, as far as it goes: it takes no
// prices that are made with a session, and its events have no id. Its Checkout page and its signatures are its own.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { createEmulator } from "emulate";
import Stripe from "stripe";
import { Client, assertProblem } from "../functional/client.mjs";
import { startServer } from "../functional/harness.mjs";
import { Sale } from "../functional/sale.mjs";

const SECRET = "whsec_of_an_outsider";
const KEY = "sk_test_emulate";

let relay;
let emulator;
let server;
before(async () => {
  relay = await startRelay();
  const webhook = { url: relay.url, events: ["*"], secret: SECRET };
  emulator = await createEmulator({
    service: "stripe",
    port: await freePort(),
    seed: { tokens: { [KEY]: { login: "shop" } }, stripe: { webhooks: [webhook] } },
  });
  const origin = new URL(emulator.url).origin;
  server = await startServer({
    vars: { STRIPE_API_BASE: origin, STRIPE_SECRET_KEY: KEY, STRIPE_WEBHOOK_SECRET: SECRET },
  });
});
after(async () => {
  await server?.close();
  await emulator?.close();
  await relay?.close();
});

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

/** Keeps what arrives, byte for byte, for a test to hand on. */
async function startRelay() {
  const received = [];
  const receiver = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    received.push({ body: Buffer.concat(parts).toString(), headers: request.headers });
    response.end("{}");
    receiver.emit("received");
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  return {
    url: `http://127.0.0.1:${receiver.address().port}/`,
    async next() {
      while (received.length === 0) await once(receiver, "received");
      return received.shift();
    },
    async close() {
      receiver.close();
      receiver.closeAllConnections();
    },
  };
}

const stripe = () => {
  const { hostname: host, port } = new URL(emulator.url);
  return new Stripe(KEY, { host, port, protocol: "http", maxNetworkRetries: 0 });
};

const deliver = (body, signature) =>
  fetch(`${server.url}/api/payments-stripe-webhook`, {
    method: "POST",
    headers: { "content-type": "application/json", "stripe-signature": signature },
    body,
  });

/** A session that was paid on emulate's own page; the webhook of it, as it was sent. */
async function paidWebhook() {
  const { checkout, products, prices } = stripe();
  const product = await products.create({ name: "Field recordings" });
  const price = await prices.create({ product: product.id, currency: "eur", unit_amount: 499 });
  const session = await checkout.sessions.create({
    mode: "payment",
    line_items: [{ price: price.id, quantity: 1 }],
    success_url: "https://shop.example/done",
  });
  const page = await fetch(session.url);
  assert.match(await page.text(), /Field recordings/);
  const pay = await fetch(`${session.url}/complete`, { method: "POST", redirect: "manual" });
  assert.equal(pay.headers.get("location"), "https://shop.example/done");
  for (;;) {
    const webhook = await relay.next();
    const event = JSON.parse(webhook.body);
    if (event.type === "checkout.session.completed") return { ...webhook, session };
  }
}

test("its signature is good here, byte for byte, and good for nothing else", async () => {
  const { body, headers, session } = await paidWebhook();
  assert.equal(JSON.parse(body).data.object.id, session.id);
  const signature = headers["stripe-signature"];
  // Past the signature, and refused for the id that the event lacks.
  await assertProblem(await deliver(body, signature), 400, "invalid_request");
  await assertProblem(await deliver(`${body} `, signature), 400, "invalid_signature");
  const [, time] = /t=(\d+)/.exec(signature);
  const moved = signature.replace(time, String(Number(time) - 1));
  await assertProblem(await deliver(body, moved), 400, "invalid_signature");
});

test("its refusal of a session leaves the sale as it was, and says that no money moved", async () => {
  const [seller, buyer] = [await Client.registered(server), await Client.registered(server)];
  const sale = await Sale.offered(seller, buyer, { offer: { price: 499, currency: "eur" } });
  const problem = await assertProblem(await sale.invoice(), 422, "payment_refused");
  assert.deepEqual([problem.money_moved, problem.retry_safe], [false, true]);
  assert.ok(["offered", "invoiced"].includes((await sale.show()).status));
});
