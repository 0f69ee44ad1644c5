/** Makes a download link to a release or to one of its files. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import type { DownloadLink, LinkRequest, ProductFile } from "claimcheck";
import { span } from "../format.js";
import { backend } from "../state/backend.js";
import { Task } from "../state/task.js";
import { text } from "../text.js";
import { Light } from "./light.js";

const HOUR = 3600;
/** The last is what the server gives at most. */
const HOURS = [1, 6, 24] as const;
const MOST_DOWNLOADS = 5;
const WHOLE = "";

export interface MadeLink {
  readonly link: DownloadLink;
  /** With the secret: known here only, and only now. */
  readonly url: string;
}

/** Fires `link-made` with a {@link MadeLink}. */
@customElement("cc-link-form")
export class LinkForm extends Light {
  @property({ attribute: false }) files: readonly ProductFile[] = [];
  @state() private isBad = false;
  @query("#link-what") private readonly what!: HTMLSelectElement;
  @query("#link-hours") private readonly hours!: HTMLSelectElement;
  @query("#link-downloads") private readonly downloads!: HTMLInputElement;
  @query("#link-new-password") private readonly password!: HTMLInputElement;
  readonly #task = new Task(this);

  override render(): TemplateResult {
    const current = this.files.filter(({ is_current, is_deleted }) => is_current && !is_deleted);
    const { failure } = this.#task;
    return html`
      <form @submit=${(event: SubmitEvent) => this.#make(event, current)} novalidate>
        <div>
          <label for="link-what">${text.files.what}</label>
          <select id="link-what">
            <option value=${WHOLE}>${text.files.whole(current.length)}</option>
            ${
              current.length > 1
                ? current.map(
                    ({ file_id, path }) => html`<option value=${file_id}>${path}</option>`,
                  )
                : nothing
            }
          </select>
        </div>
        <div class="fields">
          <div>
            <label for="link-hours">${text.files.expires}</label>
            <select id="link-hours">
              ${HOURS.map(
                (hours) =>
                  html`<option value=${hours} ?selected=${hours === 24}>
                    ${span(hours * HOUR)}
                  </option>`,
              )}
            </select>
          </div>
          <div>
            <label for="link-downloads">${text.files.downloads}</label>
            <input
              id="link-downloads"
              type="number"
              min="1"
              max=${MOST_DOWNLOADS}
              value=${MOST_DOWNLOADS}
              aria-describedby="link-downloads-note"
              aria-invalid=${this.isBad ? "true" : nothing}
            />
            <p id="link-downloads-note" class="note bad" aria-live="polite">
              ${this.isBad ? text.files.downloadsInvalid(MOST_DOWNLOADS) : nothing}
            </p>
          </div>
        </div>
        <div>
          <label for="link-new-password">${text.files.password}</label>
          <input
            id="link-new-password"
            type="password"
            autocomplete="new-password"
            aria-describedby="link-new-password-note"
          />
          <p id="link-new-password-note" class="note">${text.files.passwordHint}</p>
        </div>
        ${failure ? html`<cc-failure .failure=${failure}></cc-failure>` : nothing}
        <div>
          <button
            type="submit"
            class="wa-outlined"
            ?disabled=${this.#task.isBusy || current.length === 0}
          >
            ${text.files.makeButton}
          </button>
        </div>
      </form>
    `;
  }

  async #make(event: SubmitEvent, current: readonly ProductFile[]): Promise<void> {
    event.preventDefault();
    const maxDownloads = this.downloads.valueAsNumber;
    this.isBad = !isNumberOfDownloads(maxDownloads);
    if (this.isBad) return this.downloads.focus();
    const releaseId = current[0]?.release_id;
    if (releaseId === undefined) return;
    const [fileId, password] = [this.what.value, this.password.value];
    const request: LinkRequest = {
      releaseId,
      expiresIn: Number(this.hours.value) * HOUR,
      maxDownloads,
      ...(fileId === WHOLE ? {} : { fileId }),
      ...(password === "" ? {} : { password }),
    };
    await this.#task.run(async () => {
      const detail = await backend.createLink(request);
      this.dispatchEvent(new CustomEvent<MadeLink>("link-made", { detail }));
      this.password.value = "";
    });
  }
}

const isNumberOfDownloads = (count: number): boolean =>
  Number.isInteger(count) && count >= 1 && count <= MOST_DOWNLOADS;
