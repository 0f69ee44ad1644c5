/** Chooses the files of a sale: dropped, picked one by one, or a folder at once. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { bytes } from "../format.js";
import { merge, ofDrop, ofInput } from "../pick.js";
import { text } from "../text.js";
import type { PickedFile } from "../worker/backend.js";
import { Light } from "./light.js";

/** A list of a thousand names helps nobody. */
const SHOWN = 8;

/** Fires `files-change`; `files` then has them. */
@customElement("cc-file-drop")
export class FileDrop extends Light {
  @property({ attribute: false }) files: readonly PickedFile[] = [];
  @state() private isOver = false;

  override render(): TemplateResult {
    return html`
      <fieldset
        class=${this.isOver ? "drop over" : "drop"}
        @dragover=${this.#over}
        @dragleave=${() => (this.isOver = false)}
        @drop=${this.#dropped}
      >
        <legend>${text.sell.files}</legend>
        <p class="drop-hint">${text.sell.drop}, ${text.sell.or}</p>
        <div class="row start">
          <label class="button">
            ${text.sell.chooseFiles}<input
              class="hidden"
              type="file"
              multiple
              @change=${this.#chosen}
            />
          </label>
          <label class="button plain">
            ${text.sell.chooseFolder}<input
              class="hidden"
              type="file"
              webkitdirectory
              @change=${this.#chosen}
            />
          </label>
        </div>
        ${this.files.length > 0 ? this.#list() : nothing}
      </fieldset>
    `;
  }

  #list(): TemplateResult {
    const total = this.files.reduce((sum, { file }) => sum + file.size, 0);
    const hidden = this.files.length - SHOWN;
    return html`
      <ul class="files">
        ${this.files.slice(0, SHOWN).map((picked) => this.#item(picked))}
        ${hidden > 0 ? html`<li class="quiet">${text.sell.andMore(hidden)}</li>` : nothing}
      </ul>
      <div class="row">
        <span class="quiet" role="status"
          >${text.sell.chosen(this.files.length, bytes(total))}</span
        >
        <button type="button" class="link" @click=${() => this.#set([])}>${text.sell.clear}</button>
      </div>
    `;
  }

  #item(picked: PickedFile): TemplateResult {
    const { path, file } = picked;
    const others = () => this.#set(this.files.filter((other) => other !== picked));
    return html`
      <li>
        <span class="path">${path}</span><span class="quiet size">${bytes(file.size)}</span>
        <button type="button" class="link" aria-label=${text.sell.remove(path)} @click=${others}>
          ✕
        </button>
      </li>
    `;
  }

  #set(files: readonly PickedFile[]): void {
    this.files = files;
    this.dispatchEvent(new CustomEvent("files-change"));
  }

  #chosen(event: Event): void {
    const input = event.target as HTMLInputElement;
    if (input.files) this.#set(merge(this.files, ofInput(input.files)));
    // So that the same file can be chosen again after it was removed.
    input.value = "";
  }

  #over(event: DragEvent): void {
    event.preventDefault();
    this.isOver = true;
  }

  async #dropped(event: DragEvent): Promise<void> {
    event.preventDefault();
    this.isOver = false;
    if (event.dataTransfer) this.#set(merge(this.files, await ofDrop(event.dataTransfer)));
  }
}
