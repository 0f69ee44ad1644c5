// A server with a fake Stripe beside it, and sales with a price.
import assert from "node:assert/strict";
import { startFakeStripe } from "../fake-stripe/server.mjs";
import { Client } from "./client.mjs";
import { startServer } from "./harness.mjs";
import { completeRelease } from "./release.mjs";
import { Sale, ok } from "./sale.mjs";

const WEBHOOK = "/api/payments-stripe-webhook";

/** Starts both; `vars` are over the Worker's. Webhooks arrive when a test delivers them. */
export async function startShop({ vars = {} } = {}) {
  const stripe = await startFakeStripe();
  const server = await startServer({
    vars: {
      STRIPE_API_BASE: stripe.url,
      STRIPE_SECRET_KEY: stripe.secretKey,
      STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
      ...vars,
    },
    rates: { RATE_REGISTER: 100_000, RATE_CLAIM: 100_000, RATE_WEBHOOK: 100_000 },
  });
  stripe.webhookUrl = `${server.url}${WEBHOOK}`;
  stripe.useClock(() => server.clock.now());
  const [seller, buyer, stranger] = await Promise.all(
    Array.from({ length: 3 }, () => Client.registered(server)),
  );
  const release = await completeRelease(seller, [1]);
  return new Shop({ stripe, server, seller, buyer, stranger, release });
}

class Shop {
  constructor(parts) {
    Object.assign(this, parts);
  }

  async close() {
    await this.server.close();
    await this.stripe.close();
  }

  /** A sale that has come as far as its offer. */
  async offered({ offer = {}, ...options } = {}) {
    const sale = new Sale(this.seller, this.buyer, this.release, {
      offer: { price: 1000, ...offer },
      ...options,
    });
    await ok(await sale.makeOffer());
    return sale;
  }

  /** A sale whose payment page is open: `sale.session` is Stripe's session. */
  async invoiced(options) {
    const sale = await this.offered(options);
    sale.answer = await ok(await sale.invoice());
    sale.session = this.sessionOf(sale);
    return sale;
  }

  /** A sale that is paid and of which Stripe has told. */
  async paid(options) {
    const sale = await this.invoiced(options);
    this.stripe.pay(sale.session.id);
    await this.deliverAll();
    sale.payment = this.stripe.session(sale.session.id).payment_intent;
    return sale;
  }

  /** The newest session of a sale. */
  sessionOf(sale) {
    const found = this.stripe
      .all("sessions")
      .filter(({ client_reference_id: id }) => id === sale.id);
    return found.at(-1);
  }

  /** What Stripe charged for a paid sale. */
  chargeOf(sale) {
    return this.stripe.object(this.stripe.object(sale.payment).latest_charge);
  }

  /** Delivers what is pending; every event is taken. */
  async deliverAll() {
    for (const { status, body } of await this.stripe.deliverPending()) {
      assert.equal(status, 200, body);
    }
  }

  /** Rows of a table, by a column. */
  async rows(table, column, value) {
    const query = this.server.db.prepare(`select * from ${table} where ${column} = ?`);
    return (await query.bind(value).all()).results;
  }

  /** Lets the calls that follow an answer be made, then runs what the cron runs. */
  async cron() {
    await this.server.scheduled();
  }

  /** Waits, by asking, until something is so. */
  async until(check) {
    for (let tries = 0; tries < 2000; tries += 1) {
      if (await check()) return;
      await fetch(`${this.server.url}/healthz`);
    }
    assert.fail("it never came to be so");
  }
}

/** Numbers in [0, 1) that a seed decides (mulberry32). */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
