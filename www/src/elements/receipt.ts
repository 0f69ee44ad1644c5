/** The receipt: who signed it and when, over which content, and the SHA-256 of each file that was compared here. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { DownloadedFile, Transfer } from "claimcheck";
import { bytes, moment, person, short } from "../format.js";
import { saveBlob } from "../save.js";
import { buying } from "../state/buying.js";
import { Watch } from "../state/cell.js";
import { nameOf, names } from "../state/names.js";
import { text } from "../text.js";
import { facts } from "./facts.js";
import { Light } from "./light.js";

@customElement("cc-receipt")
export class ReceiptView extends Light {
  @property({ attribute: false }) transfer!: Transfer;

  constructor() {
    super();
    new Watch(this, [names]);
  }

  override render(): unknown {
    const { receipt, countersign, transfer_id } = this.transfer;
    if (receipt === null) return nothing;
    const { buyer, delivered_at, client_hash, bytes: count } = receipt.body;
    return html`
      <section class="card" aria-labelledby="receipt-heading">
        <h2 id="receipt-heading">${text.receipt.heading}</h2>
        ${facts([
          [
            text.receipt.signedBy,
            html`<span title=${buyer}>${person(nameOf(buyer), buyer)}</span>`,
          ],
          [text.receipt.signedAt, moment(delivered_at)],
          [
            text.receipt.countersigned,
            countersign ? moment(countersign.body.received_at) : undefined,
          ],
          [text.receipt.bytes, `${bytes(count)} (${count})`],
          [text.receipt.commitment, html`<code class="hash">${client_hash}</code>`],
          [text.receipt.receiptOf, html`<code title=${transfer_id}>${short(transfer_id)}</code>`],
        ])}
        <p class="note good">✓ ${text.receipt.verified}</p>
        ${this.#files()}
        <button class="small wa-outlined" @click=${this.#save}>${text.receipt.keep}</button>
      </section>
    `;
  }

  /** Only what this browser has compared just now: the receipt itself commits to all files at once. */
  #files(): unknown {
    const now = buying(this.transfer.transfer_id).value;
    if (now.step !== "delivered") return nothing;
    return html`<ul class="hashes">
      ${now.delivery.files.map((file) => this.#file(file))}
    </ul>`;
  }

  #file({ path, sha256 }: DownloadedFile): TemplateResult {
    return html`
      <li>
        <span class="path">${path}</span>
        ${
          sha256
            ? html`
                <p class="note good">✓ ${text.receipt.sha256} ${text.receipt.matches}</p>
                <code class="hash">${sha256}</code>
              `
            : html`<p class="note">${text.receipt.unstated}</p>`
        }
      </li>
    `;
  }

  #save(): void {
    const { transfer_id, offer, receipt, countersign } = this.transfer;
    const json = JSON.stringify({ transfer_id, offer, receipt, countersign }, null, 2);
    saveBlob(new Blob([json], { type: "application/json" }), text.receipt.fileName(transfer_id));
  }
}
