/** How long, how often and until when a buyer has access. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import type { Policy } from "claimcheck";
import { span } from "../format.js";
import { text } from "../text.js";
import { Light } from "./light.js";

const DAY = 86_400;
const RETENTION_DAYS = [1, 3, 7, 30, 90, 365] as const;
const EXPIRY_DAYS = [1, 3, 7, 14, 30] as const;
const USUAL_DAYS = 7;
const MOST_DOWNLOADS = 1000;

export interface Access {
  readonly policy: Partial<Policy>;
  /** Seconds from now. */
  readonly expiresIn: number;
}

let count = 0;

@customElement("cc-policy")
export class PolicyFields extends Light {
  @state() private isBad = false;
  @query("[data-field=retention]") private readonly retention!: HTMLSelectElement;
  @query("[data-field=downloads]") private readonly downloads!: HTMLInputElement;
  @query("[data-field=expiry]") private readonly expiry!: HTMLSelectElement;
  @query("[data-field=stops]") private readonly stops!: HTMLInputElement;
  readonly #name = `policy-${(count += 1)}`;

  /** Nothing while a number is out of its bounds. */
  get access(): Access | undefined {
    const downloads = this.downloads.valueAsNumber;
    if (!Number.isInteger(downloads) || downloads < 1 || downloads > MOST_DOWNLOADS)
      return undefined;
    return {
      policy: {
        retention_seconds: Number(this.retention.value) * DAY,
        max_downloads: downloads,
        revoke_on_expiry: this.stops.checked,
      },
      expiresIn: Number(this.expiry.value) * DAY,
    };
  }

  /** Puts the cursor where something is wrong, and says whether nothing is. */
  insist(): boolean {
    this.isBad = this.access === undefined;
    if (this.isBad) {
      this.closest("details")?.setAttribute("open", "");
      this.downloads.focus();
    }
    return !this.isBad;
  }

  override render(): TemplateResult {
    const name = this.#name;
    return html`
      <div class="fields">
        ${this.#days("retention", RETENTION_DAYS, text.terms.retention, text.terms.retentionHint)}
        <div>
          <label for="${name}-downloads">${text.terms.downloads}</label>
          <input
            id="${name}-downloads"
            data-field="downloads"
            type="number"
            min="1"
            max=${MOST_DOWNLOADS}
            value="1"
            aria-describedby="${name}-downloads-note"
            aria-invalid=${this.isBad ? "true" : nothing}
            @input=${() => (this.isBad = this.access === undefined)}
          />
          <p
            id="${name}-downloads-note"
            class=${this.isBad ? "note bad" : "note"}
            aria-live="polite"
          >
            ${this.isBad ? text.terms.downloadsInvalid : text.terms.downloadsHint}
          </p>
        </div>
        ${this.#days("expiry", EXPIRY_DAYS, text.terms.expiry, text.terms.expiryHint)}
      </div>
      <label class="check"
        ><input type="checkbox" data-field="stops" checked />${text.terms.stops}</label
      >
    `;
  }

  #days(field: string, choices: readonly number[], label: string, hint: string): TemplateResult {
    const id = `${this.#name}-${field}`;
    return html`
      <div>
        <label for=${id}>${label}</label>
        <select id=${id} data-field=${field} aria-describedby="${id}-note">
          ${choices.map(
            (days) =>
              html`<option value=${days} ?selected=${days === USUAL_DAYS}>
                ${span(days * DAY)}
              </option>`,
          )}
        </select>
        <p id="${id}-note" class="note">${hint}</p>
      </div>
    `;
  }
}
