// What Stripe says in any order, and for many sales at once.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { seeded, startShop } from "./paid_sale.mjs";

let shop;
before(async () => {
  shop = await startShop();
});
after(() => shop.close());

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

/** The events of one payment and what comes after it, made at once, so that those of no other sale are among them. */
function eventsOf(sale, ending) {
  const known = new Set(shop.stripe.pending.map(({ id }) => id));
  shop.stripe.pay(sale.session.id);
  const payment = shop.stripe.session(sale.session.id).payment_intent;
  if (ending === "refund") shop.stripe.refund(payment);
  if (ending === "lost" || ending === "won") {
    shop.stripe.closeDispute(shop.stripe.dispute(payment).dispute.id, ending);
  }
  return shop.stripe.pending.filter(({ id }) => !known.has(id));
}

const ENDINGS = { none: "delivered", won: "delivered", refund: "refunded", lost: "refunded" };
const LONG = process.env.CLAIMCHECK_LONG !== undefined;
const ORDERS = LONG ? 200 : 40;
const SALES = LONG ? 500 : 100;
const LANES = 10;

test(`${ORDERS} random orders of one sale's events end in the same state, with at most one grant`, async () => {
  const seed = Number(process.env.SEED ?? randomBytes(4).readUInt32BE());
  console.log(`seed ${seed}`);
  const random = seeded(seed);
  const round = async (number, sale) => {
    const ending = Object.keys(ENDINGS)[number % 4];
    const events = eventsOf(sale, ending);
    const order = [...events, ...events.filter(() => random() < 0.5)]
      .map((each) => [random(), each])
      .sort(([a], [b]) => a - b);
    for (const [, each] of order) await deliver(each);
    assert.equal((await sale.show()).status, ENDINGS[ending], `order ${number} of seed ${seed}`);
    const { grants } = await sale.stored();
    assert.ok(grants.length <= 1);
    if (ENDINGS[ending] === "delivered") assert.equal(grants.length, 1);
  };
  for (let first = 0; first < ORDERS; first += LANES) {
    const numbers = Array.from({ length: LANES }, (_, lane) => first + lane);
    const sales = await Promise.all(numbers.map(() => shop.invoiced()));
    await Promise.all(numbers.map((number, lane) => round(number, sales[lane])));
  }
});

test(`${SALES} webhooks at once for as many sales: nothing lost, nothing doubled`, async () => {
  const sales = [];
  for (let batch = 0; batch < SALES / 20; batch += 1) {
    sales.push(...(await Promise.all(Array.from({ length: 20 }, () => paidThere()))));
  }
  // One that waits too long is delivered again, as Stripe does.
  await Promise.all(sales.map(({ told }) => deliver(told).catch(() => deliver(told))));
  const ids = JSON.stringify(sales.map(({ sale }) => sale.id));
  const count = async (sql) => (await shop.server.db.prepare(sql).bind(ids).first()).n;
  const within = "in (select value from json_each(?1))";
  assert.equal(
    await count(`select count(*) as n from product_keys where transfer_id ${within}`),
    SALES,
  );
  assert.equal(
    await count(
      `select count(*) as n from product_transfers where status = 'delivered' and id ${within}`,
    ),
    SALES,
  );
  assert.equal(
    await count(
      `select count(*) as n from stripe_events where outcome = 'applied' and type = 'checkout.session.completed' and transfer_id ${within}`,
    ),
    SALES,
  );
});
