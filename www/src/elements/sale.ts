/** One sale, as its buyer or its seller sees it: the offer, what can be done next, the receipt. */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { Requirements, Transfer, TransferStatus } from "claimcheck";
import type { CheckoutReturn } from "../router.js";
import { backend } from "../state/backend.js";
import { ofTransfer } from "../state/buying.js";
import { Watch } from "../state/cell.js";
import { currencyRules, loadCurrencies, shownPrice } from "../state/currencies.js";
import { asFailure, type Failure } from "../state/failure.js";
import { inbox, markRead, news } from "../state/inbox.js";
import { presence } from "../state/me.js";
import { names } from "../state/names.js";
import { ACCEPTABLE, PAID, UNPAID, WITH_ACCESS } from "../state/stages.js";
import { text } from "../text.js";
import { callout } from "./callout.js";
import { endNotice } from "./ended.js";
import { Light } from "./light.js";
import { saleTerms } from "./sale-terms.js";
import { statusBadge } from "./status.js";
import "./answers.js";
import "./checkout.js";
import "./delivery.js";
import "./disputes.js";
import "./provided.js";
import "./receipt.js";
import "./recourse.js";

@customElement("cc-sale")
export class SaleView extends Light {
  @property() transferId = "";
  @property() back: CheckoutReturn | undefined;
  @state() private transfer: Transfer | undefined;
  @state() private requirements: Requirements | undefined;
  /** One whose other side has left: nothing of it can be verified here. */
  @state() private orphan: Transfer | undefined;
  @state() private failure: Failure | undefined;
  #endNews = () => {};

  constructor() {
    super();
    new Watch(this, [presence, names, currencyRules]);
    loadCurrencies();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#endNews();
  }

  override render(): TemplateResult {
    const { transfer, orphan, failure } = this;
    if (orphan) return this.#orphan(orphan);
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
    news.addEventListener(transferId, this.#load);
    this.#endNews = () => news.removeEventListener(transferId, this.#load);
    this.transfer = undefined;
    this.orphan = undefined;
    this.requirements = undefined;
    void this.#load();
  }

  /** Every signature is verified before any of it is shown. */
  readonly #load = async (): Promise<void> => {
    const { transferId } = this;
    try {
      const transfer = await backend.review(transferId);
      const asks = transfer.offer.body.required_inputs.length > 0;
      const requirements = asks ? await backend.requirements(transferId) : undefined;
      if (transferId !== this.transferId) return;
      this.transfer = transfer;
      this.requirements = requirements;
      this.failure = undefined;
      await markAllRead(transferId);
    } catch (thrown) {
      const failure = asFailure(thrown);
      const orphan = failure.code === "not_found" ? await findOrphan(transferId) : undefined;
      if (transferId !== this.transferId) return;
      this.orphan = orphan;
      this.failure = failure;
      if (orphan) await markAllRead(transferId);
    }
  };

  #orphan(transfer: Transfer): TemplateResult {
    return html`
      <div class="row">
        <h1>${transfer.offer.body.title}</h1>
        ${statusBadge(transfer.status)}
      </div>
      ${callout("warning", text.sale.orphan)} ${endNotice(transfer)}
      <cc-recourse .transfer=${transfer} @sale-changed=${this.#load}></cc-recourse>
    `;
  }

  #sale(transfer: Transfer): TemplateResult {
    const isBuyer = transfer.buyer === presence.value.me.id;
    const { receipt, status } = transfer;
    return html`
      <div class="row">
        <h1>${transfer.offer.body.title}</h1>
        ${statusBadge(status)}
      </div>
      ${endNotice(transfer)}
      <section class="card">
        ${saleTerms(transfer)}
        <p class="note good">✓ ${text.sale.verified}</p>
        ${isBuyer ? nothing : sellersMoney(transfer)}
      </section>
      ${isBuyer ? this.#buying(transfer) : this.#details(status)}
      ${receipt ? html`<cc-receipt .transfer=${transfer}></cc-receipt>` : nothing}
      <cc-disputes .transfer=${transfer} @sale-changed=${this.#load}></cc-disputes>
      <cc-recourse .transfer=${transfer} @sale-changed=${this.#load}></cc-recourse>
    `;
  }

  #buying(transfer: Transfer): unknown {
    const { status, transfer_id, receipt, access_ended } = transfer;
    const asked = this.requirements?.requirements ?? [];
    const isMissing = ({ input, state }: (typeof asked)[number]) =>
      input.timing === "pre_payment" && input.required && state !== "provided";
    const hasForm =
      (ACCEPTABLE.includes(status) && asked.some(({ input }) => input.timing === "pre_payment")) ||
      status === "paid_pending_inputs";
    return html`
      ${
        hasForm && this.requirements
          ? html`<cc-answers
              .requirements=${this.requirements}
              .isPaid=${status === "paid_pending_inputs"}
              @sale-changed=${this.#load}
            ></cc-answers>`
          : nothing
      }
      ${
        UNPAID.includes(status)
          ? html`<section class="card">
              <cc-checkout
                .transfer=${transfer}
                .back=${this.back}
                .lacksDetails=${asked.some(isMissing)}
                @sale-changed=${this.#load}
              ></cc-checkout>
            </section>`
          : nothing
      }
      ${
        WITH_ACCESS.includes(status) && access_ended === null
          ? html`<cc-delivery
              .source=${ofTransfer(transfer_id)}
              .again=${receipt !== null}
              @delivered=${this.#load}
              @stopped=${this.#load}
            ></cc-delivery>`
          : nothing
      }
    `;
  }

  /** What the buyer provided, to the seller. */
  #details(status: TransferStatus): unknown {
    if (this.requirements === undefined) return nothing;
    return html`<cc-provided
      .requirements=${this.requirements}
      .isOpen=${UNPAID.includes(status) || status === "paid_pending_inputs"}
      @sale-changed=${this.#load}
    ></cc-provided>`;
  }
}

const markAllRead = (transferId: string): Promise<void> =>
  markRead(inbox.value.messages.filter(({ transfer_id }) => transfer_id === transferId));

/** The sale exists, so what was not found is the other side. */
const findOrphan = (transferId: string): Promise<Transfer | undefined> =>
  backend.transfer(transferId).catch(() => undefined);

function sellersMoney({ status, offer }: Transfer): unknown {
  if (offer.body.price === 0) return nothing;
  if (status === "invoiced") return html`<p>${text.checkout.dueSeller}</p>`;
  if (status === "payment_processing") return html`<p>${text.checkout.processingSeller}</p>`;
  if (!PAID.includes(status)) return nothing;
  return html`<p class="note good">✓ ${text.checkout.paidSeller(shownPrice(offer.body))}</p>`;
}
