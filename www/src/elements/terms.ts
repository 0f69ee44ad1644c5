/** All that a seller decides of an offer besides what is sold and to whom. */
import { html, type TemplateResult } from "lit";
import { customElement, query } from "lit/decorators.js";
import type { OfferRequest } from "claimcheck";
import { text } from "../text.js";
import type { AskList } from "./asks.js";
import { Light } from "./light.js";
import type { PolicyFields } from "./policy-fields.js";
import type { PriceField } from "./price-field.js";
import "./asks.js";
import "./policy-fields.js";
import "./price-field.js";

export type Terms = Required<
  Pick<OfferRequest, "price" | "currency" | "policy" | "requiredInputs" | "expiresIn">
>;

@customElement("cc-terms")
export class TermsFields extends Light {
  @query("cc-price") private readonly priceField!: PriceField;
  @query("cc-policy") private readonly policyFields!: PolicyFields;
  @query("cc-asks") private readonly askList!: AskList;

  /** Nothing while something in it cannot be offered; the first such field then has the cursor. */
  insist(): Terms | undefined {
    const { price } = this.priceField;
    const { access } = this.policyFields;
    const { asks } = this.askList;
    const isWhole = this.priceField.insist() && this.policyFields.insist() && this.askList.insist();
    if (!isWhole || !price || !access || !asks) return undefined;
    return { ...price, ...access, requiredInputs: asks };
  }

  /** The price and what is asked for are of one sale; access is a habit. */
  clear(): void {
    this.priceField.clear();
    this.askList.clear();
  }

  override render(): TemplateResult {
    return html`
      <div class="stack">
        <cc-price></cc-price>
        <details>
          <summary>${text.terms.heading}</summary>
          <cc-policy></cc-policy>
        </details>
        <cc-asks></cc-asks>
      </div>
    `;
  }
}
