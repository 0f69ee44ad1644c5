// Sellers who are paid themselves: onboarding, charges that go on to their account, and refunds that come back from it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import Stripe from "stripe";
import { Client, assertProblem } from "./client.mjs";
import { startShop } from "./paid_sale.mjs";
import { completeRelease } from "./release.mjs";
import { Sale, ok } from "./sale.mjs";

const CONNECT = { PAYMENTS_MODE: "connect", CONNECT_FEE_BPS: "250" };
const OTHER_SECRET = "whsec_of_the_sellers_accounts";

let shop;
before(async () => {
  shop = await startShop({ vars: { ...CONNECT, STRIPE_CONNECT_WEBHOOK_SECRET: OTHER_SECRET } });
});
after(() => shop.close());

const onboard = (client, json = {}) => client.call("payments-onboard", { json });
const account = async (client) => ok(await client.call("payments-account"));
const accountOf = async (client) => {
  const [row] = await shop.rows("payment_accounts", "ailock_id", client.id);
  return row.account_id;
};
const callsTo = (path) => shop.stripe.calls.filter((call) => call.path === path);

/** Tells of a seller's account, signed by the secret of that endpoint. */
const deliver = (told, options) => shop.stripe.deliver(told, { secret: OTHER_SECRET, ...options });

/** A seller with an account, and a release of its own. */
async function onboarded() {
  const seller = await Client.registered(shop.server);
  await ok(await onboard(seller));
  const id = await accountOf(seller);
  await deliver(shop.stripe.onboard(id));
  return { seller, id, release: await completeRelease(seller, [1]) };
}

const offerOf = ({ seller, release }, offer = {}) =>
  new Sale(seller, shop.buyer, release, { offer: { price: 1999, ...offer } });

async function invoiced(from, offer) {
  const sale = offerOf(from, offer);
  await ok(await sale.makeOffer());
  await ok(await sale.invoice());
  sale.session = shop.sessionOf(sale);
  return sale;
}

async function paid(from, offer) {
  const sale = await invoiced(from, offer);
  shop.stripe.pay(sale.session.id);
  await shop.deliverAll();
  sale.payment = shop.stripe.session(sale.session.id).payment_intent;
  return sale;
}

const outbox = (sale) => shop.rows("outbox", "transfer_id", sale.id);
const settled = (sale) =>
  shop.until(async () => (await outbox(sale)).every((row) => row.done_at !== null));

test("a seller is sent to Stripe, and can sell once Stripe says so", async () => {
  const seller = await Client.registered(shop.server);
  const before = await account(seller);
  assert.deepEqual(before, {
    mode: "connect",
    has_account: false,
    charges_enabled: false,
    payouts_enabled: false,
    details_submitted: false,
  });
  const { url, expires_at } = await ok(await onboard(seller));
  const id = await accountOf(seller);
  assert.ok(url.includes(id));
  assert.ok(expires_at > shop.server.clock.now());
  const { params } = callsTo("/v1/account_links").at(-1);
  assert.equal(params.return_url, `${shop.server.url}/you?onboarding=done`);
  assert.equal(params.refresh_url, `${shop.server.url}/you?onboarding=again`);
  assert.equal((await account(seller)).charges_enabled, false);
  const told = shop.stripe.onboard(id);
  for (const { status } of await deliver(told, { times: 3 })) assert.equal(status, 200);
  assert.deepEqual(await account(seller), {
    mode: "connect",
    has_account: true,
    charges_enabled: true,
    payouts_enabled: true,
    details_submitted: true,
  });
});

test("asked ten times at once it is one account, and a page for each", async () => {
  const seller = await Client.registered(shop.server);
  const before = shop.stripe.all("accounts").length;
  const answers = await Promise.all(Array.from({ length: 10 }, () => onboard(seller)));
  for (const answer of answers) await ok(answer);
  assert.equal(shop.stripe.all("accounts").length, before + 1);
  const keys = callsTo("/v1/accounts").filter(({ params }) =>
    Object.values(params).includes(seller.id),
  );
  assert.equal(new Set(keys.map(({ idempotencyKey }) => idempotencyKey)).size, 1);
});

