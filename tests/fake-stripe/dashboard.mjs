// The merchant's dashboard: everything that happened, with buttons for what else may.
import { button, html, page, redirect } from "./html.mjs";
import { formatAmount } from "./money.mjs";

const TO = "/dashboard";
const act = (action, label, id) => button(action, label, { to: TO, fields: { id } });
const money = ({ amount, amount_total = amount, currency }) => formatAmount(amount_total, currency);
const code = (text) => html`<code>${text}</code>`;

function table(title, columns, rows) {
  if (rows.length === 0)
    return html`<h2>${title}</h2>
      <p class="note">None yet.</p>`;
  return html`<h2>${title}</h2>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            ${columns.map((column) => html`<th scope="col">${column}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (cells) =>
              html`<tr>
                ${cells.map((cell) => html`<td>${cell}</td>`)}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>`;
}

function sessionRow(session, intent) {
  const isWaiting = intent?.status === "processing";
  const actions = isWaiting
    ? [act("settle", "Money arrives", session.id), act("fail", "It fails", session.id)]
    : [];
  const link = session.url ? html`<a href="${session.url}">open</a>` : session.status;
  return [code(session.id), money(session), link, session.payment_status, actions];
}

function chargeRow(charge) {
  const part = html`<form method="post" action="${TO}">
    <input type="hidden" name="id" value="${charge.payment_intent}" />
    <input name="amount" inputmode="numeric" aria-label="Amount in minor units" required />
    <button name="action" value="refund">Refund part</button>
  </form>`;
  const actions = charge.refunded
    ? ["refunded"]
    : [act("refund", "Refund all", charge.payment_intent), part];
  const dispute = charge.disputed ? "" : act("dispute", "Dispute", charge.payment_intent);
  const refunded = formatAmount(charge.amount_refunded, charge.currency);
  return [code(charge.payment_intent), money(charge), refunded, [...actions, dispute]];
}

function refundRow(refund) {
  const actions = refund.status === "succeeded" ? act("fail-refund", "It fails", refund.id) : "";
  return [code(refund.id), code(refund.payment_intent), money(refund), refund.status, actions];
}

function disputeRow(dispute) {
  const isDecided = ["won", "lost"].includes(dispute.status);
  const actions = isDecided ? "" : [act("won", "Won", dispute.id), act("lost", "Lost", dispute.id)];
  return [code(dispute.id), code(dispute.payment_intent), money(dispute), dispute.status, actions];
}

const eventRow = (isPending) => (event) => [
  code(event.id),
  event.type,
  isPending(event) ? "waiting" : "arrived",
  act("resend", "Send again", event.id),
];

/** @param {import("./server.mjs").FakeStripe} fake */
export function showDashboard(fake) {
  const newest = (kind) => fake.all(kind).reverse();
  const waiting = new Set(fake.pending.map(({ id }) => id));
  const intents = new Map(fake.all("intents").map((intent) => [intent.id, intent]));
  const rows = newest("sessions").map((session) =>
    sessionRow(session, intents.get(session.payment_intent)),
  );
  const events = newest("events").map(eventRow(({ id }) => waiting.has(id)));
  return page(
    "Dashboard (fake Stripe)",
    html`<main>
      <h1>Fake Stripe</h1>
      <p class="note">
        Plays Stripe on this machine, so that the shop can be tried without an account. No money
        moves. Webhooks go to ${fake.webhookUrl ?? "nobody"}.
      </p>
      ${table("Checkout Sessions", ["Session", "Amount", "State", "Payment", ""], rows)}
      ${table("Payments", ["Payment", "Amount", "Refunded", ""], newest("charges").map(chargeRow))}
      ${table("Refunds", ["Refund", "Payment", "Amount", "State", ""], newest("refunds").map(refundRow))}
      ${table("Disputes", ["Dispute", "Payment", "Amount", "State", ""], newest("disputes").map(disputeRow))}
      ${table("Events", ["Event", "Type", "Webhook", ""], events)}
    </main>`,
  );
}

/** @type {Record<string, (fake: import("./server.mjs").FakeStripe, id: string, amount: number | undefined) => unknown>} */
const ACTIONS = {
  settle: (fake, id) => fake.settle(id),
  fail: (fake, id) => fake.fail(id),
  refund: (fake, id, amount) => fake.refund(id, amount),
  "fail-refund": (fake, id) => fake.failRefund(id),
  dispute: (fake, id) => fake.dispute(id),
  won: (fake, id) => fake.closeDispute(id, "won"),
  lost: (fake, id) => fake.closeDispute(id, "lost"),
  resend: (fake, id) => fake.resend(id),
};

/** What one of the buttons does. @param {import("./server.mjs").FakeStripe} fake @param {URLSearchParams} form */
export function useDashboard(fake, form) {
  const amount = form.get("amount");
  const act = ACTIONS[form.get("action") ?? ""];
  act?.(fake, form.get("id") ?? "", amount ? Number(amount) : undefined);
  return redirect("/");
}
