/** What either side can undo, and the packet that proves the sale. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { CurrencyRule, Transfer } from "claimcheck";
import { formatPrice, readPart } from "../money.js";
import { saveBlob } from "../save.js";
import { backend } from "../state/backend.js";
import { Watch } from "../state/cell.js";
import { currencyRules } from "../state/currencies.js";
import { presence } from "../state/me.js";
import { CONTESTABLE, RUNNING, UNPAID } from "../state/stages.js";
import { Task } from "../state/task.js";
import { text } from "../text.js";
import { Light } from "./light.js";

/** Fires `sale-changed` once something was done. */
@customElement("cc-recourse")
export class RecourseView extends Light {
  @property({ attribute: false }) transfer!: Transfer;
  @state() private isPart = false;
  @state() private isBadPart = false;
  readonly #task = new Task(this);
  /** The same until it is known to have been made, however often the button is pressed. */
  #refundId = crypto.randomUUID();

  constructor() {
    super();
    new Watch(this, [currencyRules, presence]);
  }

  override render(): TemplateResult {
    const { transfer } = this;
    const { status, seller, offer } = transfer;
    const isSeller = seller === presence.value.me.id;
    const isPaid = offer.body.price > 0 && CONTESTABLE.includes(status);
    return html`
      <section class="card" aria-labelledby="recourse-heading">
        <h2 id="recourse-heading">${text.recourse.heading}</h2>
        ${UNPAID.includes(status) ? this.#cancel(isSeller) : nothing}
        ${isSeller && isPaid ? this.#refund() : nothing}
        ${isSeller && RUNNING.includes(status) ? this.#revoke() : nothing}
        ${status === "offered" ? nothing : this.#packet()}
        ${this.#task.failure ? html`<cc-failure .failure=${this.#task.failure}></cc-failure>` : nothing}
      </section>
    `;
  }

  #cancel(isSeller: boolean): TemplateResult {
    const { transfer_id } = this.transfer;
    return html`
      <div>
        <button
          class="small wa-outlined"
          ?disabled=${this.#task.isBusy}
          @click=${() => this.#do(() => backend.cancelSale(transfer_id))}
        >
          ${isSeller ? text.recourse.cancelSeller : text.recourse.cancelBuyer}
        </button>
        <p class="note">${text.recourse.cancelHint}</p>
      </div>
    `;
  }

  get #rule(): CurrencyRule | undefined {
    return currencyRules.value.get(this.transfer.offer.body.currency);
  }

  /** Minor units that are still the seller's. */
  get #left(): number {
    return this.transfer.offer.body.price - (this.transfer.refund?.refunded ?? 0);
  }

  #refund(): TemplateResult {
    const choice = (isPart: boolean, label: string) => html`
      <label class="check"
        ><input
          type="radio"
          name="refund"
          .checked=${this.isPart === isPart}
          @change=${() => (this.isPart = isPart)}
        />${label}</label
      >
    `;
    return html`
      <details>
        <summary>${text.recourse.refund}</summary>
        <form @submit=${this.#submitRefund} novalidate>
          ${choice(false, text.recourse.refundAll)} ${choice(true, text.recourse.refundPart)}
          ${this.isPart ? this.#part() : nothing}
          <div>
            <button type="submit" class="small wa-outlined" ?disabled=${this.#task.isBusy}>
              ${text.recourse.refundButton}
            </button>
          </div>
        </form>
      </details>
    `;
  }

  #part(): TemplateResult {
    const rule = this.#rule;
    return html`
      <div>
        <label for="refund-amount"
          >${text.recourse.refundAmount(this.transfer.offer.body.currency.toUpperCase())}</label
        >
        <input
          id="refund-amount"
          inputmode="decimal"
          autocomplete="off"
          aria-describedby="refund-note"
          aria-invalid=${this.isBadPart ? "true" : nothing}
        />
        <p id="refund-note" class="note bad" aria-live="polite">
          ${this.isBadPart && rule ? text.recourse.refundInvalid(formatPrice(this.#left, rule)) : nothing}
        </p>
      </div>
    `;
  }

  #revoke(): TemplateResult {
    const { transfer_id } = this.transfer;
    return html`
      <div>
        <button
          class="small wa-outlined"
          ?disabled=${this.#task.isBusy}
          @click=${() => this.#do(() => backend.revoke(transfer_id))}
        >
          ${text.recourse.revoke}
        </button>
        <p class="note">${text.recourse.revokeHint}</p>
      </div>
    `;
  }

  #packet(): TemplateResult {
    return html`
      <div>
        <div class="row start">
          <button
            class="small wa-outlined"
            ?disabled=${this.#task.isBusy}
            @click=${() => this.#task.run(() => this.#savePacket())}
          >
            ${text.recourse.packet}
          </button>
          <a href="/verify">${text.recourse.packetVerify}</a>
        </div>
        <p class="note">${text.recourse.packetHint}</p>
      </div>
    `;
  }

  async #savePacket(): Promise<void> {
    const { transfer_id } = this.transfer;
    const packet = await backend.packet(transfer_id);
    saveBlob(
      new Blob([new Uint8Array(packet)], { type: "application/json" }),
      text.recourse.packetName(transfer_id),
    );
  }

  async #submitRefund(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const { transfer_id } = this.transfer;
    if (!this.isPart) return this.#do(() => backend.refund(transfer_id));
    const typed = this.querySelector<HTMLInputElement>("#refund-amount")?.value ?? "";
    const amount = this.#rule && readPart(typed, this.#rule, this.#left);
    this.isBadPart = amount === undefined;
    if (amount === undefined) return;
    const refundId = this.#refundId;
    await this.#do(() => backend.refund(transfer_id, { amount, refundId }));
    if (this.#task.failure === undefined) this.#refundId = crypto.randomUUID();
  }

  async #do(work: () => Promise<unknown>): Promise<void> {
    // A refusal may tell that the sale went on in the meantime.
    await this.#task.run(work);
    this.dispatchEvent(new CustomEvent("sale-changed"));
  }
}
