/** The seller's list: each product, and beneath it to whom it was offered and how that stands. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { Product, Transfer } from "claimcheck";
import { bytes, person, recent } from "../format.js";
import { filesPath, salePath } from "../router.js";
import { Watch } from "../state/cell.js";
import { nameOf, names } from "../state/names.js";
import { moreSales, sales } from "../state/sales.js";
import { selling } from "../state/selling.js";
import { text } from "../text.js";
import { Light } from "./light.js";
import { statusBadge } from "./status.js";
import "./offer-form.js";
import "./own-listing.js";

/** Fires `upload-again` with a product of which nothing is stored. */
@customElement("cc-sales")
export class SalesList extends Light {
  constructor() {
    super();
    new Watch(this, [sales, names, selling]);
  }

  override render(): TemplateResult {
    const { products, isLoaded, nextProduct, nextTransfer, nextListing, failure } = sales.value;
    return html`
      <section aria-labelledby="sales-heading">
        <h2 id="sales-heading">${text.sales.heading}</h2>
        ${failure ? html`<cc-failure .failure=${failure}></cc-failure>` : nothing}
        ${isLoaded && products.length === 0 ? html`<p class="quiet">${text.sales.none}</p>` : nothing}
        <ul class="list">
          ${repeat(
            products,
            ({ product_id }) => product_id,
            (product) => this.#product(product),
          )}
        </ul>
        ${(nextProduct ?? nextTransfer ?? nextListing) ? html`<button class="wa-outlined" @click=${moreSales}>${text.app.more}</button>` : nothing}
      </section>
    `;
  }

  #product(product: Product): TemplateResult {
    const { title, size, created_at, release_id } = product;
    return html`
      <li class="card" data-product=${product.product_id}>
        <div class="row">
          <strong class="title">${title}</strong>
          <span class="quiet"
            >${size === null ? nothing : `${bytes(size)} · `}${recent(created_at)}</span
          >
        </div>
        ${this.#offers(product)}
        ${
          release_id === null
            ? this.#empty(product)
            : html`<details>
                <summary>${text.sales.offerMore}</summary>
                <cc-offer-form .releaseId=${release_id} .offerTitle=${title}></cc-offer-form>
              </details>`
        }
      </li>
    `;
  }

  #empty(product: Product): unknown {
    const { step } = selling.value;
    if (step === "uploading" || step === "offering") return nothing;
    const again = () => this.dispatchEvent(new CustomEvent("upload-again", { detail: product }));
    return html`
      <p><wa-badge variant="warning" appearance="filled">${text.sales.empty}</wa-badge></p>
      <p class="note">${text.sales.emptyHint}</p>
      <button class="small wa-outlined" @click=${again}>${text.sales.finish}</button>
    `;
  }

  #offers({ product_id }: Product): TemplateResult {
    const offers = sales.value.transfers.filter((transfer) => transfer.product_id === product_id);
    // Newest first; of those before it, all are closed.
    const listing = sales.value.listings.find((listing) => listing.product_id === product_id);
    return html`
      ${listing ? html`<cc-own-listing .listing=${listing}></cc-own-listing>` : nothing}
      <ul class="rows">
        ${repeat(
          offers,
          ({ transfer_id }) => transfer_id,
          (transfer) => this.#offer(transfer),
        )}
      </ul>
      <p><a href=${filesPath(product_id)}>${text.files.manage}</a></p>
    `;
  }

  #offer({ transfer_id, buyer, status }: Transfer): TemplateResult {
    return html`
      <li class="row">
        <a href=${salePath(transfer_id)}>${text.sales.to(person(nameOf(buyer), buyer))}</a
        >${statusBadge(status)}
      </li>
    `;
  }
}
