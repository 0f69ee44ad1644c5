/** What an offer says, to whoever sells or buys. */
import { html, type TemplateResult } from "lit";
import type { Policy, RequiredInput, Transfer } from "claimcheck";
import { moment, person, short, span } from "../format.js";
import { shownPrice } from "../state/currencies.js";
import { presence } from "../state/me.js";
import { nameOf } from "../state/names.js";
import { text } from "../text.js";
import { facts } from "./facts.js";

export function saleTerms(transfer: Transfer): TemplateResult {
  const { offer, offer_hash, seller, buyer, access_ends_at } = transfer;
  const { policy, expires_at, required_inputs } = offer.body;
  const isBuyer = buyer === presence.value.me.id;
  return facts([
    [text.sale.seller, shownPerson(seller)],
    [text.sale.buyer, shownPerson(buyer)],
    [text.sale.price, shownPrice(offer.body)],
    ...policyTerms(policy, access_ends_at),
    [isBuyer ? text.terms.asked : text.terms.asksBuyer, asked(required_inputs, offer.body.price)],
    [text.sale.expires, access_ends_at === null ? moment(expires_at) : undefined],
    [text.sale.offerHash, html`<code title=${offer_hash}>${short(offer_hash)}</code>`],
  ]);
}

/** `endsAt`: Unix seconds at which access ends, once that is known. */
export function policyTerms(policy: Policy, endsAt: number | null): [string, unknown][] {
  const { max_downloads, retention_seconds, revoke_on_expiry } = policy;
  const access =
    endsAt === null
      ? text.terms.accessValue(span(retention_seconds), revoke_on_expiry)
      : text.terms.until(moment(endsAt));
  return [
    [text.sale.downloads, text.terms.downloadsValue(max_downloads)],
    [text.sale.retention, access],
    [text.terms.recipient, policy.single_recipient ? text.terms.onlyBuyer : undefined],
    [text.terms.check, policy.content_check_required ? text.terms.checkFirst : undefined],
  ];
}

/** What the buyer has to provide, and when. */
export function asked(inputs: readonly RequiredInput[], price: number): unknown {
  if (inputs.length === 0) return undefined;
  const line = ({ label, timing, required }: RequiredInput) => {
    const named = required ? label : text.terms.optional(label);
    if (price === 0) return named;
    return timing === "pre_payment" ? text.terms.askedBefore(named) : text.terms.askedAfter(named);
  };
  return inputs.map((input) => html`<span class="line">${line(input)}</span>`);
}

function shownPerson(id: string): unknown {
  return id === presence.value.me.id
    ? text.sale.you
    : html`<span title=${id}>${person(nameOf(id), id)}</span>`;
}
