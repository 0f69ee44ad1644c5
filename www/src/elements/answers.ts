/** The details that a seller asks of this buyer, and the form to provide them. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { Progress, RequiredInput, Requirements } from "claimcheck";
import { bytes } from "../format.js";
import { backend, onceAFrame } from "../state/backend.js";
import { whileRunning } from "../state/running.js";
import { Task } from "../state/task.js";
import { text } from "../text.js";
import {
  answerFault,
  answerField,
  answerHint,
  answerId,
  answerOf,
  type Answer,
  type Control,
} from "./answer-field.js";
import { Light } from "./light.js";

type Requirement = Requirements["requirements"][number];

/** Fires `sale-changed` once something was sent. */
@customElement("cc-answers")
export class AnswerForm extends Light {
  @property({ attribute: false }) requirements!: Requirements;
  @property({ type: Boolean }) isPaid = false;
  @state() private isInsisting = false;
  @state() private isChanging = false;
  @state() private progress: Progress | undefined;
  readonly #task = new Task(this);

  override render(): TemplateResult {
    const due = this.requirements.requirements.filter((asked) => this.#isDue(asked));
    const open = due.filter(({ state }) => this.isChanging || state !== "provided");
    const sent = due.filter(({ state }) => state === "provided");
    const { failure } = this.#task;
    return html`
      <section class="card" aria-labelledby="answers-heading">
        <h2 id="answers-heading">${text.answers.heading}</h2>
        <p>${this.isPaid ? text.answers.afterPayment : text.answers.lead}</p>
        ${this.isChanging ? nothing : this.#sent(sent)}
        ${open.length > 0 ? this.#form(open) : nothing}
        ${failure ? html`<cc-failure .failure=${failure}></cc-failure>` : nothing}
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
    const { isBusy } = this.#task;
    return html`
      <form @submit=${(event: SubmitEvent) => this.#submit(event, open)} novalidate>
        ${open.map((asked) => this.#field(asked))}
        <div>
          <button type="submit" class="wa-brand" ?disabled=${isBusy}>
            ${isBusy ? text.answers.sending : text.answers.send}
          </button>
          ${this.progress && this.progress.bytesTotal > 0 ? sent(this.progress) : nothing}
        </div>
      </form>
    `;
  }

  #field({ input, state, reason }: Requirement): TemplateResult {
    const id = answerId(input);
    const fault = this.#fault(input);
    const isBad = fault !== undefined;
    const label = input.required ? input.label : `${input.label} (${text.answers.optional})`;
    return html`
      <div>
        <label for=${id}>${label}</label>
        ${answerField(input, isBad, () => this.requestUpdate())}
        ${state === "rejected" && reason !== null ? html`<p class="note bad">${text.answers.rejected(reason)}</p>` : nothing}
        <p id="${id}-note" class=${isBad ? "note bad" : "note"} aria-live="polite">
          ${fault ?? (answerHint(input) || nothing)}
        </p>
      </div>
    `;
  }

  #control(input: RequiredInput): Control | null {
    return this.querySelector(`#${CSS.escape(answerId(input))}`);
  }

  #answer(input: RequiredInput): Answer {
    return answerOf(this.#control(input));
  }

  #fault(input: RequiredInput): string | undefined {
    return answerFault(input, this.#answer(input), this.isInsisting);
  }

  async #submit(event: SubmitEvent, open: readonly Requirement[]): Promise<void> {
    event.preventDefault();
    this.isInsisting = true;
    const bad = open.find(({ input }) => this.#fault(input) !== undefined);
    this.isInsisting = bad !== undefined;
    if (bad) return void this.#control(bad.input)?.focus();
    const given = open.flatMap(({ input }): [string, string | File][] => {
      const answer = this.#answer(input);
      return answer === undefined ? [] : [[input.id, answer]];
    });
    if (given.length === 0) return;
    const isSent = await this.#task.run(() => this.#send(Object.fromEntries(given)));
    this.progress = undefined;
    if (!isSent) return;
    this.isChanging = false;
    this.dispatchEvent(new CustomEvent("sale-changed"));
  }

  async #send(answers: Readonly<Record<string, string | File>>): Promise<void> {
    const { transfer_id } = this.requirements;
    const show = onceAFrame((progress) => (this.progress = progress));
    this.requirements = await whileRunning(() => backend.submitInputs(transfer_id, answers, show));
  }
}

const sent = ({ bytesDone, bytesTotal }: Progress): TemplateResult => html`
  <progress max=${bytesTotal} .value=${bytesDone} aria-label=${text.answers.sending}></progress>
  <span class="quiet">${text.transfer.of(bytes(bytesDone), bytes(bytesTotal))}</span>
`;
