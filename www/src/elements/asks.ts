/** What a seller asks of a buyer: a list that grows. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { RequiredInput } from "claimcheck";
import { text } from "../text.js";
import { Light } from "./light.js";

/** What the protocol takes at most. */
const MOST = 20;
const MAX_LABEL = 60;
const MAX_EXPLANATION = 500;

type Kind = RequiredInput["type"];
type Timing = RequiredInput["timing"];

const KINDS: readonly Kind[] = ["text", "textarea", "url", "file"];
const TIMINGS: readonly Timing[] = ["pre_payment", "post_payment_pre_grant"];

interface Draft {
  readonly key: number;
  readonly label: string;
  readonly type: Kind;
  readonly timing: Timing;
  readonly required: boolean;
  readonly description: string;
}

let count = 0;

@customElement("cc-asks")
export class AskList extends Light {
  @state() private drafts: readonly Draft[] = [];
  @state() private isInsisting = false;
  readonly #name = `asks-${(count += 1)}`;
  #made = 0;

  /** Nothing while one has no label. */
  get asks(): readonly RequiredInput[] | undefined {
    if (this.drafts.some(({ label }) => label.trim() === "")) return undefined;
    return this.drafts.map(({ key, label, type, timing, required, description }) => ({
      id: `input-${key}`,
      label: label.trim(),
      type,
      timing,
      required,
      ...(description.trim() === "" ? {} : { description: description.trim() }),
    }));
  }

  clear(): void {
    this.drafts = [];
    this.isInsisting = false;
  }

  /** Puts the cursor where something is missing, and says whether nothing is. */
  insist(): boolean {
    this.isInsisting = this.asks === undefined;
    const lacking = this.drafts.find(({ label }) => label.trim() === "");
    if (lacking) this.querySelector<HTMLElement>(`#${this.#name}-${lacking.key}-label`)?.focus();
    return !this.isInsisting;
  }

  override render(): TemplateResult {
    return html`
      <div class="stack" role="group" aria-labelledby="${this.#name}-heading">
        <p><strong id="${this.#name}-heading">${text.terms.asks}</strong></p>
        ${repeat(
          this.drafts,
          ({ key }) => key,
          (draft, index) => this.#draft(draft, index + 1),
        )}
        <button
          type="button"
          class="small wa-outlined"
          ?disabled=${this.drafts.length >= MOST}
          @click=${this.#add}
        >
          ${text.terms.addAsk}
        </button>
        <p class="note">${text.terms.asksHint}</p>
      </div>
    `;
  }

  #draft(draft: Draft, number: number): TemplateResult {
    const id = `${this.#name}-${draft.key}`;
    const isBad = this.isInsisting && draft.label.trim() === "";
    return html`
      <fieldset class="ask" aria-label=${text.terms.ask(number)}>
        <div class="row">
          <strong>${text.terms.ask(number)}</strong>
          <button
            type="button"
            class="link"
            aria-label=${text.terms.removeAsk(number)}
            @click=${() => (this.drafts = this.drafts.filter(({ key }) => key !== draft.key))}
          >
            ${text.terms.remove}
          </button>
        </div>
        <div>
          <label for="${id}-label">${text.terms.label}</label>
          <input
            id="${id}-label"
            maxlength=${MAX_LABEL}
            .value=${draft.label}
            aria-describedby="${id}-note"
            aria-invalid=${isBad ? "true" : nothing}
            @input=${this.#set(draft, "label")}
          />
          <p id="${id}-note" class="note bad" aria-live="polite">
            ${isBad ? text.terms.labelMissing : nothing}
          </p>
        </div>
        <div class="fields">
          ${this.#choice(draft, "type", text.terms.kind, KINDS, text.terms.kinds)}
          ${this.#choice(draft, "timing", text.terms.timing, TIMINGS, text.terms.timings)}
        </div>
        <div>
          <label for="${id}-description">${text.terms.explanation}</label>
          <textarea
            id="${id}-description"
            rows="2"
            maxlength=${MAX_EXPLANATION}
            .value=${draft.description}
            @input=${this.#set(draft, "description")}
          ></textarea>
        </div>
        <label class="check"
          ><input
            type="checkbox"
            .checked=${draft.required}
            @change=${(event: Event) =>
              this.#change(draft, { required: (event.target as HTMLInputElement).checked })}
          />${text.terms.isRequired}</label
        >
      </fieldset>
    `;
  }

  #choice<Value extends string>(
    draft: Draft,
    member: "type" | "timing",
    label: string,
    values: readonly Value[],
    names: Readonly<Record<Value, string>>,
  ): TemplateResult {
    const id = `${this.#name}-${draft.key}-${member}`;
    return html`
      <div>
        <label for=${id}>${label}</label>
        <select id=${id} @change=${this.#set(draft, member)}>
          ${values.map(
            (value) =>
              html`<option value=${value} ?selected=${value === draft[member]}>
                ${names[value]}
              </option>`,
          )}
        </select>
      </div>
    `;
  }

  #set(draft: Draft, member: "label" | "description" | "type" | "timing"): (event: Event) => void {
    return (event) =>
      this.#change(draft, {
        [member]: (event.target as HTMLInputElement | HTMLSelectElement).value,
      });
  }

  #change({ key }: Draft, changes: Partial<Draft>): void {
    this.drafts = this.drafts.map((draft) =>
      draft.key === key ? { ...draft, ...changes } : draft,
    );
  }

  readonly #add = async (): Promise<void> => {
    this.#made += 1;
    const draft: Draft = {
      key: this.#made,
      label: "",
      type: "text",
      timing: "pre_payment",
      required: true,
      description: "",
    };
    this.drafts = [...this.drafts, draft];
    await this.updateComplete;
    this.querySelector<HTMLElement>(`#${this.#name}-${draft.key}-label`)?.focus();
  };
}
