/** The seller's view: what to sell and to whom, the upload that runs, and what was sold. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import type { OwnListing, Product } from "claimcheck";
import { salePath } from "../router.js";
import { Watch } from "../state/cell.js";
import { presence } from "../state/me.js";
import { sales } from "../state/sales.js";
import { cancelSelling, resetSelling, sell, selling } from "../state/selling.js";
import { text } from "../text.js";
import type { PickedFile } from "../worker/backend.js";
import type { Offered } from "../state/offering.js";
import type { AudienceField } from "./audience.js";
import { callout } from "./callout.js";
import type { FileDrop } from "./file-drop.js";
import { Light } from "./light.js";
import type { TermsFields } from "./terms.js";
import "./audience.js";
import "./copy-id.js";
import "./file-drop.js";
import "./meter.js";
import "./own-listing.js";
import "./sales.js";
import "./terms.js";

const MAX_TITLE = 120;

@customElement("cc-sell")
export class SellView extends Light {
  /** The product of which nothing is stored, where it is to be uploaded again. */
  @state() private unfinished: Product | undefined;
  @state() private lacksFiles = false;
  @query("cc-file-drop") private readonly drop!: FileDrop;
  @state() private isForAnyone = false;
  @query("cc-audience") private readonly audience!: AudienceField;
  @query("cc-terms") private readonly terms!: TermsFields;
  @query("#title") private readonly titleInput!: HTMLInputElement;

  constructor() {
    super();
    new Watch(this, [presence, sales, selling]);
  }

  override render(): TemplateResult {
    return html`
      <h1>${text.sell.heading}</h1>
      <p class="lead">${text.sell.lead}</p>
      <div class="card">${this.#current()} ${this.#form()}</div>
      <cc-sales @upload-again=${this.#again}></cc-sales>
      <section class="card">
        <h2>${text.id.yours}</h2>
        <cc-copy-id .value=${presence.value.me.id}></cc-copy-id>
        <p class="note">${text.id.hint}</p>
      </section>
    `;
  }

  /** What the sale of this tab is doing; nothing before one began. */
  #current(): unknown {
    const now = selling.value;
    switch (now.step) {
      case "uploading":
        return html`
          <cc-meter
            .what=${text.transfer.sealing}
            .reading=${now.reading}
            .isCancelling=${now.isCancelling}
            @cancel-transfer=${cancelSelling}
          ></cc-meter>
        `;
      case "offering":
        return html`<p role="status">${text.transfer.offering}</p>`;
      case "offered":
        return this.#offered(now.offered);
      case "failed":
        return html`<cc-failure .failure=${now.failure}></cc-failure>`;
      case "cancelled":
        return callout("neutral", text.outcome.uploadCancelled);
      case "idle":
        return nothing;
    }
  }

  #offered(offered: Offered): TemplateResult {
    const { body } = (offered.kind === "one" ? offered.transfer : offered.listing).offer;
    const [what, hint] =
      offered.kind === "one"
        ? [text.outcome.offered(body.title), text.outcome.offeredHint]
        : [text.listing.listed(body.title), text.listing.listedHint];
    return html`
      ${callout(
        "success",
        html`<strong>${what}</strong>
          <p>${hint}</p>`,
      )}
      ${offered.kind === "anyone" ? html`<cc-own-listing .listing=${asItIsNow(offered.listing)}></cc-own-listing>` : nothing}
      <div class="row start">
        <button class="wa-outlined" @click=${resetSelling}>${text.outcome.another}</button>
        ${
          offered.kind === "one"
            ? html`<a href=${salePath(offered.transfer.transfer_id)}>${text.outcome.view}</a>`
            : nothing
        }
      </div>
    `;
  }

  /** Hidden while it is being done what it asked for, so that a failure leaves all that was entered. */
  #form(): TemplateResult {
    const { unfinished } = this;
    const isHidden = ["uploading", "offering", "offered"].includes(selling.value.step);
    return html`
      <form @submit=${this.#submit} novalidate ?hidden=${isHidden}>
        ${unfinished ? this.#unfinished(unfinished) : nothing}
        <div>
          <cc-file-drop @files-change=${this.#filesChanged}></cc-file-drop>
          <p class="note bad" role="alert">${this.lacksFiles ? text.sell.lacksFiles : nothing}</p>
        </div>
        <div>
          <label for="title">${text.sell.title}</label>
          <input
            id="title"
            maxlength=${MAX_TITLE}
            autocomplete="off"
            aria-describedby="title-note"
            ?disabled=${unfinished !== undefined}
          />
          <p id="title-note" class="note">${text.sell.titleHint}</p>
        </div>
        <cc-audience
          @audience-change=${() => (this.isForAnyone = this.audience.isForAnyone)}
        ></cc-audience>
        <cc-terms></cc-terms>
        <div>
          <button type="submit" class="wa-brand" ?disabled=${presence.value.standing !== "ready"}>
            ${this.isForAnyone ? text.listing.submit : text.sell.submit}
          </button>
        </div>
      </form>
    `;
  }

  #unfinished({ title }: Product): TemplateResult {
    return html`
      <wa-callout variant="neutral">
        ${text.sell.again(title)}
        <p>
          <button type="button" class="link" @click=${this.#clear}>${text.sell.cancelAgain}</button>
        </p>
      </wa-callout>
    `;
  }

  #filesChanged(): void {
    this.lacksFiles = false;
    if (this.titleInput.value.trim() === "") this.titleInput.value = titleOf(this.drop.files);
  }

  #again(event: CustomEvent<Product>): void {
    resetSelling();
    this.unfinished = event.detail;
    this.titleInput.value = event.detail.title;
    this.querySelector("form")?.scrollIntoView({ block: "start" });
  }

  readonly #clear = (): void => {
    this.unfinished = undefined;
    this.drop.files = [];
    this.titleInput.value = "";
    this.audience.clear();
    this.terms.clear();
  };

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const { files } = this.drop;
    this.lacksFiles = files.length === 0;
    const audience = await this.audience.insist();
    if (files.length === 0 || audience === undefined) return;
    const terms = this.terms.insist();
    if (terms === undefined) return;
    const title = this.titleInput.value.trim() || titleOf(files);
    const product = this.unfinished ? { id: this.unfinished.product_id } : { title };
    await sell({ files, audience, title, product, terms });
    if (selling.value.step === "offered") this.#clear();
  }
}

/** It may have been closed since, or have sold. */
const asItIsNow = (made: OwnListing): OwnListing =>
  sales.value.listings.find(({ listing_id }) => listing_id === made.listing_id) ?? made;

/** A title to start from: the folder's name, or the first file's. */
function titleOf([first]: readonly PickedFile[]): string {
  const [top = ""] = first?.path.split("/") ?? [];
  return top.replace(/(.)\.[^.]+$/, "$1").slice(0, MAX_TITLE);
}
