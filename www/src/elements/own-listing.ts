/** A listing of one's own: its link, its QR code, how many are left, and a button that closes it. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { OwnListing } from "claimcheck";
import { moment } from "../format.js";
import { backend } from "../state/backend.js";
import { Watch } from "../state/cell.js";
import { currencyRules, loadCurrencies, shownPrice } from "../state/currencies.js";
import { refreshSales } from "../state/sales.js";
import { Task } from "../state/task.js";
import { text } from "../text.js";
import { Light } from "./light.js";
import "./copy-id.js";
import "./qr.js";

const STATES = {
  open: { label: text.listing.open, variant: "success" },
  closed: { label: text.listing.closed, variant: "neutral" },
  sold_out: { label: text.listing.soldOut, variant: "warning" },
} as const;

@customElement("cc-own-listing")
export class OwnListingView extends Light {
  @property({ attribute: false }) listing!: OwnListing;
  @state() private isQrShown = false;
  readonly #task = new Task(this);

  constructor() {
    super();
    new Watch(this, [currencyRules]);
    loadCurrencies();
  }

  override render(): TemplateResult {
    const { url, state, stock, left, offer } = this.listing;
    const { label, variant } = STATES[state];
    return html`
      <div class="stack">
        <div class="row">
          <strong>${text.listing.link}</strong>
          <wa-badge variant=${variant} appearance="filled" data-listing=${state}>${label}</wa-badge>
        </div>
        <p class="quiet figures">
          <span>${shownPrice(offer.body)}</span>
          ${stock === null || left === null ? nothing : html`<span>${text.listing.left(left, stock)}</span>`}
          ${state === "open" ? html`<span>${text.listing.until(moment(offer.body.expires_at))}</span>` : nothing}
        </p>
        ${state === "closed" ? nothing : this.#link(url)}
        ${this.#task.failure ? html`<cc-failure .failure=${this.#task.failure}></cc-failure>` : nothing}
      </div>
    `;
  }

  #link(url: string): TemplateResult {
    return html`
      <cc-copy-id .value=${url}></cc-copy-id>
      ${this.isQrShown ? html`<cc-qr .value=${url} .label=${text.listing.qr}></cc-qr>` : nothing}
      <div class="row start">
        <button
          class="small wa-outlined"
          aria-expanded=${this.isQrShown ? "true" : "false"}
          @click=${() => (this.isQrShown = !this.isQrShown)}
        >
          ${this.isQrShown ? text.listing.hideQr : text.listing.showQr}
        </button>
        <button class="small wa-outlined" ?disabled=${this.#task.isBusy} @click=${this.#close}>
          ${text.listing.close}
        </button>
      </div>
    `;
  }

  async #close(): Promise<void> {
    await this.#task.run(async () => {
      this.listing = await backend.closeListing(this.listing.listing_id);
    });
    await refreshSales();
  }
}
