// Checkout Sessions, and what a buyer does with one.
import { invalid } from "./errors.mjs";
import { checkAmount, readCurrency } from "./money.mjs";
import { failIntent, makeIntent, succeed } from "./payments.mjs";

const DAY = 86_400;
const HALF_HOUR = 1_800;

/** @param {import("./server.mjs").World} world @param {import("./form.mjs").Params} params */
export function createSession(world, params) {
  params.requiredText("mode");
  params.oneOf("mode", ["payment"]);
  const { title, ...sums } = readItems(params);
  const draft = {
    object: "checkout.session",
    ...sums,
    ...readReturn(params),
    client_reference_id: params.text("client_reference_id"),
    created: world.now(),
    customer: null,
    customer_details: null,
    customer_email: params.text("customer_email"),
    expires_at: readExpiry(params, world.now()),
    invoice: null,
    livemode: false,
    locale: params.text("locale"),
    metadata: params.metadata(),
    mode: "payment",
    payment_intent: null,
    payment_method_types: params.list("payment_method_types"),
    payment_status: "unpaid",
    status: "open",
    submit_type: params.text("submit_type"),
  };
  const intent = readIntentData(world, params.inside("payment_intent_data"), draft.amount_total);
  params.end();
  const session = world.books.add("sessions", draft);
  world.books.drafts.set(session.id, { title, intent });
  session.url = `${world.url}/c/pay/${session.id}`;
  return session;
}

function readItems(params) {
  const items = params.list("line_items");
  if (items.length === 0) params.requiredText("line_items");
  const read = items.map((item) => {
    const price = item.inside("price_data");
    const product = price.inside("product_data");
    const name = product.requiredText("name");
    product.text("description");
    product.metadata();
    const currency = readCurrency(
      price.requiredText("currency"),
      "line_items[0][price_data][currency]",
    );
    const amount = price.requiredInteger("unit_amount") * item.requiredInteger("quantity");
    for (const part of [product, price, item]) part.end();
    return { name, currency, amount };
  });
  const [{ currency, name }] = read;
  if (read.some((item) => item.currency !== currency)) {
    throw invalid("All line items must have the same currency.", "line_items");
  }
  const total = read.reduce((sum, { amount }) => sum + amount, 0);
  checkAmount(total, currency);
  return { amount_subtotal: total, amount_total: total, currency, title: name };
}

function readReturn(params) {
  const [success_url, cancel_url] = [
    params.requiredText("success_url"),
    params.text("cancel_url"),
  ].map((url, index) => {
    if (url === null || URL.canParse(url.replace("{CHECKOUT_SESSION_ID}", "id"))) return url;
    throw invalid("Not a valid URL", index === 0 ? "success_url" : "cancel_url", "url_invalid");
  });
  return { success_url, cancel_url };
}

function readExpiry(params, now) {
  const at = params.integer("expires_at") ?? now + DAY;
  if (at >= now + HALF_HOUR - 60 && at <= now + DAY + 60) return at;
  throw invalid(
    "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.",
    "expires_at",
  );
}

/** What the payment will carry once there is one. */
function readIntentData(world, params, amount) {
  const transfer = params.inside("transfer_data");
  const destination = transfer.text("destination");
  const fee = params.integer("application_fee_amount");
  if (destination !== null && !world.books.load("accounts", destination).charges_enabled) {
    throw invalid(
      "Your destination account needs to have at least one of the following capabilities enabled: transfers",
      "payment_intent_data[transfer_data][destination]",
      "insufficient_capabilities_for_transfer",
    );
  }
  if (fee !== null && (fee < 0 || fee > amount || destination === null)) {
    throw invalid(
      "Can only apply an application_fee_amount, at most the amount, with a destination.",
      "payment_intent_data[application_fee_amount]",
    );
  }
  const draft = {
    application_fee_amount: fee,
    description: params.text("description"),
    metadata: params.metadata(),
    on_behalf_of: params.text("on_behalf_of"),
    statement_descriptor_suffix: params.text("statement_descriptor_suffix"),
    transfer_data: destination === null ? null : { destination },
    transfer_group: params.text("transfer_group"),
  };
  transfer.end();
  params.end();
  return draft;
}

/** Whoever looks at a session whose time is over finds it expired. */
export function expireDue(world) {
  for (const session of world.books.all("sessions")) {
    if (session.status === "open" && session.expires_at <= world.now())
      expireSession(world, session);
  }
}

export function expireSession(world, session) {
  requireOpen(session, "Only an open Checkout Session can be expired.");
  session.status = "expired";
  session.url = null;
  return world.emit("checkout.session.expired", session);
}

function requireOpen(session, message) {
  if (session.status !== "open") {
    throw invalid(`${message} This Checkout Session has a status of ${session.status}.`, "session");
  }
}

/** The buyer pays with a method that is certain at once. */
export function paySession(world, session) {
  requireOpen(session, "Only an open Checkout Session can be paid.");
  const intent = beginPayment(world, session);
  succeed(world, intent);
  complete(session, "paid");
  return world.emit("checkout.session.completed", session);
}

/** The buyer pays with a method whose outcome is known days later. */
export function payLater(world, session) {
  requireOpen(session, "Only an open Checkout Session can be paid.");
  const intent = beginPayment(world, session);
  intent.status = "processing";
  world.emit("payment_intent.processing", intent);
  complete(session, "unpaid");
  return world.emit("checkout.session.completed", session);
}

/** A card is declined; the session stays open. */
export function decline(world, session) {
  requireOpen(session, "Only an open Checkout Session can be paid.");
  failIntent(world, beginPayment(world, session));
}

/** The later outcome of a payment. */
export function settleSession(world, session, isPaid) {
  const intent = world.books.find("intents", session.payment_intent);
  if (intent?.status !== "processing") {
    throw invalid("This Checkout Session awaits no payment.", "session");
  }
  if (!isPaid) {
    failIntent(world, intent);
    return world.emit("checkout.session.async_payment_failed", session);
  }
  succeed(world, intent);
  session.payment_status = "paid";
  return world.emit("checkout.session.async_payment_succeeded", session);
}

function beginPayment(world, session) {
  const known = world.books.find("intents", session.payment_intent);
  const intent = known ?? makeIntent(world, session, world.books.drafts.get(session.id).intent);
  session.payment_intent = intent.id;
  return intent;
}

function complete(session, paymentStatus) {
  session.status = "complete";
  session.payment_status = paymentStatus;
  session.url = null;
  session.customer_details = {
    email: session.customer_email ?? "buyer@example.com",
    name: "Buyer",
  };
}
