/** What a buyer does next on the way to the files: accept, pay, wait. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { Transfer } from "claimcheck";
import type { CheckoutReturn } from "../router.js";
import { Watch } from "../state/cell.js";
import { accept } from "../state/checkout.js";
import { currencyRules, loadCurrencies, shownPrice } from "../state/currencies.js";
import { asFailure, type Failure } from "../state/failure.js";
import { text } from "../text.js";
import { callout } from "./callout.js";
import { Light } from "./light.js";

/** Soon after the payment the provider's word is near; after a while it may have been lost. */
const SOONEST_MS = 1000;
const LATEST_MS = 30_000;

/** Fires `sale-changed` when the sale may have moved on. */
@customElement("cc-checkout")
export class CheckoutView extends Light {
  @property({ attribute: false }) transfer!: Transfer;
  @property() back: CheckoutReturn | undefined;
  /** Whether details are missing without which nothing can be paid. */
  @property({ type: Boolean }) lacksDetails = false;
  @state() private step: "idle" | "accepting" | "leaving" = "idle";
  @state() private failure: Failure | undefined;
  #pause = SOONEST_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    new Watch(this, [currencyRules]);
    loadCurrencies();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("pageshow", this.#shownAgain);
    this.#waitForWord();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("pageshow", this.#shownAgain);
    clearTimeout(this.#timer);
  }

  override render(): TemplateResult {
    return html`
      <div class="stack">
        ${this.#standing()}
        ${this.failure ? html`<cc-failure .failure=${this.failure}></cc-failure>` : nothing}
      </div>
    `;
  }

  get #price(): string {
    return shownPrice(this.transfer.offer.body);
  }

  get #isConfirming(): boolean {
    return this.back === "success" && this.transfer.status === "invoiced";
  }

  #standing(): unknown {
    const { status, offer } = this.transfer;
    if (status === "payment_processing") return callout("neutral", text.checkout.processing);
    if (this.#isConfirming) return callout("brand", text.checkout.confirming);
    if (offer.body.expires_at * 1000 <= Date.now())
      return callout("neutral", text.checkout.expired);
    const isPriced = offer.body.price > 0;
    return html`
      ${this.back === "cancel" ? callout("warning", text.checkout.cameBack) : nothing}
      ${status === "invoiced" && this.back === undefined ? html`<p>${text.checkout.due}</p>` : nothing}
      <button
        class="wa-brand"
        ?disabled=${this.step !== "idle" || this.lacksDetails}
        @click=${this.#accept}
      >
        ${this.#label(isPriced)}
      </button>
      ${this.lacksDetails ? html`<p class="note">${text.checkout.detailsFirst}</p>` : nothing}
      ${isPriced ? html`<p class="note">${text.checkout.payLead}</p>` : nothing}
    `;
  }

  #label(isPriced: boolean): string {
    if (this.step === "leaving") return text.checkout.leaving;
    if (this.step === "accepting") return text.checkout.accepting;
    if (!isPriced) return text.checkout.accept;
    return this.transfer.status === "offered"
      ? text.checkout.pay(this.#price)
      : text.checkout.payNow(this.#price);
  }

  async #accept(): Promise<void> {
    this.step = "accepting";
    this.failure = undefined;
    try {
      const acceptance = await accept(this.transfer.transfer_id);
      this.step = acceptance === "leaving" ? "leaving" : "idle";
      if (acceptance === "accepted") this.#tell();
    } catch (thrown) {
      this.step = "idle";
      this.failure = asFailure(thrown);
      // Another tab may have gone further.
      if (this.failure.code === "wrong_state") this.#tell();
    }
  }

  /** The browser's way back from the payment page may show this page as it was left. */
  readonly #shownAgain = (event: PageTransitionEvent): void => {
    if (!event.persisted) return;
    this.step = "idle";
    this.#tell();
  };

  #waitForWord(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#isConfirming && !document.hidden) this.#tell();
      this.#pause = Math.min(this.#pause * 1.5, LATEST_MS);
      this.#waitForWord();
    }, this.#pause);
  }

  #tell(): void {
    this.dispatchEvent(new CustomEvent("sale-changed"));
  }
}
