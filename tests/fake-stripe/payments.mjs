// Payments once a buyer has acted: intents and charges.
import { makeId } from "./books.mjs";

/** @param {import("./server.mjs").World} world */
export function makeIntent(world, session, draft) {
  const intent = world.books.add("intents", {
    object: "payment_intent",
    amount: session.amount_total,
    amount_received: 0,
    canceled_at: null,
    capture_method: "automatic",
    created: world.now(),
    currency: session.currency,
    customer: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    payment_method: makeId("pm_"),
    payment_method_types: ["card"],
    status: "requires_payment_method",
    ...draft,
  });
  world.emit("payment_intent.created", intent);
  return intent;
}

/** The money is there. */
export function succeed(world, intent) {
  const charge = world.books.add("charges", {
    object: "charge",
    amount: intent.amount,
    amount_captured: intent.amount,
    amount_refunded: 0,
    application_fee_amount: intent.application_fee_amount,
    balance_transaction: makeId("txn_"),
    captured: true,
    created: world.now(),
    currency: intent.currency,
    description: intent.description,
    destination: intent.transfer_data?.destination ?? null,
    disputed: false,
    livemode: false,
    metadata: { ...intent.metadata },
    on_behalf_of: intent.on_behalf_of,
    outcome: { network_status: "approved_by_network", type: "authorized", risk_level: "normal" },
    paid: true,
    payment_intent: intent.id,
    payment_method: intent.payment_method,
    refunded: false,
    status: "succeeded",
    transfer: intent.transfer_data ? makeId("tr_") : null,
    transfer_data: intent.transfer_data ? { amount: null, ...intent.transfer_data } : null,
    transfer_group: intent.transfer_group,
  });
  Object.assign(intent, {
    status: "succeeded",
    amount_received: intent.amount,
    latest_charge: charge.id,
    last_payment_error: null,
  });
  world.emit("charge.succeeded", charge);
  world.emit("payment_intent.succeeded", intent);
  return charge;
}

/** The attempt failed; another may follow. */
export function failIntent(world, intent) {
  intent.status = "requires_payment_method";
  intent.last_payment_error = {
    type: "card_error",
    code: "card_declined",
    decline_code: "generic_decline",
    message: "Your card was declined.",
  };
  return world.emit("payment_intent.payment_failed", intent);
}
