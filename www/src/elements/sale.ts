/** One sale, as its buyer or its seller sees it: the offer, what can be done next, the receipt. */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { Transfer } from "claimcheck";
import { moment, person, short, span } from "../format.js";
import { backend } from "../state/backend.js";
import { Watch } from "../state/cell.js";
import { asFailure, type Failure } from "../state/failure.js";
import { inbox, markRead, news } from "../state/inbox.js";
import { presence } from "../state/me.js";
import { nameOf, names } from "../state/names.js";
import { text } from "../text.js";
import { facts } from "./facts.js";
import { Light } from "./light.js";
import { statusBadge } from "./status.js";
import "./delivery.js";
import "./receipt.js";

/** A buyer may download in these, as long as access lasts. */
const WITH_ACCESS: readonly string[] = ["delivered", "acknowledged"];

@customElement("cc-sale")
export class SaleView extends Light {
  @property() transferId = "";
  @state() private transfer: Transfer | undefined;
  @state() private failure: Failure | undefined;
  @state() private isAccepting = false;
  #endNews = () => {};

  constructor() {
    super();
    new Watch(this, [presence, names]);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#endNews();
  }

  override render(): TemplateResult {
    const { transfer, failure } = this;
    return html`
      ${transfer ? this.#sale(transfer) : nothing}
      ${failure ? html`<cc-failure .failure=${failure}></cc-failure>` : nothing}
      ${transfer || failure ? nothing : html`<p class="quiet" role="status">${text.app.loading}</p>`}
    `;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("transferId")) return;
    this.#endNews();
    const { transferId } = this;
    const load = () => void this.#load();
    news.addEventListener(transferId, load);
    this.#endNews = () => news.removeEventListener(transferId, load);
    this.transfer = undefined;
    load();
  }

  /** Every signature is verified before any of it is shown. */
  async #load(): Promise<void> {
    const { transferId } = this;
    try {
      const transfer = await backend.review(transferId);
      if (transferId !== this.transferId) return;
      this.transfer = transfer;
      this.failure = undefined;
      await markRead(inbox.value.messages.filter(({ transfer_id }) => transfer_id === transferId));
    } catch (thrown) {
      this.failure = asFailure(thrown);
    }
  }

  #sale(transfer: Transfer): TemplateResult {
    const isBuyer = transfer.buyer === presence.value.me.id;
    const { receipt, status } = transfer;
    return html`
      <div class="row">
        <h1>${transfer.offer.body.title}</h1>
        ${statusBadge(status)}
      </div>
      <section class="card">
        ${this.#terms(transfer)}
        <p class="note good">✓ ${text.sale.verified}</p>
        ${isBuyer && status === "offered" ? this.#acceptButton() : nothing}
      </section>
      ${
        isBuyer && WITH_ACCESS.includes(status) && transfer.access_ended === null
          ? html`
              <cc-delivery
                .transferId=${transfer.transfer_id}
                .again=${receipt !== null}
                @delivered=${this.#load}
              ></cc-delivery>
            `
          : nothing
      }
      ${receipt ? html`<cc-receipt .transfer=${transfer}></cc-receipt>` : nothing}
    `;
  }

  #terms({ offer, offer_hash, seller, buyer, access_ends_at }: Transfer): TemplateResult {
    const { policy, price, currency, expires_at } = offer.body;
    return facts([
      [text.sale.seller, this.#person(seller)],
      [text.sale.buyer, this.#person(buyer)],
      [text.sale.price, price === 0 ? text.sell.free : `${price} ${currency}`],
      [text.sale.downloads, text.sale.downloadsValue(policy.max_downloads)],
      [
        text.sale.retention,
        access_ends_at === null
          ? text.sale.retentionValue(span(policy.retention_seconds))
          : text.sale.until(moment(access_ends_at)),
      ],
      [text.sale.expires, access_ends_at === null ? moment(expires_at) : undefined],
      [text.sale.offerHash, html`<code title=${offer_hash}>${short(offer_hash)}</code>`],
    ]);
  }

  #person(id: string): unknown {
    return id === presence.value.me.id
      ? text.sale.you
      : html`<span title=${id}>${person(nameOf(id), id)}</span>`;
  }

  #acceptButton(): TemplateResult {
    return html`
      <button class="wa-brand" ?disabled=${this.isAccepting} @click=${this.#accept}>
        ${this.isAccepting ? text.sale.accepting : text.sale.accept}
      </button>
    `;
  }

  async #accept(): Promise<void> {
    this.isAccepting = true;
    this.failure = undefined;
    try {
      await backend.accept(this.transferId);
      await this.#load();
    } catch (thrown) {
      this.failure = asFailure(thrown);
    } finally {
      this.isAccepting = false;
    }
  }
}
