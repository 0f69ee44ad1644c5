/** The details that the buyer provided, as their seller reads them; one can be sent back. */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { DownloadedFile, OfferedFile, OpenedInput, Requirements } from "claimcheck";
import { baseName, bytes, moment } from "../format.js";
import { saveBlob } from "../save.js";
import { backend } from "../state/backend.js";
import { asFailure, type Failure } from "../state/failure.js";
import { whileRunning } from "../state/running.js";
import { Task } from "../state/task.js";
import { text } from "../text.js";
import { Light } from "./light.js";
import { mistyped } from "./mistyped.js";

type Requirement = Requirements["requirements"][number];

/** What the server takes. */
const MAX_REASON = 160;

/** Fires `sale-changed` once something was sent back. */
@customElement("cc-provided")
export class ProvidedView extends Light {
  @property({ attribute: false }) requirements!: Requirements;
  /** Whether the sale still waits for details, so that one can be sent back. */
  @property({ type: Boolean }) isOpen = false;
  @state() private opened: readonly OpenedInput[] = [];
  @state() private failure: Failure | undefined;
  /** By their inputs. */
  @state() private saved: ReadonlyMap<string, readonly DownloadedFile[]> = new Map();
  readonly #saving = new Task(this);
  readonly #sendingBack = new Task(this);
  /** What they left in the private storage goes with this view. */
  readonly #jobs: string[] = [];

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const job of this.#jobs.splice(0)) void backend.drop(job);
  }

  override render(): TemplateResult {
    const failure = this.failure ?? this.#saving.failure ?? this.#sendingBack.failure;
    return html`
      <section class="card" aria-labelledby="provided-heading">
        <h2 id="provided-heading">${text.provided.heading}</h2>
        <ul class="rows">
          ${this.requirements.requirements.map((asked) => this.#item(asked))}
        </ul>
        ${this.opened.length > 0 ? html`<p class="note good">✓ ${text.provided.opened}</p>` : nothing}
        ${failure ? html`<cc-failure .failure=${failure}></cc-failure>` : nothing}
      </section>
    `;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("requirements")) void this.#open();
  }

  async #open(): Promise<void> {
    const { transfer_id, requirements } = this.requirements;
    this.failure = undefined;
    try {
      const isAny = requirements.some(({ provided }) => provided !== null);
      this.opened = isAny ? await backend.inputs(transfer_id) : [];
    } catch (thrown) {
      this.failure = asFailure(thrown);
    }
  }

  #item({ input, state, reason }: Requirement): TemplateResult {
    const opened = this.opened.find(({ id }) => id === input.id);
    if (opened === undefined)
      return html`<li class="quiet">${text.provided.waiting(input.label)}</li>`;
    return html`
      <li class="stack">
        <p><strong>${input.label}</strong></p>
        ${opened.file ? this.#file(opened.id, opened.file) : html`<p class="value">${opened.value}</p>`}
        <p class="note">${text.provided.at(moment(opened.providedAt))}</p>
        ${state === "rejected" && reason !== null ? html`<p class="note bad">${text.provided.sentBack(reason)}</p>` : nothing}
        ${state === "provided" && this.isOpen ? this.#sendBack(input.id, input.label) : nothing}
      </li>
    `;
  }

  #file(inputId: string, { path, size }: OfferedFile): TemplateResult {
    const { isBusy } = this.#saving;
    return html`
      <div class="row start">
        <button
          class="small wa-outlined"
          ?disabled=${isBusy}
          @click=${() => this.#saving.run(() => this.#save(inputId))}
        >
          ${isBusy ? text.provided.saving : text.provided.save(path)}
        </button>
        <span class="quiet size">${bytes(size)}</span>
      </div>
      ${mistyped(this.saved.get(inputId) ?? [])}
    `;
  }

  async #save(inputId: string): Promise<void> {
    const { transfer_id } = this.requirements;
    const job = crypto.randomUUID();
    const work = () => backend.downloadInput(job, transfer_id, inputId);
    const { files, stored } = await whileRunning(work);
    this.saved = new Map(this.saved).set(inputId, files);
    for (const { blob, path } of stored) saveBlob(blob, baseName(path));
    this.#jobs.push(job);
  }

  #sendBack(inputId: string, label: string): TemplateResult {
    const id = `reason-${inputId}`;
    return html`
      <details>
        <summary>${text.provided.sendBack}</summary>
        <form @submit=${(event: SubmitEvent) => this.#reject(event, inputId)}>
          <div>
            <label for=${id}>${text.provided.reason(label)}</label>
            <input
              id=${id}
              required
              maxlength=${MAX_REASON}
              autocomplete="off"
              aria-describedby="${id}-note"
            />
            <p id="${id}-note" class="note">${text.provided.reasonHint}</p>
          </div>
          <div>
            <button type="submit" class="small wa-outlined">${text.provided.sendBack}</button>
          </div>
        </form>
      </details>
    `;
  }

  async #reject(event: SubmitEvent, inputId: string): Promise<void> {
    event.preventDefault();
    const reason = (event.target as HTMLFormElement).querySelector("input")?.value.trim() ?? "";
    const isSentBack = await this.#sendingBack.run(async () => {
      const { transfer_id } = this.requirements;
      this.requirements = await backend.rejectInput(transfer_id, inputId, reason);
    });
    if (isSentBack) this.dispatchEvent(new CustomEvent("sale-changed"));
  }
}
