/** The details that a seller asks of this buyer, and the form to provide them. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { Requirements } from "claimcheck";
import { backend } from "../state/backend.js";
import { asFailure, type Failure } from "../state/failure.js";
import { text } from "../text.js";
import { Light } from "./light.js";

type Requirement = Requirements["requirements"][number];

/** Characters, where the offer names no limit: what the protocol takes. */
const USUAL_LENGTH = { text: 1000, textarea: 10_000, url: 2048, file: 0 } as const;

/** Fires `sale-changed` once something was sent. */
@customElement("cc-answers")
export class AnswerForm extends Light {
  @property({ attribute: false }) requirements!: Requirements;
  @property({ type: Boolean }) isPaid = false;
  @state() private isBusy = false;
  @state() private isInsisting = false;
  @state() private isChanging = false;
  @state() private failure: Failure | undefined;

  override render(): TemplateResult {
    const due = this.requirements.requirements.filter((asked) => this.#isDue(asked));
    const open = due.filter(({ state }) => this.isChanging || state !== "provided");
    const sent = due.filter(({ state }) => state === "provided");
    return html`
      <section class="card" aria-labelledby="answers-heading">
        <h2 id="answers-heading">${text.answers.heading}</h2>
        <p>${this.isPaid ? text.answers.afterPayment : text.answers.lead}</p>
        ${this.isChanging ? nothing : this.#sent(sent)}
        ${open.length > 0 ? this.#form(open) : nothing}
        ${this.failure ? html`<cc-failure .failure=${this.failure}></cc-failure>` : nothing}
      </section>
    `;
  }

  #isDue({ input, state }: Requirement): boolean {
    if (this.isPaid) return input.timing === "post_payment_pre_grant" || state === "rejected";
    return input.timing === "pre_payment";
  }

  #sent(sent: readonly Requirement[]): unknown {
    if (sent.length === 0) return nothing;
    return html`
      <ul class="rows">
        ${sent.map(({ input }) => html`<li>✓ ${text.answers.sent(input.label)}</li>`)}
      </ul>
      <button class="small wa-outlined" @click=${() => (this.isChanging = true)}>
        ${text.answers.change}
      </button>
    `;
  }

  #form(open: readonly Requirement[]): TemplateResult {
    return html`
      <form @submit=${(event: SubmitEvent) => this.#submit(event, open)} novalidate>
        ${open.map((asked) => this.#field(asked))}
        <div>
          <button type="submit" class="wa-brand" ?disabled=${this.isBusy}>
            ${this.isBusy ? text.answers.sending : text.answers.send}
          </button>
        </div>
      </form>
    `;
  }

  #field({ input, state, reason }: Requirement): TemplateResult {
    const id = `answer-${input.id}`;
    const isBad = this.isInsisting && input.required && this.#valueOf(input.id) === "";
    const label = input.required ? input.label : `${input.label} (${text.answers.optional})`;
    const most = input.constraints?.max_len ?? USUAL_LENGTH[input.type];
    const note = html`
      ${state === "rejected" && reason !== null ? html`<p class="note bad">${text.answers.rejected(reason)}</p>` : nothing}
      <p id="${id}-note" class=${isBad ? "note bad" : "note"} aria-live="polite">
        ${isBad ? text.answers.missing : (input.description ?? nothing)}
      </p>
    `;
    const control =
      input.type === "textarea"
        ? html`<textarea
            id=${id}
            rows="4"
            maxlength=${most}
            aria-describedby="${id}-note"
            aria-invalid=${isBad ? "true" : nothing}
            @input=${() => this.requestUpdate()}
          ></textarea>`
        : html`<input
            id=${id}
            type=${input.type === "url" ? "url" : "text"}
            placeholder=${input.type === "url" ? "https://" : nothing}
            maxlength=${most}
            autocomplete="off"
            aria-describedby="${id}-note"
            aria-invalid=${isBad ? "true" : nothing}
            @input=${() => this.requestUpdate()}
          />`;
    return html`<div><label for=${id}>${label}</label>${control} ${note}</div>`;
  }

  #control(id: string): HTMLInputElement | HTMLTextAreaElement | null {
    return this.querySelector(`#answer-${CSS.escape(id)}`);
  }

  #valueOf(id: string): string {
    return this.#control(id)?.value.trim() ?? "";
  }

  async #submit(event: SubmitEvent, open: readonly Requirement[]): Promise<void> {
    event.preventDefault();
    const lacking = open.find(({ input }) => input.required && this.#valueOf(input.id) === "");
    this.isInsisting = lacking !== undefined;
    if (lacking) return void this.#control(lacking.input.id)?.focus();
    const given = open
      .map(({ input }) => [input.id, this.#valueOf(input.id)] as const)
      .filter(([, value]) => value !== "");
    if (given.length === 0) return;
    this.isBusy = true;
    this.failure = undefined;
    try {
      const { transfer_id } = this.requirements;
      this.requirements = await backend.submitInputs(transfer_id, Object.fromEntries(given));
      this.isChanging = false;
      this.dispatchEvent(new CustomEvent("sale-changed"));
    } catch (thrown) {
      this.failure = asFailure(thrown);
    } finally {
      this.isBusy = false;
    }
  }
}
