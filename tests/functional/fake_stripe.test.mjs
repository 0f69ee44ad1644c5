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

test("each answer of a Checkout page does what its button says", async () => {
  const sessions = await Promise.all(
    Array.from({ length: 5 }, () => stripe.checkout.sessions.create(order())),
  );
  const [paid, later, failed, expired, left] = sessions;
  const shown = await (await fetch(paid.url)).text();
  assert.match(shown, /€4\.99/);
  assert.match(shown, /Field &lt;recordings&gt;/);

  const done = await press(paid.url, "pay");
  assert.equal(done.headers.get("location"), `https://shop.example/done?session=${paid.id}`);
  assert.equal((await stripe.checkout.sessions.retrieve(paid.id)).payment_status, "paid");

  assert.equal((await press(later.url, "later")).status, 303);
  const unpaid = await stripe.checkout.sessions.retrieve(later.id);
  assert.deepEqual([unpaid.status, unpaid.payment_status], ["complete", "unpaid"]);

  assert.match(await (await press(failed.url, "fail")).text(), /declined/);
  assert.equal((await stripe.checkout.sessions.retrieve(failed.id)).status, "open");
  assert.equal((await press(failed.url, "pay")).status, 303);

  assert.match(await (await press(expired.url, "expire")).text(), /expired/);
  assert.equal((await stripe.checkout.sessions.retrieve(expired.id)).status, "expired");
  assert.match(await (await press(expired.url, "pay")).text(), /expired/);
  assert.equal((await stripe.checkout.sessions.retrieve(expired.id)).payment_status, "unpaid");

  const back = await press(left.url, "back");
  assert.equal(back.headers.get("location"), "https://shop.example/back");
  assert.equal((await stripe.checkout.sessions.retrieve(left.id)).status, "open");
});

test("the later outcome of a payment comes as an event of its own", async () => {
  const [good, bad] = await Promise.all([
    stripe.checkout.sessions.create(order()),
    stripe.checkout.sessions.create(order()),
  ]);
  for (const { id } of [good, bad])
    assert.equal(fake.payLater(id).data.object.payment_status, "unpaid");
  assert.equal(fake.settle(good.id).type, "checkout.session.async_payment_succeeded");
  assert.equal(fake.fail(bad.id).type, "checkout.session.async_payment_failed");
  const states = await Promise.all(
    [good, bad].map(({ id }) => stripe.checkout.sessions.retrieve(id)),
  );
  assert.deepEqual(
    states.map(({ payment_status }) => payment_status),
    ["paid", "unpaid"],
  );
  assert.throws(() => fake.settle(good.id), /awaits no payment/);
});

test("a session expires by itself, and by a call only while it is open", async () => {
  let now = Math.floor(Date.now() / 1000);
  const own = await startFakeStripe({ now: () => now });
  try {
    const { checkout } = client(own);
    const session = await checkout.sessions.create(order({ expires_at: now + 1800 }));
    assert.equal(session.expires_at, now + 1800);
    now += 1800;
    assert.equal((await checkout.sessions.retrieve(session.id)).status, "expired");
    assert.deepEqual(
      own.events.map(({ type }) => type),
      ["checkout.session.expired"],
    );
    await assert.rejects(checkout.sessions.expire(session.id), { statusCode: 400 });
    const other = await checkout.sessions.create(order());
    assert.equal((await checkout.sessions.expire(other.id)).status, "expired");
    for (const expires_at of [now + 60, now + 2 * 86_400]) {
      await assert.rejects(checkout.sessions.create(order({ expires_at })), {
        param: "expires_at",
      });
    }
  } finally {
    await own.close();
  }
});

