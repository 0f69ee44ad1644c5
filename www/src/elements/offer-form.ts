/** Offers a release that is stored already to one more buyer: nothing is uploaded again. */
import { html, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { backend } from "../state/backend.js";
import { asFailure, type Failure } from "../state/failure.js";
import { refreshSales } from "../state/sales.js";
import { text } from "../text.js";
import type { BuyerField } from "./buyer-field.js";
import { Light } from "./light.js";
import type { TermsFields } from "./terms.js";
import "./buyer-field.js";
import "./terms.js";

@customElement("cc-offer-form")
export class OfferForm extends Light {
  @property() releaseId = "";
  @property() offerTitle = "";
  @state() private isBusy = false;
  @state() private failure: Failure | undefined;
  @query("cc-buyer-field") private readonly field!: BuyerField;
  @query("cc-terms") private readonly terms!: TermsFields;

  override render(): TemplateResult {
    return html`
      <form @submit=${this.#submit} novalidate>
        <div><cc-buyer-field></cc-buyer-field></div>
        <cc-terms></cc-terms>
        <cc-failure .failure=${this.failure}></cc-failure>
        <div>
          <button type="submit" class="wa-outlined" ?disabled=${this.isBusy}>
            ${text.sales.offer}
          </button>
        </div>
      </form>
    `;
  }

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    await this.field.insist();
    const { buyer } = this.field;
    if (buyer === undefined) return;
    const terms = this.terms.insist();
    if (terms === undefined) return;
    this.isBusy = true;
    this.failure = undefined;
    try {
      await backend.offer({ releaseId: this.releaseId, buyer, title: this.offerTitle, ...terms });
      this.field.clear();
      this.terms.clear();
      await refreshSales();
    } catch (thrown) {
      this.failure = asFailure(thrown);
    } finally {
      this.isBusy = false;
    }
  }
}
