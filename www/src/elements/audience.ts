/** Who can buy: one person by id, or whoever has the link. */
import { html, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import type { Audience } from "../state/offering.js";
import { text } from "../text.js";
import type { BuyerField } from "./buyer-field.js";
import { Light } from "./light.js";
import type { StockField } from "./stock-field.js";
import "./buyer-field.js";
import "./stock-field.js";

let count = 0;

/** Fires `audience-change`. */
@customElement("cc-audience")
export class AudienceField extends Light {
  @state() private kind: Audience["kind"] = "one";
  @query("cc-buyer-field") private readonly buyer!: BuyerField | null;
  @query("cc-stock") private readonly stock!: StockField | null;
  readonly #name = `audience-${(count += 1)}`;

  get isForAnyone(): boolean {
    return this.kind === "anyone";
  }

  clear(): void {
    this.buyer?.clear();
  }

  /** Nothing while nobody can be offered to; the field that is wrong then has the cursor. */
  async insist(): Promise<Audience | undefined> {
    if (this.kind === "anyone") {
      const stock = this.stock?.insist() ? this.stock.stock : undefined;
      return stock === undefined ? undefined : { kind: "anyone", stock };
    }
    await this.buyer?.insist();
    const buyer = this.buyer?.buyer;
    return buyer === undefined ? undefined : { kind: "one", buyer };
  }

  override render(): TemplateResult {
    return html`
      <div class="stack" role="radiogroup" aria-labelledby="${this.#name}-heading">
        <p id="${this.#name}-heading">${text.listing.audience}</p>
        ${this.#choice("one", text.listing.one)} ${this.#choice("anyone", text.listing.anyone)}
      </div>
      ${
        this.isForAnyone
          ? html`<p class="note">${text.listing.anyoneHint}</p>
              <cc-stock></cc-stock>`
          : html`<cc-buyer-field></cc-buyer-field>`
      }
    `;
  }

  #choice(kind: Audience["kind"], label: string): TemplateResult {
    return html`
      <label class="check"
        ><input
          type="radio"
          name=${this.#name}
          .checked=${this.kind === kind}
          @change=${() => this.#choose(kind)}
        />${label}</label
      >
    `;
  }

  #choose(kind: Audience["kind"]): void {
    this.kind = kind;
    this.dispatchEvent(new CustomEvent("audience-change"));
  }
}