test("errors have the type, code and parameter that the package tells apart", async () => {
  const sessions = stripe.checkout.sessions;
  await assert.rejects(sessions.retrieve("cs_test_none"), {
    type: "StripeInvalidRequestError",
    statusCode: 404,
    code: "resource_missing",
    param: "session",
  });
  await assert.rejects(client({ url: fake.url, secretKey: "sk_test_other" }).refunds.list(), {
    type: "StripeAuthenticationError",
    statusCode: 401,
  });
  const item = (changes) => [
    { quantity: 1, price_data: { ...order().line_items[0].price_data, ...changes } },
  ];
  const refused = [
    [{ success_url: undefined }, { code: "parameter_missing", param: "success_url" }],
    [{ colour: "red" }, { code: "parameter_unknown", param: "colour" }],
    [{ success_url: "nowhere" }, { code: "url_invalid", param: "success_url" }],
    [{ mode: "subscription" }, { param: "mode" }],
    [{ line_items: item({ unit_amount: 49 }) }, { code: "amount_too_small" }],
    [{ line_items: item({ unit_amount: 100_000_000 }) }, { code: "amount_too_large" }],
    [{ line_items: item({ currency: "kwd", unit_amount: 1001 }) }, { message: /divisible by 10/ }],
    [{ line_items: item({ currency: "xyz" }) }, { message: /Invalid currency/ }],
    [{ line_items: item({ unit_amount: "4.99" }) }, { code: "parameter_invalid_integer" }],
  ];
  const before = fake.all("sessions").length;
  for (const [changes, error] of refused) {
    await assert.rejects(sessions.create(order(changes)), {
      type: "StripeInvalidRequestError",
      statusCode: 400,
      ...error,
    });
  }
  assert.equal(fake.all("sessions").length, before);
});

test("amounts are shown in the decimals of their currency", async () => {
  const shown = [];
  for (const [currency, unit_amount] of [
    ["jpy", 500],
    ["kwd", 1230],
    ["usd", 99_999_999],
    ["idr", 999_999_999_999],
  ]) {
    const price_data = { currency, unit_amount, product_data: { name: "File" } };
    const session = await stripe.checkout.sessions.create(
      order({ line_items: [{ quantity: 1, price_data }] }),
    );
    shown.push(/class="amount">([^<]*)</.exec(await (await fetch(session.url)).text())[1]);
  }
  assert.deepEqual(shown, ["¥500", "KWD\u00a01.230", "$999,999.99", "IDR\u00a09,999,999,999.99"]);
});

test("an idempotency key is good for one set of parameters", async () => {
  const options = { idempotencyKey: "transfer_1/1" };
  const first = await stripe.checkout.sessions.create(order(), options);
  const again = await stripe.checkout.sessions.create(order(), options);
  assert.equal(again.id, first.id);
  assert.equal(again.lastResponse.headers["idempotent-replayed"], "true");
  await assert.rejects(stripe.checkout.sessions.create(order({ locale: "de" }), options), {
    type: "StripeIdempotencyError",
    statusCode: 400,
  });
  await assert.rejects(
    stripe.checkout.sessions.create(order({ mode: "setup" }), { idempotencyKey: "k2" }),
  );
  // Refused for its parameters, the call never ran, and its key is still free.
  assert.ok((await stripe.checkout.sessions.create(order(), { idempotencyKey: "k2" })).id);
  const calls = fake.calls.filter(({ idempotencyKey }) => idempotencyKey === "k2");
  assert.deepEqual(
    calls.map(({ status }) => status),
    [400, 200],
  );
});

test("a refund is refused once nothing is left, and while the charge is disputed", async () => {
  const paid = async () => {
    const { id } = await stripe.checkout.sessions.create(order());
    return fake.pay(id).data.object.payment_intent;
  };
  const intent = await paid();
  await assert.rejects(stripe.refunds.create({ payment_intent: intent, amount: 500 }), {
    param: "amount",
    message: /€5\.00.*€4\.99/,
  });
  const refund = await stripe.refunds.create({ payment_intent: intent });
  await assert.rejects(stripe.refunds.create({ payment_intent: intent }), {
    code: "charge_already_refunded",
  });
  assert.equal(fake.failRefund(refund.id).type, "refund.failed");
  assert.equal((await stripe.refunds.retrieve(refund.id)).status, "failed");
  assert.equal((await stripe.refunds.create({ payment_intent: intent })).status, "succeeded");

  const disputed = await paid();
  const { dispute, event } = fake.dispute(disputed);
  assert.deepEqual(
    [event.type, dispute.status, dispute.amount],
    ["charge.dispute.created", "needs_response", 499],
  );
  await assert.rejects(stripe.refunds.create({ payment_intent: disputed }), {
    code: "charge_disputed",
  });
  assert.equal(fake.reviewDispute(dispute.id).type, "charge.dispute.updated");
  assert.equal(fake.closeDispute(dispute.id, "won").data.object.status, "won");
  assert.equal((await stripe.disputes.retrieve(dispute.id)).status, "won");
  assert.throws(() => fake.closeDispute(dispute.id, "lost"), /is won/);
  assert.equal((await stripe.refunds.create({ payment_intent: disputed })).amount, 499);
});

