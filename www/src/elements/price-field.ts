/** A price and its currency, checked while it is typed: against the currency's decimals and what can be charged. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import type { CurrencyRule } from "claimcheck";
import { currencyName, formatPrice, readPrice, type Price, type PriceFault } from "../money.js";
import { Watch } from "../state/cell.js";
import { currencyRules, loadCurrencies } from "../state/currencies.js";
import { text } from "../text.js";
import { Light } from "./light.js";

const USUAL_CURRENCY = "eur";

let count = 0;

@customElement("cc-price")
export class PriceField extends Light {
  @state() private typed = "";
  @state() private currency = USUAL_CURRENCY;
  readonly #name = `price-${(count += 1)}`;

  constructor() {
    super();
    new Watch(this, [currencyRules]);
    loadCurrencies();
  }

  /** Nothing while it cannot be charged. */
  get price(): Price | undefined {
    const read = this.#read();
    return typeof read === "number" ? { price: read, currency: this.currency } : undefined;
  }

  clear(): void {
    this.typed = "";
  }

  /** Puts the cursor where something is wrong, and says whether nothing is. */
  insist(): boolean {
    if (this.price === undefined) this.querySelector("input")?.focus();
    return this.price !== undefined;
  }

  override render(): TemplateResult {
    const read = this.#read();
    const isBad = typeof read === "string";
    const note = `${this.#name}-note`;
    return html`
      <div class="fields">
        <div>
          <label for=${this.#name}>${text.terms.price}</label>
          <input
            id=${this.#name}
            inputmode="decimal"
            autocomplete="off"
            maxlength="24"
            .value=${this.typed}
            aria-describedby=${note}
            aria-invalid=${isBad ? "true" : nothing}
            @input=${(event: Event) => (this.typed = (event.target as HTMLInputElement).value)}
          />
        </div>
        <div>
          <label for="${this.#name}-currency">${text.terms.currency}</label>
          <select
            id="${this.#name}-currency"
            @change=${(event: Event) => (this.currency = (event.target as HTMLSelectElement).value)}
          >
            ${[...currencyRules.value.keys()].map(
              (code) =>
                html`<option value=${code} ?selected=${code === this.currency}>
                  ${currencyName(code)}
                </option>`,
            )}
          </select>
        </div>
      </div>
      <p id=${note} class=${isBad ? "note bad" : "note"} aria-live="polite">${this.#note(read)}</p>
    `;
  }

  get #rule(): CurrencyRule | undefined {
    return currencyRules.value.get(this.currency);
  }

  #read(): number | PriceFault | undefined {
    return this.#rule && readPrice(this.typed, this.#rule);
  }

  #note(read: number | PriceFault | undefined): unknown {
    const rule = this.#rule;
    if (rule === undefined || read === undefined) return nothing;
    const shown = (amount: number) => formatPrice(amount, rule);
    switch (read) {
      case 0:
        return text.terms.free;
      case "malformed":
        return text.terms.priceMalformed(rule.decimals);
      case "low":
        return text.terms.priceLow(shown(rule.minimum));
      case "high":
        return text.terms.priceHigh(shown(rule.maximum));
      case "step":
        return text.terms.priceStep(shown(rule.step));
      default:
        return html`✓ ${shown(read)}`;
    }
  }
}
