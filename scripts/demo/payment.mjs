// How the demo's buyer pays: not at all, or at the Checkout page of a fake Stripe.
import { setTimeout as delay } from "node:timers/promises";
import { startFakeStripe } from "../../tests/fake-stripe/server.mjs";
import { PlainError } from "../setup/process.mjs";

const PRICE = { price: 499, currency: "eur" };
const PATIENCE_MS = 30_000;
const POLL_MS = 50;

/**
 * @typedef {object} Payment
 * @property {{ price?: number, currency?: string }} offer what an offer says about it
 * @property {Record<string, string>} vars what the Worker needs for it
 * @property {(url: string) => void} toldAt where the Worker serves, and takes webhooks
 * @property {(checkoutUrl: string | null, press: (url: string) => Promise<void>) => Promise<void>} pay
 * @property {() => { amount: number, currency: string, status: string } | undefined} outcome by the fake's own books
 * @property {() => Promise<void>} close
 */

/** @returns {Payment} */
function free() {
  return {
    offer: {},
    vars: {},
    toldAt: () => {},
    pay: async (url) => {
      if (url !== null) throw new Error("a free sale asks for money");
    },
    outcome: () => undefined,
    close: async () => {},
  };
}

/** @returns {Promise<Payment>} */
async function throughCheckout() {
  const fake = await startFakeStripe({ autoDeliver: true });
  return {
    offer: PRICE,
    vars: fake.workerVars,
    toldAt: (url) => fake.tellTo(url),
    pay: async (url, press) => {
      if (url === null) throw new Error("a sale with a price asks for no money");
      await press(url);
    },
    outcome: () => {
      const [session] = fake.all("sessions");
      return {
        amount: session.amount_total,
        currency: session.currency,
        status: session.payment_status,
      };
    },
    close: () => fake.close(),
  };
}

/** @param {boolean} isPaid */
export async function preparePayment(isPaid) {
  return isPaid ? throughCheckout() : free();
}

/** Presses Pay, as the form of the Checkout page does. @param {string} url */
export async function pressPay(url) {
  const body = new URLSearchParams({ action: "pay" });
  const answer = await fetch(url, { method: "POST", body, redirect: "manual" });
  if (answer.status !== 303) throw new Error(`the Checkout page answered ${answer.status}`);
}

/**
 * Asks for a transfer until the payment has come through and the key with it.
 *
 * @param {() => Promise<import("claimcheck").Transfer>} show
 */
export async function untilDelivered(show) {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const transfer = await show();
    if (transfer.status === "delivered") return transfer;
    if (performance.now() > end)
      throw new PlainError(`The sale stays ${transfer.status} after the payment.`);
    await delay(POLL_MS);
  }
}