test("lists are paged, newest first", async () => {
  const own = await startFakeStripe();
  try {
    const { checkout } = client(own);
    const made = [];
    for (let n = 0; n < 5; n += 1) made.unshift((await checkout.sessions.create(order())).id);
    const first = await checkout.sessions.list({ limit: 2 });
    assert.deepEqual([first.has_more, first.data.map(({ id }) => id)], [true, made.slice(0, 2)]);
    const all = await checkout.sessions.list({ limit: 2 }).autoPagingToArray({ limit: 100 });
    assert.deepEqual(
      all.map(({ id }) => id),
      made,
    );
    const before = await checkout.sessions.list({ limit: 2, ending_before: made[3] });
    assert.deepEqual(
      before.data.map(({ id }) => id),
      made.slice(1, 3),
    );
    own.pay(made[0]);
    const paid = await checkout.sessions.list({ status: "complete" });
    assert.deepEqual(
      paid.data.map(({ id }) => id),
      [made[0]],
    );
    const { created } = own.session(made[0]);
    assert.equal((await checkout.sessions.list({ created: { gt: created } })).data.length, 0);
    assert.equal((await checkout.sessions.list({ created: { gte: created - 60 } })).data.length, 5);
  } finally {
    await own.close();
  }
});

test("a seller's account takes payments once it is set up", async () => {
  const account = await stripe.accounts.create({
    type: "express",
    email: "seller@shop.example",
    capabilities: { card_payments: { requested: true }, transfers: { requested: true } },
  });
  assert.equal(account.charges_enabled, false);
  const split = { application_fee_amount: 50, transfer_data: { destination: account.id } };
  const sold = () => stripe.checkout.sessions.create(order({ payment_intent_data: split }));
  await assert.rejects(sold(), { code: "insufficient_capabilities_for_transfer" });

  const link = await stripe.accountLinks.create({
    account: account.id,
    refresh_url: "https://shop.example/again",
    return_url: "https://shop.example/ready",
    type: "account_onboarding",
  });
  assert.match(await (await fetch(link.url)).text(), /seller@shop\.example/);
  const back = await press(link.url, "finish");
  assert.equal(back.headers.get("location"), "https://shop.example/ready");
  const event = fake.events.at(-1);
  assert.deepEqual([event.type, event.account], ["account.updated", account.id]);
  assert.equal((await stripe.accounts.retrieve(account.id)).charges_enabled, true);

  const session = fake.pay((await sold()).id).data.object;
  const intent = await stripe.paymentIntents.retrieve(session.payment_intent);
  assert.deepEqual(
    [intent.application_fee_amount, intent.transfer_data],
    [50, { destination: account.id }],
  );
  const refund = {
    payment_intent: intent.id,
    reverse_transfer: true,
    refund_application_fee: true,
  };
  assert.ok((await stripe.refunds.create(refund)).transfer_reversal);
});

test("the dashboard decides what happens to a payment", async () => {
  const { id } = await stripe.checkout.sessions.create(order());
  fake.payLater(id);
  const press = (action, subject, more = {}) => {
    const body = new URLSearchParams({ action, id: subject, ...more });
    return fetch(`${fake.url}/dashboard`, { method: "POST", body });
  };
  assert.match(await (await fetch(fake.url)).text(), new RegExp(id));
  assert.equal((await press("settle", id)).status, 200);
  const payment = (await stripe.checkout.sessions.retrieve(id)).payment_intent;
  const charge = async () => (await stripe.charges.list({ payment_intent: payment })).data[0];

  for (const amount of ["500", "0", "much"]) {
    assert.equal((await press("refund", payment, { amount })).status, 400, amount);
  }
  assert.match(await (await press("refund", payment, { amount: "99" })).text(), /€0\.99/);
  assert.equal((await charge()).amount_refunded, 99);
  const [refund] = (await stripe.refunds.list({ payment_intent: payment })).data;
  await press("fail-refund", refund.id);
  assert.equal((await charge()).amount_refunded, 0);

  await press("dispute", payment);
  const [dispute] = (await stripe.disputes.list({ payment_intent: payment })).data;
  assert.equal(dispute.status, "needs_response");
  await press("lost", dispute.id);
  assert.equal((await stripe.disputes.retrieve(dispute.id)).status, "lost");
  assert.equal((await press("won", dispute.id)).status, 400);
  assert.equal((await fetch(`${fake.url}/elsewhere`)).status, 404);
});
