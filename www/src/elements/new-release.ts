/** Uploads a new release of a product that is there already. */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { Watch } from "../state/cell.js";
import {
  cancelReleasing,
  forgetReleasing,
  release,
  releasing,
  releasingOf,
} from "../state/releasing.js";
import { text } from "../text.js";
import { callout } from "./callout.js";
import type { FileDrop } from "./file-drop.js";
import { Light } from "./light.js";
import "./file-drop.js";
import "./meter.js";

/** Fires `released` once a release is stored, also one that an earlier view of the product began. */
@customElement("cc-new-release")
export class NewRelease extends Light {
  @property() productId = "";
  @state() private lacksFiles = false;
  @query("cc-file-drop") private readonly drop!: FileDrop;
  #isUploading = false;

  constructor() {
    super();
    new Watch(this, [releasing]);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    forgetReleasing(this.productId);
  }

  override render(): TemplateResult {
    const isRunning = releasingOf(this.productId).step === "uploading";
    return html`
      <section class="card" aria-labelledby="new-release-heading">
        <h2 id="new-release-heading">${text.files.newRelease}</h2>
        <p>${text.files.newReleaseHint}</p>
        ${this.#current()}
        <form @submit=${this.#upload} ?hidden=${isRunning} novalidate>
          <cc-file-drop @files-change=${() => (this.lacksFiles = false)}></cc-file-drop>
          <p class="note bad" role="alert">${this.lacksFiles ? text.sell.lacksFiles : nothing}</p>
          <div><button type="submit" class="wa-outlined">${text.files.upload}</button></div>
        </form>
      </section>
    `;
  }

  protected override updated(_changed: PropertyValues<this>): void {
    const { step } = releasingOf(this.productId);
    if (this.#isUploading && step === "done") {
      this.drop.files = [];
      this.dispatchEvent(new CustomEvent("released"));
    }
    this.#isUploading = step === "uploading";
  }

  #current(): unknown {
    const now = releasingOf(this.productId);
    switch (now.step) {
      case "uploading":
        return html`
          <cc-meter
            .what=${text.transfer.sealing}
            .reading=${now.reading}
            .isCancelling=${now.isCancelling}
            @cancel-transfer=${() => cancelReleasing(this.productId)}
          ></cc-meter>
        `;
      case "failed":
        return html`<cc-failure .failure=${now.failure}></cc-failure>`;
      case "cancelled":
        return callout("neutral", text.outcome.uploadCancelled);
      case "done":
        return callout(
          "success",
          html`<strong>${text.files.uploaded}</strong>
            <p>${text.files.uploadedHint}</p>`,
        );
      case "idle":
        return nothing;
    }
  }

  async #upload(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const { files } = this.drop;
    this.lacksFiles = files.length === 0;
    if (!this.lacksFiles) await release(this.productId, files);
  }
}
