// Refunds and disputes of charges.
import { ApiError, invalid } from "./errors.mjs";
import { formatAmount } from "./money.mjs";

/** The charge that a call names, by itself or by its payment. */
function chargeOf(world, params) {
  const [charge, intent] = [params.text("charge"), params.text("payment_intent")];
  if (charge !== null) return world.books.load("charges", charge);
  if (intent === null) {
    throw invalid(
      "One of the following params should be provided for this request: payment_intent or charge.",
    );
  }
  const { latest_charge, id } = world.books.load("intents", intent, "payment_intent");
  if (latest_charge !== null) return world.books.load("charges", latest_charge);
  throw invalid(
    `This PaymentIntent (${id}) does not have a successful charge to refund.`,
    "payment_intent",
  );
}

/** @param {import("./server.mjs").World} world @param {import("./form.mjs").Params} params */
export function createRefund(world, params) {
  const charge = chargeOf(world, params);
  const amount = params.integer("amount");
  const reasons = ["duplicate", "fraudulent", "requested_by_customer"];
  const reason = params.oneOf("reason", reasons);
  const metadata = params.metadata();
  const reversed = {
    transfer: params.flag("reverse_transfer"),
    fee: params.flag("refund_application_fee"),
  };
  params.end();
  if ((reversed.transfer || reversed.fee) && charge.transfer === null) {
    throw invalid("The charge has no transfer that could be reversed.", "reverse_transfer");
  }
  if (reversed.fee && charge.application_fee_amount === null) {
    throw invalid("The charge has no application fee.", "refund_application_fee");
  }
  return refundCharge(world, charge, { amount, reason, metadata, reversed });
}

/** Gives back all that is left of a charge, or an amount. */
export function refundCharge(
  world,
  charge,
  { amount = null, reason = null, metadata = {}, reversed = {} } = {},
) {
  const left = charge.amount - charge.amount_refunded;
  if (charge.disputed && !isWon(world, charge)) {
    throw refused(
      `Charge ${charge.id} has been charged back; cannot issue a refund.`,
      "charge_disputed",
    );
  }
  if (left === 0) {
    throw refused(`Charge ${charge.id} has already been refunded.`, "charge_already_refunded");
  }
  const wanted = amount ?? left;
  if (!Number.isInteger(wanted) || wanted < 1)
    throw invalid("Invalid positive integer", "amount", "parameter_invalid_integer");
  if (wanted > left) {
    const [asked, have] = [wanted, left].map((sum) => formatAmount(sum, charge.currency));
    throw invalid(
      `Refund amount (${asked}) is greater than unrefunded amount on charge (${have})`,
      "amount",
    );
  }
  const refund = world.books.add("refunds", {
    object: "refund",
    amount: wanted,
    charge: charge.id,
    created: world.now(),
    currency: charge.currency,
    failure_reason: null,
    metadata,
    payment_intent: charge.payment_intent,
    reason,
    status: "succeeded",
    source_transfer_reversal: null,
    transfer_reversal: reversed.transfer ? `trr_${charge.transfer.slice(3)}` : null,
  });
  const event = count(world, charge, wanted);
  world.emit("refund.created", refund);
  return { refund, event };
}

/** State, not parameters, is in the way: Stripe keeps this answer under the Idempotency-Key. */
function refused(message, code) {
  const error = new ApiError(400, "invalid_request_error", message, { code });
  return Object.assign(error, { isKept: true });
}

function count(world, charge, amount) {
  const previous = { amount_refunded: charge.amount_refunded, refunded: charge.refunded };
  charge.amount_refunded += amount;
  charge.refunded = charge.amount_refunded === charge.amount;
  return world.emit("charge.refunded", charge, { previous });
}

/** The buyer's bank sends the money back to the merchant. */
export function failRefund(world, refund) {
  if (refund.status !== "succeeded") throw invalid(`The refund is ${refund.status}.`, "refund");
  refund.status = "failed";
  refund.failure_reason = "lost_or_stolen_card";
  const charge = world.books.load("charges", refund.charge);
  charge.amount_refunded -= refund.amount;
  charge.refunded = false;
  world.emit("refund.updated", refund, { previous: { status: "succeeded" } });
  return world.emit("refund.failed", refund);
}

function isWon(world, charge) {
  const disputes = world.books.all("disputes").filter((dispute) => dispute.charge === charge.id);
  return disputes.every(({ status }) => status === "won");
}

/** The buyer's bank takes the money back until the dispute is decided. */
export function openDispute(world, charge, { reason = "product_not_received", amount } = {}) {
  const dispute = world.books.add("disputes", {
    object: "dispute",
    amount: amount ?? charge.amount - charge.amount_refunded,
    charge: charge.id,
    created: world.now(),
    currency: charge.currency,
    evidence: {},
    evidence_details: {
      due_by: world.now() + 7 * 86_400,
      has_evidence: false,
      past_due: false,
      submission_count: 0,
    },
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    reason,
    status: "needs_response",
  });
  charge.disputed = true;
  const event = world.emit("charge.dispute.created", dispute);
  world.emit("charge.dispute.funds_withdrawn", dispute);
  return { dispute, event };
}

/** The merchant has answered; the bank looks at it. */
export function reviewDispute(world, dispute) {
  requireUndecided(dispute);
  const previous = { status: dispute.status };
  dispute.status = "under_review";
  return world.emit("charge.dispute.updated", dispute, { previous });
}

/** @param {"won" | "lost"} outcome for the merchant */
export function closeDispute(world, dispute, outcome) {
  requireUndecided(dispute);
  dispute.status = outcome;
  if (outcome === "won") world.emit("charge.dispute.funds_reinstated", dispute);
  return world.emit("charge.dispute.closed", dispute);
}

function requireUndecided({ status }) {
  if (status === "won" || status === "lost") throw invalid(`The dispute is ${status}.`, "dispute");
}
