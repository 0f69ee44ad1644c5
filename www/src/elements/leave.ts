/** Leaves the server: what is one's own there goes, and the keys in this browser with it. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";
import { Watch } from "../state/cell.js";
import { leave } from "../state/me.js";
import { running } from "../state/running.js";
import { Task } from "../state/task.js";
import { text } from "../text.js";
import { Light } from "./light.js";

@customElement("cc-leave")
export class LeaveForm extends Light {
  readonly #task = new Task(this);

  constructor() {
    super();
    new Watch(this, [running]);
  }

  override render(): TemplateResult {
    const { isBusy, failure } = this.#task;
    const isTransferring = running.value > 0;
    return html`
      <section class="card" aria-labelledby="leave-heading">
        <h2 id="leave-heading">${text.leaving.heading}</h2>
        <p>${text.leaving.lead}</p>
        <p class="note">${text.leaving.unless}</p>
        <form @submit=${this.#leave}>
          <label class="check"><input type="checkbox" required />${text.leaving.confirm}</label>
          <label class="check"><input type="checkbox" required />${text.leaving.phrase}</label>
          ${failure ? html`<cc-failure .failure=${failure}></cc-failure>` : nothing}
          <div>
            <button
              type="submit"
              class="wa-danger wa-outlined"
              ?disabled=${isBusy || isTransferring}
            >
              ${isBusy ? text.leaving.busy : text.leaving.button}
            </button>
          </div>
          ${isTransferring ? html`<p class="note">${text.you.busy}</p>` : nothing}
        </form>
      </section>
    `;
  }

  #leave(event: SubmitEvent): void {
    event.preventDefault();
    void this.#task.run(leave);
  }
}
