// Listings with a price: paid, delivered without the seller, and given back where nothing is left.
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { after, before, test } from "node:test";
import { Client, assertProblem } from "./client.mjs";
import { Listing } from "./listing_sale.mjs";
import { seeded, startShop } from "./paid_sale.mjs";
import { ok } from "./sale.mjs";

let shop;
before(async () => void (shop = await startShop()));
after(() => shop.close());

const open = (options = {}) =>
  Listing.open(shop.seller, { ...options, offer: { price: 1000, ...options.offer } });

/** A sale to `buyer` whose payment page is open. */
async function invoiced(listing, buyer = shop.buyer) {
  const sale = await listing.sale(buyer);
  sale.answer = await ok(await sale.invoice());
  sale.session = shop.sessionOf(sale);
  return sale;
}

async function pay(sale) {
  shop.stripe.pay(sale.session.id);
  await shop.deliverAll();
}

const buyers = (count) =>
  Promise.all(Array.from({ length: count }, () => Client.registered(shop.server)));

test("a payment delivers at once, with the seller away", async () => {
  const sale = await invoiced(await open());
  assert.equal(sale.answer.transfer.status, "invoiced");
  assert.equal(sale.session.amount_total, 1000);
  await assertProblem(await sale.claim(), 409, "wrong_state");
  await pay(sale);
  assert.equal((await sale.show()).status, "delivered");
  sale.claimed = await ok(await sale.claim());
  assert.ok(sale.claimed.listing.wrapped_key);
  assert.equal((await sale.chunk()).status, 200);
});

test("who left the page, or let it close, goes on with the same sale", async () => {
  const listing = await open();
  const sale = await invoiced(listing);
  assert.equal((await ok(await sale.invoice())).checkout_url, sale.answer.checkout_url);
  assert.equal((await ok(await listing.buy(shop.buyer))).transfer_id, sale.id);
  shop.stripe.expire(sale.session.id);
  await shop.deliverAll();
  const again = await ok(await sale.invoice());
  assert.notEqual(again.checkout_url, sale.answer.checkout_url);
  sale.session = shop.sessionOf(sale);
  await pay(sale);
  assert.equal((await sale.show()).status, "delivered");
  assert.equal((await ok(await listing.buy(shop.buyer))).transfer_id, sale.id);
});

test("a page that is open when the seller closes may be paid; no other one opens", async () => {
  const listing = await open();
  const paying = await invoiced(listing);
  const waiting = await listing.sale(shop.stranger);
  await ok(await listing.close());
  const refused = await assertProblem(await waiting.invoice(), 409, "listing_closed");
  assert.deepEqual([refused.money_moved, refused.retry_safe], [false, true]);
  assert.equal((await ok(await paying.invoice())).checkout_url, paying.answer.checkout_url);
  await pay(paying);
  assert.equal((await paying.show()).status, "delivered");
  assert.equal((await waiting.show()).status, "offered");
});

test("a page that closed after the listing did does not open again", async () => {
  const listing = await open();
  const sale = await invoiced(listing);
  await ok(await listing.close());
  shop.stripe.expire(sale.session.id);
  await shop.deliverAll();
  await assertProblem(await sale.invoice(), 409, "listing_closed");
});

test("more pay than copies are left: each other payment goes back by itself", async () => {
  const seed = randomInt(2 ** 31);
  const random = seeded(seed);
  const listing = await open({ stock: 2 });
  const sales = [];
  for (const buyer of await buyers(6)) sales.push(await invoiced(listing, buyer));
  for (const { session } of sales.toSorted(() => random() - 0.5)) shop.stripe.pay(session.id);
  await shop.deliverAll();
  await shop.until(async () => {
    await shop.cron();
    await shop.deliverAll();
    const views = await Promise.all(sales.map((sale) => sale.show()));
    return views.every(
      ({ status, refund }) => status === "delivered" || refund?.state === "complete",
    );
  });
  const views = await Promise.all(sales.map((sale) => sale.show()));
  const delivered = views.filter(({ status }) => status === "delivered");
  assert.equal(delivered.length, 2, `seed ${seed}`);
  for (const view of views.filter(({ status }) => status !== "delivered")) {
    assert.equal(view.status, "cancelled", `seed ${seed}`);
    assert.deepEqual(view.refund, { state: "complete", refunded: 1000, failures: 0 });
  }
  const refunds = shop.stripe.all("refunds").filter(({ amount }) => amount === 1000);
  assert.equal(refunds.length, 4, `seed ${seed}`);

  const last = sales[views.findIndex(({ status }) => status === "cancelled")];
  const { messages } = await ok(await last.buyer.call("inbox"));
  assert.ok(messages.some(({ notice }) => JSON.stringify(notice).includes("sold_out")));
  const { results } = await shop.server.db
    .prepare(
      "select copy from listing_sales where listing_id = ? and copy is not null order by copy",
    )
    .bind(listing.id)
    .all();
  assert.deepEqual(
    results.map(({ copy }) => copy),
    [1, 2],
  );
});

test("once sold out, no page opens and nobody else buys", async () => {
  const listing = await open({ stock: 1 });
  const waiting = await listing.sale(shop.stranger);
  await pay(await invoiced(listing));
  await assertProblem(await waiting.invoice(), 409, "sold_out");
  const [late] = await buyers(1);
  await assertProblem(await listing.buy(late), 409, "sold_out");
});

test("a copy that was given back stays sold", async () => {
  const listing = await open({ stock: 1 });
  const sale = await invoiced(listing);
  await pay(sale);
  await ok(await shop.seller.call("transfers-refund", { json: { transfer_id: sale.id } }));
  await shop.until(async () => {
    await shop.cron();
    await shop.deliverAll();
    return (await sale.show()).status === "refunded";
  });
  assert.equal((await ok(await listing.show())).left, 0);
});
