/** The disputes of a sale: the buyer opens one, the seller answers, both see where it stands. */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import type { DisputeKind, Disputes, Transfer } from "claimcheck";
import { moment } from "../format.js";
import { backend } from "../state/backend.js";
import { presence } from "../state/me.js";
import { CONTESTABLE, UNPAID } from "../state/stages.js";
import { Task } from "../state/task.js";
import { text } from "../text.js";
import { Light } from "./light.js";

const KINDS: readonly DisputeKind[] = ["content", "delivery", "other"];
/** Far below what the protocol takes. */
const MAX_WORDS = 20_000;

type Dispute = Disputes["disputes"][number];

/** Fires `sale-changed` once something was said. */
@customElement("cc-disputes")
export class DisputesView extends Light {
  @property({ attribute: false }) transfer!: Transfer;
  @state() private found: Disputes | undefined;
  @state() private lacksWords = false;
  @query("#dispute-kind") private readonly kind!: HTMLSelectElement;
  @query("#dispute-enclose") private readonly enclose!: HTMLInputElement | null;
  readonly #task = new Task(this);

  override render(): unknown {
    const { transfer, found } = this;
    const isBuyer = transfer.buyer === presence.value.me.id;
    const list = found?.disputes ?? [];
    const hasOpen = list.some(({ state }) => state === "open");
    const canOpen = isBuyer && !hasOpen && CONTESTABLE.includes(transfer.status);
    const { failure } = this.#task;
    if (found === undefined || (list.length === 0 && !canOpen))
      return failure ? html`<cc-failure .failure=${failure}></cc-failure>` : nothing;
    return html`
      <section class="card" aria-labelledby="disputes-heading">
        <h2 id="disputes-heading">${text.disputes.heading}</h2>
        <ul class="rows">
          ${list.map((dispute, index) => this.#dispute(dispute, index + 1, isBuyer))}
        </ul>
        ${canOpen ? this.#form() : nothing}
        ${failure ? html`<cc-failure .failure=${failure}></cc-failure>` : nothing}
      </section>
    `;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    // Before the payment there is none.
    if (changed.has("transfer") && !UNPAID.includes(this.transfer.status)) void this.#load();
  }

  async #load(): Promise<void> {
    const { transfer_id } = this.transfer;
    await this.#task.run(async () => (this.found = await backend.disputes(transfer_id)));
  }

  #dispute(dispute: Dispute, number: number, isBuyer: boolean): TemplateResult {
    const { state, answer_due_at } = dispute;
    const isOpen = state === "open";
    return html`
      <li class="stack" data-dispute=${typeof state === "string" ? state : state.closed}>
        <p><strong>${text.disputes.kindOf(number)}:</strong> ${stateOf(dispute)}</p>
        ${
          isOpen
            ? html`<p class="note">
                ${answer_due_at === null ? text.disputes.answered : text.disputes.answerDue(moment(answer_due_at))}
              </p>`
            : nothing
        }
        ${isOpen && isBuyer ? this.#withdraw(dispute) : nothing}
        ${isOpen && !isBuyer && answer_due_at !== null ? this.#answer(dispute) : nothing}
      </li>
    `;
  }

  #withdraw({ dispute_id }: Dispute): TemplateResult {
    const { transfer_id } = this.transfer;
    return html`<button
      class="small wa-outlined"
      ?disabled=${this.#task.isBusy}
      @click=${() => this.#say(() => backend.withdrawDispute(transfer_id, dispute_id))}
    >
      ${text.disputes.withdraw}
    </button>`;
  }

  #answer({ dispute_id }: Dispute): TemplateResult {
    const { transfer_id } = this.transfer;
    const submit = (event: SubmitEvent) => {
      event.preventDefault();
      void this.#say(() => backend.answerDispute(transfer_id, dispute_id, this.#evidence()));
    };
    return html`
      <form @submit=${submit} novalidate>
        ${this.#words(text.disputes.answer)}
        <div>
          <button type="submit" class="wa-brand" ?disabled=${this.#task.isBusy}>
            ${text.disputes.answerButton}
          </button>
        </div>
      </form>
    `;
  }

  #form(): TemplateResult {
    return html`
      <details>
        <summary>${text.disputes.open}</summary>
        <form @submit=${this.#open} novalidate>
          <p>${text.disputes.lead}</p>
          <div>
            <label for="dispute-kind">${text.disputes.kind}</label>
            <select id="dispute-kind">
              ${KINDS.map((kind) => html`<option value=${kind}>${text.disputes.kinds[kind]}</option>`)}
            </select>
          </div>
          ${this.#words(text.disputes.words)}
          ${
            this.found?.arbiter && this.transfer.envelope
              ? html`<label class="check"
                  ><input
                    type="checkbox"
                    id="dispute-enclose"
                    checked
                  />${text.disputes.enclose}</label
                >`
              : nothing
          }
          <div>
            <button type="submit" class="wa-outlined" ?disabled=${this.#task.isBusy}>
              ${text.disputes.submit}
            </button>
          </div>
        </form>
      </details>
    `;
  }

  #words(label: string): TemplateResult {
    if (!this.found?.arbiter) return html`<p class="note">${text.disputes.noArbiter}</p>`;
    return html`
      <div>
        <label for="dispute-words">${label}</label>
        <textarea
          id="dispute-words"
          rows="4"
          maxlength=${MAX_WORDS}
          aria-describedby="dispute-words-note"
          aria-invalid=${this.lacksWords ? "true" : nothing}
        ></textarea>
        <p
          id="dispute-words-note"
          class=${this.lacksWords ? "note bad" : "note"}
          aria-live="polite"
        >
          ${this.lacksWords ? text.disputes.missing : text.disputes.sealed}
        </p>
      </div>
    `;
  }

  /** Nothing where there is nobody to read it. */
  #evidence(): { text: string; encloseKey: boolean } | undefined {
    const words = this.querySelector<HTMLTextAreaElement>("#dispute-words");
    if (words === null) return undefined;
    return { text: words.value.trim(), encloseKey: this.enclose?.checked ?? false };
  }

  async #open(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const evidence = this.#evidence();
    this.lacksWords = evidence?.text === "";
    if (this.lacksWords) return this.querySelector<HTMLElement>("#dispute-words")?.focus();
    const kind = this.kind.value as DisputeKind;
    const { transfer_id } = this.transfer;
    // The key is of use only where the files are in dispute.
    const encloseKey = kind === "content" && (evidence?.encloseKey ?? false);
    const request = evidence ? { kind, evidence: { ...evidence, encloseKey } } : { kind };
    await this.#say(() => backend.openDispute(transfer_id, request));
  }

  async #say(work: () => Promise<Disputes>): Promise<void> {
    await this.#task.run(async () => (this.found = await work()));
    this.dispatchEvent(new CustomEvent("sale-changed"));
  }
}

function stateOf({ state }: Dispute): string {
  const name = typeof state === "string" ? state : state.closed;
  return text.disputes.states[name] ?? name;
}
