// The page on which a buyer pays.
import { button, html, page, redirect } from "./html.mjs";
import { formatAmount } from "./money.mjs";

const DECLINED = html`<p class="alert" role="alert">The card was declined. Nothing was paid.</p>`;

/** @param {any} session @param {string} title of what is sold */
export function showCheckout(session, title, { isDeclined = false } = {}) {
  const to = `/c/pay/${session.id}`;
  const choices = html`<div class="stack">
    ${button("pay", "Pay", { to, isMain: true })}
    ${button("later", "Pay later (the bank decides afterwards)", { to })}
    ${button("fail", "Fail: the card is declined", { to })}
    ${button("expire", "Let this page expire", { to })}
    ${session.cancel_url ? button("back", "Back to the shop", { to }) : ""}
  </div>`;
  const over = html`<p>
    This page is ${session.status === "expired" ? "expired" : "done"}: nothing can be paid here any
    more.
  </p>`;
  return page(
    "Checkout (fake)",
    html`<main class="narrow">
      <p class="note">Fake Stripe on this machine. No money moves.</p>
      <div class="card">
        ${isDeclined ? DECLINED : ""}
        <h1>${title}</h1>
        <p class="amount">${formatAmount(session.amount_total, session.currency)}</p>
        ${session.status === "open" ? choices : over}
      </div>
    </main>`,
  );
}

/**
 * What one of the buttons does.
 *
 * @param {import("./server.mjs").FakeStripe} fake
 * @param {any} session
 * @param {string} title
 * @param {string | null} action
 */
export function useCheckout(fake, session, title, action) {
  if (action === "back" && session.cancel_url) return redirect(fill(session.cancel_url, session));
  if (session.status !== "open") return showCheckout(session, title);
  if (action === "pay") fake.pay(session.id);
  else if (action === "later") fake.payLater(session.id);
  else if (action === "expire") fake.expire(session.id);
  else if (action === "fail") fake.fail(session.id);
  return session.status === "complete"
    ? redirect(fill(session.success_url, session))
    : showCheckout(session, title, { isDeclined: action === "fail" });
}

const fill = (url, { id }) => url.replaceAll("{CHECKOUT_SESSION_ID}", id);
