// What a seller has beside its sales, with the npm package: an account to be paid into, webhooks, and an empty shelf.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { blobSource, Claimcheck, ClaimcheckError, Identity } from "claimcheck";
import { startFakeStripe } from "../fake-stripe/server.mjs";
import { startServer } from "../functional/harness.mjs";

/** @type {Awaited<ReturnType<typeof startFakeStripe>>} */
let stripe;
/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
/** @type {import("node:http").Server} */
let receiver;
/** @type {{ headers: import("node:http").IncomingHttpHeaders, body: string }[]} */
const received = [];
let hookUrl = "";
before(async () => {
  stripe = await startFakeStripe();
  receiver = createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    received.push({ headers: request.headers, body: Buffer.concat(pieces).toString() });
    response.writeHead(204).end();
    receiver.emit("told");
  });
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (receiver.address());
  hookUrl = `http://127.0.0.1:${port}`;
  server = await startServer({
    vars: {
      ...stripe.workerVars,
      PAYMENTS_MODE: "connect",
      CONNECT_FEE_BPS: "250",
      WEBHOOK_DEV_ORIGINS: hookUrl,
    },
  });
  stripe.tellTo(server.url);
});
after(async () => {
  await server.close();
  await stripe.close();
  receiver.closeAllConnections();
  receiver.close();
});

async function enter() {
  const client = await Claimcheck.connect(server.url, await Identity.make());
  await client.register();
  return client;
}

/** @param {string} code */
const failsWith = (code) => (/** @type {unknown} */ error) => {
  assert.ok(error instanceof ClaimcheckError, String(error));
  assert.equal(error.code, code, error.message);
  return true;
};

/** @param {Claimcheck} seller @param {{ title: string } | { id: string }} product */
const stored = (seller, product = { title: "Things" }) =>
  seller.upload({ product, files: [blobSource(new Blob(["a thing"]), "thing.txt")] });

/** @param {Claimcheck} seller @param {Claimcheck} buyer @param {string} releaseId */
const offer = (seller, buyer, releaseId, price = 0) =>
  seller.offer({ releaseId, buyer: buyer.identity.id, title: "Things", price });

/** An account that Stripe lets be paid, though it told nobody of it. @param {Claimcheck} seller */
async function onboarded(seller) {
  const { url } = await seller.onboard();
  const id = new URL(url).pathname.split("/").at(-1);
  stripe.silently(() => stripe.onboard(id));
}

test("a seller sets up an account, and sells at a price once it can be paid", async () => {
  const [seller, buyer] = [await enter(), await enter()];
  const { release_id: id } = await stored(seller);
  assert.deepEqual(await seller.paymentAccount(), {
    mode: "connect",
    has_account: false,
    charges_enabled: false,
    payouts_enabled: false,
    details_submitted: false,
  });
  await assert.rejects(offer(seller, buyer, id, 500), failsWith("seller_not_onboarded"));
  await assert.rejects(seller.onboard("https://elsewhere.example"), ClaimcheckError);
  const page = await seller.onboard();
  assert.ok(page.url.startsWith(stripe.url) && page.expires_at > server.clock.now());
  assert.equal((await seller.paymentAccount()).charges_enabled, false);
  await onboarded(seller);
  assert.equal((await seller.paymentAccount()).charges_enabled, true);
  assert.equal((await offer(seller, buyer, id, 500)).status, "offered");
});

test("a payment whose news is lost is found by asking", async () => {
  const [seller, buyer] = [await enter(), await enter()];
  await onboarded(seller);
  await seller.paymentAccount();
  const { transfer_id: id } = await offer(seller, buyer, (await stored(seller)).release_id, 500);
  await buyer.accept(id);
  assert.equal((await buyer.confirmPayment(id)).status, "invoiced", "nothing is paid yet");
  const session = stripe.all("sessions").find(({ client_reference_id: of }) => of === id);
  stripe.silently(() => stripe.pay(session.id));
  assert.equal((await buyer.confirmPayment(id)).status, "delivered");
  assert.equal((await seller.confirmPayment(id)).status, "delivered");
  await assert.rejects((await enter()).confirmPayment(id), failsWith("not_found"));
});

test("an address is told of one's sales, signed with the secret that its making answered", async () => {
  const [seller, buyer] = [await enter(), await enter()];
  const made = await seller.createWebhook({ url: hookUrl, events: ["payment_confirmed"] });
  const { secret, ...webhook } = made;
  assert.match(secret, /^whsec_/);
  assert.deepEqual(await seller.webhooks(), [webhook], "the secret is not shown again");
  await assert.rejects(
    seller.createWebhook({ url: "http://127.0.0.1" }),
    failsWith("webhook_url_not_allowed"),
  );
  const { transfer_id: id } = await offer(seller, buyer, (await stored(seller)).release_id);
  const told = received.length > 0 ? undefined : once(receiver, "told");
  await buyer.accept(id);
  await told;
  const [{ headers, body } = assert.fail("nothing came")] = received;
  const { type, data } = JSON.parse(body);
  assert.deepEqual([type, data.transfer_id], ["payment_confirmed", id]);
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const mac = createHmac("sha256", key).update(signed).digest("base64");
  assert.equal(headers["webhook-signature"], `v1,${mac}`);

  assert.notEqual((await seller.revokeWebhook(webhook.webhook_id)).revoked_at, null);
  assert.deepEqual(await seller.webhooks(), []);
  await assert.rejects(buyer.revokeWebhook(webhook.webhook_id), failsWith("not_found"));
});

test("a release, and a product with all of its releases, is taken off the shelf", async () => {
  const [seller, buyer] = [await enter(), await enter()];
  const first = await stored(seller);
  const second = await stored(seller, { id: first.product_id });
  const open = await offer(seller, buyer, first.release_id);
  const running = await offer(seller, buyer, second.release_id);
  await buyer.accept(running.transfer_id);
  await assert.rejects(buyer.deleteRelease(first.release_id), failsWith("not_found"));
  await assert.rejects(buyer.deleteProduct(first.product_id), failsWith("not_found"));

  for (const _ of ["once", "again"])
    assert.deepEqual(await seller.deleteRelease(first.release_id), { open_sales: 0 });
  assert.equal((await buyer.transfer(open.transfer_id)).status, "cancelled");
  await assert.rejects(offer(seller, buyer, first.release_id), ClaimcheckError);

  assert.deepEqual(await seller.deleteProduct(first.product_id), { open_sales: 1 });
  assert.equal((await buyer.contents(running.transfer_id)).length, 1, "who paid keeps it");
  assert.deepEqual((await seller.products()).products, []);
});
