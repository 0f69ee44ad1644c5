/** What a link sells, to somebody whom the seller need not know: look, buy, pay. */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { Listing } from "claimcheck";
import { bytes, moment, person } from "../format.js";
import { fragmentOf } from "../fragment.js";
import { goTo, salePath } from "../router.js";
import { backend } from "../state/backend.js";
import { Watch } from "../state/cell.js";
import { accept } from "../state/checkout.js";
import { currencyRules, loadCurrencies, shownPrice } from "../state/currencies.js";
import { asFailure, type Failure } from "../state/failure.js";
import { presence } from "../state/me.js";
import { nameOf, names } from "../state/names.js";
import { ACCEPTABLE } from "../state/stages.js";
import { Task } from "../state/task.js";
import { text } from "../text.js";
import { callout } from "./callout.js";
import { notOpened } from "./dead-link.js";
import { facts } from "./facts.js";
import { Light } from "./light.js";
import { asked, policyTerms } from "./sale-terms.js";

interface Shown {
  readonly url: string;
  readonly listing: Listing;
}

@customElement("cc-listing")
export class ListingView extends Light {
  @property() path = "";
  @state() private shown: Shown | undefined;
  @state() private isIncomplete = false;
  @state() private failure: Failure | undefined;
  readonly #task = new Task(this);

  constructor() {
    super();
    new Watch(this, [currencyRules, names, presence]);
    loadCurrencies();
  }

  override render(): TemplateResult {
    const { shown, failure } = this;
    if (this.isIncomplete) return callout("warning", text.link.incomplete, "alert");
    if (failure) return notOpened(failure);
    return shown === undefined
      ? html`<p class="quiet" role="status">${text.app.loading}</p>`
      : this.#offer(shown);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("path")) void this.#load();
  }

  /** The secret is in this browser's storage before the server is asked for anything about it. */
  async #load(): Promise<void> {
    const { path } = this;
    try {
      const url = await backend.linkTo(path, fragmentOf(path));
      this.isIncomplete = url === undefined;
      if (url === undefined) return;
      const listing = await backend.listing(url);
      if (path === this.path) this.shown = { url, listing };
    } catch (thrown) {
      this.failure = asFailure(thrown);
    }
  }

  #offer(shown: Shown): TemplateResult {
    const { offer, state } = shown.listing;
    const isOwn = offer.body.seller === presence.value.me.id;
    return html`
      <h1>${offer.body.title}</h1>
      <section class="card">
        ${terms(shown.listing)}
        <p class="note good">✓ ${text.listing.verified}</p>
      </section>
      <section class="card">
        ${state === "sold_out" ? callout("warning", text.listing.soldOutLead) : nothing}
        ${state === "closed" ? callout("warning", text.listing.closedLead) : nothing}
        ${isOwn ? html`<p>${text.listing.own}</p>` : nothing}
        ${state === "open" && !isOwn ? this.#action(shown) : nothing}
        ${this.#task.failure ? html`<cc-failure .failure=${this.#task.failure}></cc-failure>` : nothing}
      </section>
    `;
  }

  #action(shown: Shown): TemplateResult {
    const { body } = shown.listing.offer;
    const label = body.price === 0 ? text.listing.get : text.listing.buy(shownPrice(body));
    return html`
      <button
        class="wa-brand"
        ?disabled=${this.#task.isBusy || presence.value.standing !== "ready"}
        @click=${() => this.#task.run(() => buy(shown))}
      >
        ${this.#task.isBusy ? text.listing.buying : label}
      </button>
      ${body.price > 0 ? html`<p class="note">${text.listing.payLead}</p>` : nothing}
      ${hasEarlyInputs(shown.listing) ? html`<p class="note">${text.listing.detailsLead}</p>` : nothing}
      <p class="note">${text.listing.keys} <a href="/you">${text.app.you}</a>.</p>
    `;
  }
}

/** The sale is on the server, with the secret sealed to this buyer, before the browser leaves for the payment. */
async function buy({ url, listing }: Shown): Promise<void> {
  const { transfer_id, status } = await backend.buy(url, listing.offer_hash);
  // A purchase that was begun and left unpaid goes on.
  const isNext = ACCEPTABLE.includes(status) && !hasEarlyInputs(listing);
  if (isNext && (await accept(transfer_id)) === "leaving") return;
  goTo(salePath(transfer_id));
}

const hasEarlyInputs = ({ offer }: Listing): boolean =>
  offer.body.required_inputs.some(({ timing }) => timing === "pre_payment");

function terms({ offer, files, plaintext_size, stock, left }: Listing): TemplateResult {
  const { seller, policy, required_inputs, expires_at } = offer.body;
  return facts([
    [text.listing.by, html`<span title=${seller}>${person(nameOf(seller), seller)}</span>`],
    [text.sale.price, shownPrice(offer.body)],
    [text.listing.size, text.listing.sizeValue(files, bytes(plaintext_size))],
    [
      text.listing.copies,
      stock === null || left === null ? undefined : text.listing.left(left, stock),
    ],
    ...policyTerms(policy, null),
    [text.terms.asked, asked(required_inputs, offer.body.price)],
    [text.listing.ends, moment(expires_at)],
  ]);
}
