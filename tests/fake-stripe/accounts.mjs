// Connected accounts, and the links under which their owners onboard.
import { invalid } from "./errors.mjs";

const LINK_SECONDS = 300;

/** @param {import("./server.mjs").World} world @param {import("./form.mjs").Params} params */
export function createAccount(world, params) {
  const type = params.oneOf("type", ["standard", "express", "custom"]);
  const capabilities = readCapabilities(params.inside("capabilities"));
  const draft = {
    object: "account",
    business_type: params.text("business_type"),
    capabilities,
    charges_enabled: false,
    country: params.text("country") ?? "US",
    created: world.now(),
    default_currency: "usd",
    details_submitted: false,
    email: params.text("email"),
    metadata: params.metadata(),
    payouts_enabled: false,
    requirements: { currently_due: ["external_account"], disabled_reason: "requirements.past_due" },
    type: type ?? "standard",
  };
  for (const name of ["controller", "business_profile", "settings"]) params.has(name);
  params.end();
  return world.books.add("accounts", draft);
}

function readCapabilities(params) {
  const names = ["card_payments", "transfers"].filter((name) => params.has(name));
  names.forEach((name) => params.inside(name).flag("requested"));
  params.end();
  return Object.fromEntries(names.map((name) => [name, "inactive"]));
}

/** @param {import("./server.mjs").World} world @param {import("./form.mjs").Params} params */
export function createAccountLink(world, params) {
  const account = world.books.load("accounts", params.requiredText("account"));
  const [refresh, back] = [params.requiredText("refresh_url"), params.requiredText("return_url")];
  params.requiredText("type");
  params.oneOf("type", ["account_onboarding", "account_update"]);
  params.has("collection_options");
  params.end();
  for (const url of [refresh, back])
    if (!URL.canParse(url)) throw invalid("Not a valid URL", "return_url", "url_invalid");
  const page = new URL(`/setup/${account.id}`, world.url);
  page.searchParams.set("return_url", back);
  return {
    object: "account_link",
    created: world.now(),
    expires_at: world.now() + LINK_SECONDS,
    url: page.href,
  };
}

/** Stripe wants to know more, and lets nobody pay the account until then. */
export function restrict(world, account) {
  const previous = { charges_enabled: account.charges_enabled };
  account.charges_enabled = false;
  account.requirements = {
    currently_due: ["individual.verification.document"],
    disabled_reason: "requirements.past_due",
  };
  return world.emit("account.updated", account, { previous, account: account.id });
}

/** The owner has given all that Stripe asked for. */
export function onboard(world, account) {
  const previous = {
    charges_enabled: account.charges_enabled,
    payouts_enabled: account.payouts_enabled,
  };
  Object.assign(account, { charges_enabled: true, details_submitted: true, payouts_enabled: true });
  for (const name of Object.keys(account.capabilities)) account.capabilities[name] = "active";
  account.requirements = { currently_due: [], disabled_reason: null };
  return world.emit("account.updated", account, { previous, account: account.id });
}
