/** What a buyer can download, the download that runs, and what it brought. */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { OfferedFile } from "claimcheck";
import { baseName, bytes } from "../format.js";
import { choosePlace, saveBlob, wayFor } from "../save.js";
import {
  buying,
  cancelBuying,
  download,
  dropStored,
  type Buying,
  type Source,
} from "../state/buying.js";
import { Watch } from "../state/cell.js";
import { asFailure, type Failure } from "../state/failure.js";
import { text } from "../text.js";
import { callout } from "./callout.js";
import { Light } from "./light.js";
import "./meter.js";
import { mistyped } from "./mistyped.js";

type Delivered = Extract<Buying, { step: "delivered" }>;

const isOther = (now?: Source, before?: Source) => now?.key !== before?.key;

/** Fires `delivered` once a download is verified and acknowledged, and `stopped` when one failed. */
@customElement("cc-delivery")
export class DeliveryView extends Light {
  @property({ attribute: false, hasChanged: isOther }) source!: Source;
  /** Whether it was downloaded before. */
  @property({ type: Boolean }) again = false;
  @state() private files: readonly OfferedFile[] | undefined;
  @state() private failure: Failure | undefined;
  #watch: Watch | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    dropStored(this.source.key);
  }

  override render(): TemplateResult {
    const now = buying(this.source.key).value;
    return html`
      <section class="card" aria-labelledby="files-heading">
        <h2 id="files-heading">${text.sale.files}</h2>
        ${this.#outcome(now)} ${this.#files(now)}
        ${this.failure ? html`<cc-failure .failure=${this.failure}></cc-failure>` : nothing}
      </section>
    `;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("source")) return;
    this.#watch ??= new Watch(this, [buying(this.source.key)]);
    this.files = undefined;
    void this.#list();
  }

  async #list(): Promise<void> {
    try {
      this.failure = undefined;
      this.files = await this.source.contents();
    } catch (thrown) {
      this.failure = asFailure(thrown);
    }
  }

  #files(now: Buying): unknown {
    const { files } = this;
    if (files === undefined) {
      return this.failure ? nothing : html`<p class="quiet" role="status">${text.sale.listing}</p>`;
    }
    const total = files.reduce((sum, { size }) => sum + size, 0);
    const isAgain = this.again || now.step === "delivered";
    const start = html`
      <button class=${isAgain ? "wa-outlined" : "wa-brand"} @click=${() => this.#download(files)}>
        ${isAgain ? text.sale.downloadAgain : buttonText(files.length)}
      </button>
    `;
    return html`
      <ul class="files">
        ${files.map((file, index) => this.#file(file, now, index))}
      </ul>
      <p class="quiet">${text.sale.size(files.length, bytes(total))}</p>
      ${now.step === "downloading" ? nothing : start}
    `;
  }

  /** With a button, where its verified copy waits in the private storage. */
  #file({ path, size }: OfferedFile, now: Buying, index: number): TemplateResult {
    const stored = now.step === "delivered" ? now.delivery.stored[index] : undefined;
    const save = (blob: Blob) => html`
      <button
        class="small wa-outlined"
        aria-label=${text.sale.saveNamed(path)}
        @click=${() => saveBlob(blob, baseName(path))}
      >
        ${text.sale.save}
      </button>
    `;
    return html`
      <li>
        <span class="path">${path}</span><span class="quiet size">${bytes(size)}</span>
        ${stored ? save(stored.blob) : nothing}
      </li>
    `;
  }

  #outcome(now: Buying): unknown {
    switch (now.step) {
      case "downloading":
        return html`
          <cc-meter
            .what=${text.transfer.opening}
            .reading=${now.reading}
            .isCancelling=${now.isCancelling}
            @cancel-transfer=${() => cancelBuying(this.source.key)}
          ></cc-meter>
        `;
      case "delivered":
        return html`${callout("success", html`<strong>${whatIsSaved(now)}</strong>`)}
        ${mistyped(now.delivery.files)}`;
      case "failed":
        return html`<cc-failure .failure=${now.failure}></cc-failure>`;
      case "cancelled":
        return callout("neutral", text.outcome.downloadCancelled);
      case "idle":
        return nothing;
    }
  }

  async #download(files: readonly OfferedFile[]): Promise<void> {
    const place = await choosePlace(files);
    if (place === undefined) return;
    await download(this.source, place);
    const now = buying(this.source.key).value;
    if (now.step === "failed") this.dispatchEvent(new CustomEvent("stopped"));
    if (now.step !== "delivered") return;
    this.dispatchEvent(new CustomEvent("delivered"));
    const [only] = now.delivery.stored;
    // Several at once would each need the person's leave.
    if (only && now.delivery.stored.length === 1) saveBlob(only.blob, baseName(only.path));
  }
}

function buttonText(count: number): string {
  const way = wayFor(count);
  if (way === "private") return text.sale.download;
  return way === "file" ? text.sale.saveAs : text.sale.saveInto;
}

function whatIsSaved({ place, delivery }: Delivered): string {
  if (place.kind === "private") return text.sale.ready;
  const { name } = place.handle;
  return place.kind === "file"
    ? text.sale.saved(name)
    : text.sale.savedInto(delivery.files.length, name);
}
