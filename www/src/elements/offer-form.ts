/** Offers a release that is stored already to one more buyer, or to anybody: nothing is uploaded again. */
import { html, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { makeOffer } from "../state/offering.js";
import { refreshSales } from "../state/sales.js";
import { Task } from "../state/task.js";
import { text } from "../text.js";
import type { AudienceField } from "./audience.js";
import { Light } from "./light.js";
import type { TermsFields } from "./terms.js";
import "./audience.js";
import "./terms.js";

@customElement("cc-offer-form")
export class OfferForm extends Light {
  @property() releaseId = "";
  @property() offerTitle = "";
  @query("cc-audience") private readonly field!: AudienceField;
  @query("cc-terms") private readonly terms!: TermsFields;
  readonly #task = new Task(this);

  override render(): TemplateResult {
    return html`
      <form @submit=${this.#submit} novalidate>
        <cc-audience></cc-audience>
        <cc-terms></cc-terms>
        <cc-failure .failure=${this.#task.failure}></cc-failure>
        <div>
          <button type="submit" class="wa-outlined" ?disabled=${this.#task.isBusy}>
            ${text.sales.offer}
          </button>
        </div>
      </form>
    `;
  }

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const audience = await this.field.insist();
    const terms = audience && this.terms.insist();
    if (audience === undefined || terms === undefined) return;
    const { releaseId, offerTitle: title } = this;
    const isMade = await this.#task.run(() => makeOffer({ releaseId, title, terms, audience }));
    if (!isMade) return;
    this.field.clear();
    this.terms.clear();
    await refreshSales();
  }
}
