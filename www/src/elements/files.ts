/** The files of one's own product, release by release, and the download links to them. */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import type { Product, ProductFile } from "claimcheck";
import { bytes, moment } from "../format.js";
import { backend } from "../state/backend.js";
import { Watch } from "../state/cell.js";
import { asFailure, type Failure } from "../state/failure.js";
import { AT_REST } from "../state/meter.js";
import { cancelReleasing, release, releasing } from "../state/releasing.js";
import { sales } from "../state/sales.js";
import { text } from "../text.js";
import type { FileDrop } from "./file-drop.js";
import { Light } from "./light.js";
import "./file-drop.js";
import "./links.js";
import "./meter.js";

@customElement("cc-files")
export class FilesView extends Light {
  @property() productId = "";
  @state() private files: readonly ProductFile[] | undefined;
  @state() private failure: Failure | undefined;
  @state() private lacksFiles = false;
  @query("cc-file-drop") private readonly drop!: FileDrop;

  constructor() {
    super();
    new Watch(this, [sales, releasing]);
  }

  override render(): TemplateResult {
    const { files, failure } = this;
    return html`
      <h1>${this.#title()}</h1>
      ${failure ? html`<cc-failure .failure=${failure}></cc-failure>` : nothing}
      ${files === undefined && !failure ? html`<p class="quiet" role="status">${text.app.loading}</p>` : nothing}
      ${files ? this.#releases(files) : nothing} ${files ? this.#newRelease() : nothing}
      ${files ? html`<cc-links .files=${files}></cc-links>` : nothing}
    `;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("productId")) void this.#load();
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
      this.failure = asFailure(thrown);
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
      </div>
    `;
  }

  #newRelease(): TemplateResult {
    const now = releasing.value;
    const isRunning = now.step === "uploading";
    return html`
      <section class="card">
        <h2>${text.files.newRelease}</h2>
        <p>${text.files.newReleaseHint}</p>
        ${
          isRunning
            ? html`<cc-meter
                .what=${text.transfer.sealing}
                .reading=${now.reading ?? AT_REST}
                .isCancelling=${now.isCancelling}
                @cancel-transfer=${cancelReleasing}
              ></cc-meter>`
            : nothing
        }
        ${now.step === "failed" ? html`<cc-failure .failure=${now.failure}></cc-failure>` : nothing}
        ${
          now.step === "done"
            ? html`<wa-callout variant="success" role="status"
                ><strong>${text.files.uploaded}</strong>
                <p>${text.files.uploadedHint}</p></wa-callout
              >`
            : nothing
        }
        <form @submit=${this.#upload} ?hidden=${isRunning} novalidate>
          <cc-file-drop @files-change=${() => (this.lacksFiles = false)}></cc-file-drop>
          <p class="note bad" role="alert">${this.lacksFiles ? text.sell.lacksFiles : nothing}</p>
          <div><button type="submit" class="wa-outlined">${text.files.upload}</button></div>
        </form>
      </section>
    `;
  }

  async #upload(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const { files } = this.drop;
    this.lacksFiles = files.length === 0;
    if (this.lacksFiles) return;
    await release(this.productId, files);
    if (releasing.value.step !== "done") return;
    this.drop.files = [];
    await this.#load();
  }
}
