/** What a seller asks of a buyer: a list that grows. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { RequiredInput } from "claimcheck";
import { text } from "../text.js";
import { faultOf, newDraft, toInput, type Draft, type Fault } from "./ask-draft.js";
import { askLimits } from "./ask-limits.js";
import { Light } from "./light.js";

/** What the protocol takes at most. */
const MOST = 20;
const MAX_LABEL = 60;
const MAX_EXPLANATION = 500;

type Kind = RequiredInput["type"];
type Timing = RequiredInput["timing"];

const KINDS: readonly Kind[] = ["text", "textarea", "url", "file"];
const TIMINGS: readonly Timing[] = ["pre_payment", "post_payment_pre_grant"];

let count = 0;

@customElement("cc-asks")
export class AskList extends Light {
  @state() private drafts: readonly Draft[] = [];
  @state() private isInsisting = false;
  readonly #name = `asks-${(count += 1)}`;
  #made = 0;

  /** Nothing while one of them cannot be asked for as it stands. */
  get asks(): readonly RequiredInput[] | undefined {
    return this.drafts.some(faultOf) ? undefined : this.drafts.map(toInput);
  }

  clear(): void {
    this.drafts = [];
    this.isInsisting = false;
  }

  /** Puts the cursor where something is wrong, and says whether nothing is. */
  insist(): boolean {
    const bad = this.drafts.find((draft) => faultOf(draft) !== undefined);
    this.isInsisting = bad !== undefined;
    if (bad) this.#field(bad, faultOf(bad) ?? "label")?.focus();
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
    const fault = this.isInsisting ? faultOf(draft) : undefined;
    const isBad = fault === "label";
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
        ${draft.type === "file" ? askLimits(draft, id, fault, (changes) => this.#change(draft, changes)) : nothing}
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

  #field({ key }: Draft, fault: Fault): HTMLElement | null {
    return this.querySelector(`#${this.#name}-${key}-${fault}`);
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
    const draft = newDraft(this.#made);
    this.drafts = [...this.drafts, draft];
    await this.updateComplete;
    this.#field(draft, "label")?.focus();
  };
}
