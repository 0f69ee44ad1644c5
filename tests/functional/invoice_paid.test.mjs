// The payment page of a sale: opened once for each attempt, with parameters that were stored before.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertProblem } from "./client.mjs";
import { startShop } from "./paid_sale.mjs";
import { ok, unchanged } from "./sale.mjs";

let shop;
before(async () => {
  shop = await startShop({
    vars: { RETURN_ORIGINS: "https://shop.example", STRIPE_TIMEOUT_MS: "3000" },
  });
});
after(() => shop.close());

const attempts = (sale) => shop.rows("payment_intents", "transfer_id", sale.id);
const creations = (sale) =>
  shop.stripe.calls.filter(
    ({ path, params }) =>
      path === "/v1/checkout/sessions" && params.client_reference_id === sale.id,
  );

test("an invoice opens one page, for the price of the signed offer", async () => {
  const sale = await shop.invoiced({ offer: { price: 1234, currency: "eur" } });
  assert.equal(sale.answer.checkout_url, sale.session.url);
  assert.equal(sale.answer.transfer.status, "invoiced");
  assert.deepEqual([sale.answer.money_moved, sale.answer.retry_safe], [false, true]);
  assert.deepEqual([sale.session.amount_total, sale.session.currency], [1234, "eur"]);
  assert.equal(sale.session.success_url, `${shop.server.url}/sales/${sale.id}?checkout=success`);
  assert.deepEqual(sale.session.metadata, { transfer_id: sale.id, title: sale.offer.title });

  const [attempt, ...others] = await attempts(sale);
  assert.deepEqual(others, []);
  const [call] = creations(sale);
  assert.equal(attempt.idempotency_key, call.idempotencyKey);
  assert.deepEqual(
    Object.fromEntries(new URLSearchParams(JSON.parse(attempt.request).form)),
    call.params,
  );
  assert.deepEqual(
    [attempt.session_id, attempt.status, attempt.amount, attempt.livemode],
    [sale.session.id, "open", 1234, 0],
  );
});

test("asked again, one after the other or at once, it is the same page", async () => {
  const sale = await shop.offered();
  const answers = await Promise.all(Array.from({ length: 10 }, () => sale.invoice()));
  const urls = new Set();
  for (const answer of answers) urls.add((await ok(answer)).checkout_url);
  urls.add((await ok(await sale.invoice())).checkout_url);
  assert.deepEqual([...urls], [shop.sessionOf(sale).url]);
  assert.equal(new Set(creations(sale).map(({ idempotencyKey }) => idempotencyKey)).size, 1);
  assert.equal((await attempts(sale)).length, 1);
});

test("a page that expired is followed by a new one, with or without its webhook", async () => {
  const told = await shop.invoiced();
  shop.stripe.expire(told.session.id);
  await shop.deliverAll();
  const second = await ok(await told.invoice());
  assert.notEqual(second.checkout_url, told.answer.checkout_url);
  assert.deepEqual(
    (await attempts(told)).map(({ attempt, status }) => [attempt, status]),
    [
      [1, "expired"],
      [2, "open"],
    ],
  );
});

test("while a payment is on its way there is no second page", async () => {
  const sale = await shop.invoiced();
  shop.stripe.payLater(sale.session.id);
  await shop.deliverAll();
  assert.equal((await sale.show()).status, "payment_processing");
  const problem = await assertProblem(await sale.invoice(), 409, "wrong_state");
  assert.deepEqual([problem.money_moved, problem.retry_safe], [false, true]);
  shop.stripe.fail(sale.session.id);
  await shop.deliverAll();
  assert.equal((await sale.show()).status, "offered");
  assert.notEqual((await ok(await sale.invoice())).checkout_url, sale.answer.checkout_url);
});

test("where Stripe fails the same call is made again, and nothing was charged", async () => {
  for (const failure of [500, 429, "timeout", "lost-answer"]) {
    const sale = await shop.offered();
    shop.stripe.failNext(failure, { match: "POST /v1/checkout/sessions" });
    const problem = await assertProblem(await sale.invoice(), 503, "unavailable");
    assert.deepEqual([problem.money_moved, problem.retry_safe], [false, true], String(failure));
    const [stored] = await attempts(sale);
    assert.deepEqual([stored.status, stored.session_id], ["requested", null]);

    const answer = await ok(await sale.invoice());
    assert.equal(answer.checkout_url, shop.sessionOf(sale).url);
    const [first, second] = creations(sale);
    assert.equal(first.idempotencyKey, second.idempotencyKey);
    assert.deepEqual(first.params, second.params);
    const sessions = shop.stripe
      .all("sessions")
      .filter(({ client_reference_id: id }) => id === sale.id);
    assert.equal(sessions.length, 1, String(failure));
  }
});

test("what Stripe refuses is said, and the next invoice is a new attempt", async () => {
  const sale = await shop.offered();
  shop.stripe.failNext(400, { match: "POST /v1/checkout/sessions" });
  const problem = await assertProblem(await sale.invoice(), 422, "payment_refused");
  assert.equal(problem.money_moved, false);
  await ok(await sale.invoice());
  assert.deepEqual(
    (await attempts(sale)).map(({ status }) => status),
    ["failed", "open"],
  );
});

test("a buyer is sent back only to origins that are allowed", async () => {
  const sale = await shop.offered();
  const invoice = (return_origin) =>
    shop.buyer.call("products-invoice", { json: { transfer_id: sale.id, return_origin } });
  await unchanged(sale, async () => {
    for (const bad of ["https://evil.example", "https://shop.example/", "javascript:alert(1)"]) {
      await assertProblem(await invoice(bad), 422, "unprocessable");
    }
  });
  await ok(await invoice("https://shop.example"));
  const { success_url, cancel_url } = shop.sessionOf(sale);
  assert.equal(success_url, `https://shop.example/sales/${sale.id}?checkout=success`);
  assert.equal(cancel_url, `https://shop.example/sales/${sale.id}?checkout=cancel`);
});

test("the smallest units and the largest sums arrive at Stripe as they were signed", async () => {
  const prices = [
    ["jpy", 50],
    ["jpy", 99_999_999],
    ["bhd", 1230],
    ["kwd", 99_999_990],
    ["idr", 999_999_999_990],
    ["usd", 50],
    ["isk", 500],
  ];
  for (const [currency, price] of prices) {
    const sale = await shop.paid({ offer: { currency, price } });
    assert.deepEqual([sale.session.amount_total, sale.session.currency], [price, currency]);
    const [attempt] = await attempts(sale);
    assert.deepEqual([attempt.amount, attempt.status], [price, "succeeded"], currency);
    assert.equal((await sale.show()).status, "delivered");
  }
});

test("a price that cannot be charged is no offer", async () => {
  const { Sale } = await import("./sale.mjs");
  for (const offer of [
    { price: 49, currency: "usd" },
    { price: 1231, currency: "bhd" },
    { price: 500, currency: "USD" },
    { price: 1.5, currency: "usd" },
    { price: 2 ** 31, currency: "usd" },
  ]) {
    const sale = new Sale(shop.seller, shop.buyer, shop.release, { offer });
    const { status } = await sale.makeOffer();
    assert.ok(status === 400 || status === 422, `${JSON.stringify(offer)}: ${status}`);
  }
});
