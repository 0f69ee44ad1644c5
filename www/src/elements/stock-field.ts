/** How many copies a listing has, or no limit. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { text } from "../text.js";
import { Light } from "./light.js";

/** Enough for anybody, and below what the server counts to. */
const MOST = 1_000_000;

let count = 0;

@customElement("cc-stock")
export class StockField extends Light {
  @state() private typed = "";
  readonly #name = `stock-${(count += 1)}`;

  /** Null: no limit. Nothing while it is no number of copies. */
  get stock(): number | null | undefined {
    if (this.typed.trim() === "") return null;
    const stock = Number(this.typed);
    return Number.isInteger(stock) && stock >= 1 && stock <= MOST ? stock : undefined;
  }

  /** Puts the cursor where something is wrong, and says whether nothing is. */
  insist(): boolean {
    if (this.stock === undefined) this.querySelector("input")?.focus();
    return this.stock !== undefined;
  }

  override render(): TemplateResult {
    const isBad = this.stock === undefined;
    const note = `${this.#name}-note`;
    return html`
      <label for=${this.#name}>${text.listing.stock}</label>
      <input
        id=${this.#name}
        inputmode="numeric"
        autocomplete="off"
        aria-describedby=${note}
        aria-invalid=${isBad ? "true" : nothing}
        @input=${(event: Event) => (this.typed = (event.target as HTMLInputElement).value)}
      />
      <p id=${note} class=${isBad ? "note bad" : "note"} aria-live="polite">
        ${isBad ? text.listing.stockInvalid : text.listing.stockHint}
      </p>
    `;
  }
}