test("a call whose answer is lost is made again, and one that is refused under another key", async () => {
  const seller = await Client.registered(shop.server);
  shop.stripe.failNext("lost-answer", { match: "POST /v1/accounts" });
  const problem = await assertProblem(await onboard(seller), 503, "unavailable");
  assert.deepEqual([problem.money_moved, problem.retry_safe], [false, true]);
  shop.stripe.failNext(400, { match: "POST /v1/accounts" });
  await assertProblem(await onboard(seller), 422, "payment_refused");
  await ok(await onboard(seller));
  const keys = callsTo("/v1/accounts")
    .filter(({ params }) => Object.values(params).includes(seller.id))
    .map(({ idempotencyKey }) => idempotencyKey);
  assert.equal(keys[0], keys[1]);
  assert.notEqual(keys[1], keys[2]);
});

test("a lost webhook is made up for by asking", async () => {
  const seller = await Client.registered(shop.server);
  await ok(await onboard(seller));
  const id = await accountOf(seller);
  shop.stripe.silently(() => shop.stripe.onboard(id));
  assert.equal((await account(seller)).charges_enabled, true);
});

test("what Stripe said earlier does not undo what it said later", async () => {
  const from = await onboarded();
  const early = shop.stripe.onboard(from.id);
  await shop.server.clock.advance(10);
  const late = shop.stripe.restrict(from.id);
  await deliver(late);
  await deliver(early);
  const [row] = await shop.rows("payment_accounts", "ailock_id", from.seller.id);
  assert.equal(row.charges_enabled, 0);
});

test("an event of a seller's account that is about a sale moves nothing", async () => {
  const from = await onboarded();
  const sale = await invoiced(from);
  shop.stripe.silently(() => shop.stripe.pay(sale.session.id));
  const object = shop.stripe.session(sale.session.id);
  const forged = { ...shop.stripe.draft("checkout.session.completed", object), account: from.id };
  for (const { status } of await deliver(forged)) assert.equal(status, 200);
  assert.equal((await sale.show()).status, "invoiced");
  const other = { ...shop.stripe.draft("account.updated", { id: "acct_other" }), account: from.id };
  for (const { status } of await deliver(other)) assert.equal(status, 400);
});

test("without an account that can be paid there is no offer at a price, and no page", async () => {
  const seller = await Client.registered(shop.server);
  const release = await completeRelease(seller, [1]);
  await assertProblem(await offerOf({ seller, release }).makeOffer(), 409, "seller_not_onboarded");
  await ok(await offerOf({ seller, release }, { price: 0 }).makeOffer());
  const from = await onboarded();
  const sale = offerOf(from);
  await ok(await sale.makeOffer());
  const open = await invoiced(from);
  await shop.server.clock.advance(1);
  await deliver(shop.stripe.restrict(from.id));
  const problem = await assertProblem(await sale.invoice(), 409, "seller_not_onboarded");
  assert.deepEqual([problem.money_moved, problem.retry_safe], [false, true]);
  assert.equal(
    (await ok(await open.invoice())).checkout_url,
    open.session.url,
    "a page that is open stays",
  );
  await shop.server.clock.advance(1);
  await deliver(shop.stripe.onboard(from.id));
  await ok(await sale.invoice());
});

test("the money goes on to the seller, less the fee, as it was stored before the call", async () => {
  const from = await onboarded();
  const sale = await paid(from);
  const charge = shop.chargeOf(sale);
  assert.equal(charge.destination, from.id);
  assert.equal(charge.application_fee_amount, 49, "2.5 % of 1999, rounded down");
  const [attempt] = await shop.rows("payment_intents", "transfer_id", sale.id);
  const [stored] = await shop.rows("connect_charges", "payment_id", attempt.id);
  assert.deepEqual([stored.account_id, stored.fee_amount], [from.id, 49]);
  assert.match(JSON.parse(attempt.request).form, /application_fee_amount%5D=49$/);
  assert.equal((await sale.show()).status, "delivered");
});

test("a fee keeps to the smallest step of its currency, and none is asked for where it comes to 0", async () => {
  const from = await onboarded();
  const dinars = await paid(from, { price: 5990, currency: "kwd" });
  assert.equal(shop.chargeOf(dinars).application_fee_amount, 140, "149.75 to the step of 10");
  const yen = await invoiced(from, { price: 9_999_999, currency: "jpy" });
  assert.match(
    JSON.parse((await shop.rows("payment_intents", "transfer_id", yen.id))[0].request).form,
    /application_fee_amount%5D=249999$/,
  );
});

