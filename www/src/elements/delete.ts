/** Deletes something of one's own, once the person has read what goes with it. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { Task } from "../state/task.js";
import { text } from "../text.js";
import { Light } from "./light.js";

/** Fires `deleted` with how many sales still need the files. */
@customElement("cc-delete")
export class DeleteForm extends Light {
  @property() label = "";
  @property() hint = "";
  @property({ attribute: false }) work: () => Promise<number> = async () => 0;
  readonly #task = new Task(this);

  override render(): TemplateResult {
    const { isBusy, failure } = this.#task;
    return html`
      <details>
        <summary>${this.label}</summary>
        <p>${this.hint}</p>
        <button class="small wa-danger wa-outlined" ?disabled=${isBusy} @click=${this.#delete}>
          ${isBusy ? text.files.deleting : text.files.delete}
        </button>
        ${failure ? html`<cc-failure .failure=${failure}></cc-failure>` : nothing}
      </details>
    `;
  }

  async #delete(): Promise<void> {
    await this.#task.run(async () => {
      const detail = await this.work();
      this.dispatchEvent(new CustomEvent<number>("deleted", { detail }));
    });
  }
}
