/** Who one is: id, name, recovery phrase, and becoming the one of another phrase. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { backend } from "../state/backend.js";
import { Watch } from "../state/cell.js";
import { presence, rename, restore } from "../state/me.js";
import { running } from "../state/running.js";
import { Task } from "../state/task.js";
import { text } from "../text.js";
import { callout } from "./callout.js";
import { Light } from "./light.js";
import "./copy-id.js";
import "./leave.js";

@customElement("cc-you")
export class YouView extends Light {
  @state() private words: readonly string[] = [];
  @state() private isSaved = false;
  @state() private isRestored = false;
  readonly #task = new Task(this);

  constructor() {
    super();
    new Watch(this, [presence, running]);
  }

  override render(): TemplateResult {
    const { failure } = this.#task;
    return html`
      <h1>${text.you.heading}</h1>
      <p class="lead">${text.you.lead}</p>
      ${failure ? html`<cc-failure .failure=${failure}></cc-failure>` : nothing}
      <section class="card">
        <h2>${text.id.yours}</h2>
        ${this.isRestored ? callout("success", text.you.restored) : nothing}
        <cc-copy-id .value=${presence.value.me.id}></cc-copy-id>
        <p class="note">${text.id.hint}</p>
        ${this.#name()}
      </section>
      ${this.#phrase()} ${this.#restore()}
      <cc-leave></cc-leave>
    `;
  }

  #name(): TemplateResult {
    return html`
      <form @submit=${this.#rename}>
        <div>
          <label for="name">${text.you.name}</label>
          <input
            id="name"
            maxlength="60"
            autocomplete="nickname"
            .value=${presence.value.me.displayName}
          />
          <p class="note">${text.you.nameHint}</p>
        </div>
        <div class="row start">
          <button
            type="submit"
            class="wa-outlined"
            ?disabled=${presence.value.standing !== "ready"}
          >
            ${text.you.saveName}
          </button>
          <span class="note good" role="status"
            >${this.isSaved ? text.you.nameSaved : nothing}</span
          >
        </div>
      </form>
    `;
  }

  #phrase(): TemplateResult {
    const isShown = this.words.length > 0;
    return html`
      <section class="card">
        <h2>${text.you.phrase}</h2>
        <p>${text.you.phraseLead}</p>
        ${
          isShown
            ? html`<ol class="words" translate="no">
                ${this.words.map((word) => html`<li>${word}</li>`)}
              </ol>`
            : nothing
        }
        <button class="wa-outlined" @click=${this.#showPhrase}>
          ${isShown ? text.you.hidePhrase : text.you.showPhrase}
        </button>
      </section>
    `;
  }

  #restore(): TemplateResult {
    const isBusy = running.value > 0;
    return html`
      <section class="card">
        <h2>${text.you.restore}</h2>
        <p>${text.you.restoreLead}</p>
        <form @submit=${this.#become}>
          <div>
            <label for="phrase">${text.you.restoreLabel}</label>
            <textarea
              id="phrase"
              rows="4"
              required
              autocomplete="off"
              autocapitalize="none"
              spellcheck="false"
            ></textarea>
          </div>
          <label class="check"><input type="checkbox" required />${text.you.restoreConfirm}</label>
          <div>
            <button type="submit" class="wa-outlined" ?disabled=${isBusy}>
              ${text.you.restoreButton}
            </button>
          </div>
          ${isBusy ? html`<p class="note">${text.you.busy}</p>` : nothing}
        </form>
      </section>
    `;
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    this.isSaved = false;
    this.isRestored = false;
    await this.#task.run(work);
    if (this.#task.failure) scrollTo(0, 0);
  }

  #rename(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const name = this.querySelector<HTMLInputElement>("#name")?.value.trim() ?? "";
    return this.#attempt(async () => {
      await rename(name);
      this.isSaved = true;
    });
  }

  #showPhrase(): Promise<void> {
    return this.#attempt(async () => {
      this.words = this.words.length > 0 ? [] : (await backend.phrase()).split(" ");
    });
  }

  #become(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const phrase =
      form.querySelector("textarea")?.value.trim().toLowerCase().split(/\s+/).join(" ") ?? "";
    return this.#attempt(async () => {
      await restore(phrase);
      form.reset();
      this.words = [];
      this.isRestored = true;
      scrollTo(0, 0);
    });
  }
}
