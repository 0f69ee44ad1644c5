/** What a download link gives to whoever has it. Looking uses nothing up. */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import type { OfferedFile } from "claimcheck";
import { bytes, moment } from "../format.js";
import { fragmentOf } from "../fragment.js";
import { backend } from "../state/backend.js";
import type { Source } from "../state/buying.js";
import { asFailure, type Failure } from "../state/failure.js";
import { Task } from "../state/task.js";
import { text } from "../text.js";
import type { LinkStanding } from "../worker/links.js";
import { callout } from "./callout.js";
import { notOpened } from "./dead-link.js";
import { facts } from "./facts.js";
import { Light } from "./light.js";
import "./delivery.js";

@customElement("cc-link")
export class LinkView extends Light {
  @property() path = "";
  @state() private standing: LinkStanding | undefined;
  @state() private files: readonly OfferedFile[] | undefined;
  @state() private isIncomplete = false;
  @state() private failure: Failure | undefined;
  @query("#link-password") private readonly password!: HTMLInputElement | null;
  readonly #task = new Task(this);

  override render(): TemplateResult {
    const { standing, failure } = this;
    return html`
      <h1>${text.link.heading}</h1>
      ${standing ? html`<p class="lead">${text.link.lead}</p>` : nothing}
      ${this.isIncomplete ? callout("warning", text.link.incomplete, "alert") : nothing}
      ${failure ? notOpened(failure) : nothing} ${standing ? this.#link(standing) : nothing}
      ${standing || failure || this.isIncomplete ? nothing : html`<p class="quiet" role="status">${text.app.loading}</p>`}
    `;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("path")) void this.#load();
  }

  async #load(): Promise<void> {
    const { path } = this;
    try {
      const standing = await backend.openLink(path, fragmentOf(path));
      this.isIncomplete = standing === undefined;
      this.standing = standing;
      // What was begun here goes on without a question.
      if (standing?.isClaimed) await this.#claim();
    } catch (thrown) {
      this.failure = asFailure(thrown);
    }
  }

  #link({ info, isClaimed }: LinkStanding): TemplateResult {
    const total = info.files.reduce((sum, { size }) => sum + size, 0);
    const { failure } = this.#task;
    const isFresh = info.state === "open" && !isClaimed && this.files === undefined;
    return html`
      <section class="card">
        ${facts([
          [text.link.size, text.link.sizeValue(info.files.length, bytes(total))],
          [text.link.left, isFresh ? info.downloads_left : undefined],
          [text.link.ends, moment(info.expires_at)],
        ])}
        ${this.files ? html`<p class="note">${text.link.claimed}</p>` : nothing}
        ${this.files || isClaimed ? nothing : this.#action(info.state, info.has_password)}
        ${failure ? html`<cc-failure .failure=${failure}></cc-failure>` : nothing}
      </section>
      ${this.files ? html`<cc-delivery .source=${this.#source(this.files)}></cc-delivery>` : nothing}
    `;
  }

  #action(state: LinkStanding["info"]["state"], hasPassword: boolean): TemplateResult {
    if (state !== "open") {
      const words = state === "used_up" ? text.link.usedUp : text.link.expired;
      return callout("warning", `${words} ${text.link.ask}`);
    }
    const submit = (event: SubmitEvent) => {
      event.preventDefault();
      void this.#claim();
    };
    return html`
      <form @submit=${submit}>
        ${
          hasPassword
            ? html`<div>
                <label for="link-password">${text.link.password}</label>
                <input
                  id="link-password"
                  type="password"
                  required
                  autocomplete="off"
                  aria-invalid=${this.#isWrongPassword ? "true" : nothing}
                  aria-describedby="link-password-note"
                />
                <p id="link-password-note" class="note">${text.link.passwordHint}</p>
              </div>`
            : nothing
        }
        <div>
          <button type="submit" class="wa-brand" ?disabled=${this.#task.isBusy}>
            ${this.#task.isBusy ? text.link.getting : text.link.get}
          </button>
          <p class="note">${text.link.getHint}</p>
        </div>
      </form>
    `;
  }

  async #claim(): Promise<void> {
    const { path } = this;
    const password = this.password?.value || undefined;
    await this.#task.run(async () => (this.files = await backend.claimLink(path, password)));
    if (!this.#isWrongPassword) return;
    await this.updateComplete;
    this.password?.select();
  }

  get #isWrongPassword(): boolean {
    return this.#task.failure?.code === "wrong_password";
  }

  #source(files: readonly OfferedFile[]): Source {
    const { path } = this;
    return {
      key: path,
      contents: async () => [...files],
      download: (job, place, show) => backend.downloadLink(job, path, place, show),
    };
  }
}