test("a refund, of all or a part, comes back from the seller and gives the fee back", async () => {
  const from = await onboarded();
  const whole = await paid(from);
  await ok(await from.seller.call("transfers-refund", { json: { transfer_id: whole.id } }));
  await settled(whole);
  await shop.deliverAll();
  assert.equal((await whole.show()).status, "refunded");
  const part = await paid(from);
  const json = { transfer_id: part.id, part: { refund_id: "one", amount: 500 } };
  for (const answer of await Promise.all(
    [1, 2].map(() => from.seller.call("transfers-refund", { json })),
  )) {
    await ok(answer);
  }
  await settled(part);
  for (const sale of [whole, part]) {
    const calls = callsTo("/v1/refunds").filter(
      ({ params }) => params.payment_intent === sale.payment,
    );
    assert.equal(calls.length, 1);
    assert.equal(calls[0].params.reverse_transfer, "true");
    assert.equal(calls[0].params.refund_application_fee, "true");
    const [row] = await outbox(sale);
    assert.equal(calls[0].idempotencyKey, row.idempotency_key);
    const refund = shop.stripe.all("refunds").find(({ payment_intent: of }) => of === sale.payment);
    assert.match(refund.transfer_reversal, /^trr_/);
  }
});

test("a payment that came too late comes back from the seller too", async () => {
  const from = await onboarded();
  const sale = await invoiced(from);
  shop.stripe.failNext(500, { match: `${sale.session.id}/expire` });
  await ok(await shop.buyer.call("transfers-cancel", { json: { transfer_id: sale.id } }));
  shop.stripe.pay(sale.session.id);
  const payment = shop.stripe.session(sale.session.id).payment_intent;
  await shop.deliverAll();
  const refunds = () =>
    shop.stripe.all("refunds").filter((each) => each.payment_intent === payment);
  await shop.until(async () => refunds().length > 0);
  assert.match(refunds()[0].transfer_reversal, /^trr_/);
});

test("bad input is refused, and nobody is sent to an origin that is not allowed", async () => {
  for (const json of [{ account: "acct_1" }, { return_origin: 1 }]) {
    await assertProblem(await onboard(shop.seller, json), 400, "invalid_request");
  }
  const foreign = { return_origin: "https://evil.example" };
  await assertProblem(await onboard(shop.seller, foreign), 422, "unprocessable");
});

test("where the server sells for itself there is nothing to set up", async () => {
  const merchant = await startShop();
  try {
    await assertProblem(await onboard(merchant.seller), 409, "wrong_state");
    const { mode, charges_enabled } = await account(merchant.seller);
    assert.deepEqual([mode, charges_enabled], ["merchant", true]);
    const sale = await merchant.paid();
    assert.equal(merchant.chargeOf(sale).destination, null);
    const refund = { json: { transfer_id: sale.id } };
    await ok(await merchant.seller.call("transfers-refund", refund));
    await merchant.until(async () => merchant.stripe.all("refunds").length > 0);
    const { params } = merchant.stripe.calls.find(({ path }) => path === "/v1/refunds");
    assert.ok(!("reverse_transfer" in params));
  } finally {
    await merchant.close();
  }
});

test("the official package makes and reads the same", async () => {
  const { hostname, port } = new URL(shop.stripe.url);
  const official = new Stripe(shop.stripe.secretKey, { host: hostname, port, protocol: "http" });
  const made = await official.accounts.create({
    type: "express",
    capabilities: { transfers: { requested: true } },
  });
  const link = await official.accountLinks.create({
    account: made.id,
    type: "account_onboarding",
    refresh_url: "https://a.example/again",
    return_url: "https://a.example/done",
  });
  assert.ok(link.url.includes(made.id));
  shop.stripe.onboard(made.id);
  assert.equal((await official.accounts.retrieve(made.id)).charges_enabled, true);
  const session = await official.checkout.sessions.create({
    mode: "payment",
    success_url: "https://a.example",
    line_items: [
      {
        quantity: 1,
        price_data: { currency: "usd", unit_amount: 900, product_data: { name: "A" } },
      },
    ],
    payment_intent_data: { application_fee_amount: 90, transfer_data: { destination: made.id } },
  });
  shop.stripe.pay(session.id);
  const refund = await official.refunds.create({
    payment_intent: shop.stripe.session(session.id).payment_intent,
    reverse_transfer: true,
    refund_application_fee: true,
  });
  assert.equal(refund.status, "succeeded");
});
