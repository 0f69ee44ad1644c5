/** The files of one's own product, release by release, and the download links to them. */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { Product, ProductFile } from "claimcheck";
import { bytes, moment } from "../format.js";
import { backend } from "../state/backend.js";
import { Watch } from "../state/cell.js";
import { asFailure, type Failure } from "../state/failure.js";
import { refreshSales, sales } from "../state/sales.js";
import { text } from "../text.js";
import { callout } from "./callout.js";
import { Light } from "./light.js";
import "./delete.js";
import "./links.js";
import "./new-release.js";

@customElement("cc-files")
export class FilesView extends Light {
  @property() productId = "";
  @state() private files: readonly ProductFile[] | undefined;
  /** How many sales still need each release that was deleted here. */
  @state() private withdrawn: ReadonlyMap<string, number> = new Map();
  /** The same of the product, once it is deleted. */
  @state() private end: number | undefined;
  @state() private failure: Failure | undefined;

  constructor() {
    super();
    new Watch(this, [sales]);
  }

  override render(): TemplateResult {
    const { files, failure, end } = this;
    if (end !== undefined) return deleted(end);
    return html`
      <h1>${this.#title()}</h1>
      ${failure ? html`<cc-failure .failure=${failure}></cc-failure>` : nothing}
      ${files === undefined && !failure ? html`<p class="quiet" role="status">${text.app.loading}</p>` : nothing}
      ${files ? this.#releases(files) : nothing}
      ${
        files
          ? html`<cc-new-release
                .productId=${this.productId}
                @released=${this.#load}
              ></cc-new-release>
              <cc-links .files=${files}></cc-links>
              ${this.#deletion()}`
          : nothing
      }
    `;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("productId")) return;
    this.files = undefined;
    this.end = undefined;
    this.failure = undefined;
    void this.#load();
  }

  #title(): string {
    const isThis = ({ product_id }: Product) => product_id === this.productId;
    const title = sales.value.products.find(isThis)?.title;
    return title === undefined ? text.files.title : text.files.heading(title);
  }

  async #load(): Promise<void> {
    const { productId } = this;
    try {
      const files = await backend.productFiles(productId);
      if (productId === this.productId) this.files = files;
    } catch (thrown) {
      if (productId === this.productId) this.failure = asFailure(thrown);
    }
  }

  #releases(files: readonly ProductFile[]): TemplateResult {
    const byRelease = new Map<string, ProductFile[]>();
    for (const file of files)
      byRelease.set(file.release_id, [...(byRelease.get(file.release_id) ?? []), file]);
    return html`
      <section class="card" aria-label=${text.files.title}>
        ${files.length === 0 ? html`<p>${text.files.none}</p>` : nothing}
        ${[...byRelease.values()].map((release) => this.#release(release))}
      </section>
    `;
  }

  #release(files: readonly ProductFile[]): unknown {
    const [first] = files;
    if (first === undefined) return nothing;
    return html`
      <div class="release" data-current=${first.is_current ? "yes" : "no"}>
        <h2>
          ${first.is_current ? text.files.current : text.files.earlier}
          <span class="quiet">${text.files.from(moment(first.created_at))}</span>
        </h2>
        <ul class="files">
          ${files.map(
            ({ path, size, is_deleted }) => html`
              <li>
                <span class="path">${path}</span>
                <span class="quiet size">${is_deleted ? text.files.deleted : bytes(size)}</span>
              </li>
            `,
          )}
        </ul>
        ${files.every(({ is_deleted }) => is_deleted) ? nothing : this.#withdrawal(first.release_id)}
      </div>
    `;
  }

  #withdrawal(releaseId: string): TemplateResult {
    const sales = this.withdrawn.get(releaseId);
    if (sales !== undefined) return callout("neutral", text.files.withdrawn(sales));
    const remember = ({ detail }: CustomEvent<number>) => {
      this.withdrawn = new Map([...this.withdrawn, [releaseId, detail]]);
      void this.#load();
      void refreshSales();
    };
    return html`<cc-delete
      .label=${text.files.deleteRelease}
      .hint=${text.files.deleteReleaseHint}
      .work=${() => backend.deleteRelease(releaseId)}
      @deleted=${remember}
    ></cc-delete>`;
  }

  #deletion(): TemplateResult {
    const end = ({ detail }: CustomEvent<number>) => {
      this.end = detail;
      void refreshSales();
    };
    return html`<section class="card" aria-label=${text.files.deleteProduct}>
      <cc-delete
        .label=${text.files.deleteProduct}
        .hint=${text.files.deleteProductHint}
        .work=${() => backend.deleteProduct(this.productId)}
        @deleted=${end}
      ></cc-delete>
    </section>`;
  }
}

const deleted = (sales: number): TemplateResult => html`
  <h1>${text.files.title}</h1>
  ${callout("success", text.files.withdrawn(sales))}
  <p><a href="/">${text.files.back}</a></p>
`;
