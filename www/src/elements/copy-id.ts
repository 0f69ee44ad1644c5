/** An id in full, and a button that copies it. */
import { html, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { text } from "../text.js";
import { Light } from "./light.js";

const SHOWN_MS = 2000;

@customElement("cc-copy-id")
export class CopyId extends Light {
  @property() value = "";
  @state() private isCopied = false;

  override render(): TemplateResult {
    return html`
      <div class="copy-id">
        <code>${this.value}</code>
        <button class="small wa-outlined" @click=${this.#copy}>
          ${this.isCopied ? text.id.copied : text.id.copy}
        </button>
        <span class="hidden" role="status">${this.isCopied ? text.id.copied : ""}</span>
      </div>
    `;
  }

  async #copy(): Promise<void> {
    await navigator.clipboard.writeText(this.value);
    this.isCopied = true;
    setTimeout(() => (this.isCopied = false), SHOWN_MS);
  }
}
