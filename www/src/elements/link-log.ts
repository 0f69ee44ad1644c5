/** What happened at a download link, newest first and page by page. */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { LinkLogEntry } from "claimcheck";
import { moment, short } from "../format.js";
import { backend } from "../state/backend.js";
import { Task } from "../state/task.js";
import { text } from "../text.js";
import { Light } from "./light.js";

@customElement("cc-link-log")
export class LinkLog extends Light {
  @property() linkId = "";
  @state() private entries: readonly LinkLogEntry[] | undefined;
  @state() private next: number | null = null;
  readonly #task = new Task(this);

  override render(): TemplateResult {
    const { entries, next } = this;
    const { isBusy, failure } = this.#task;
    return html`
      ${entries === undefined && isBusy ? html`<p class="quiet" role="status">${text.app.loading}</p>` : nothing}
      ${entries ? list(entries) : nothing}
      ${
        next === null
          ? nothing
          : html`<button class="small wa-outlined" ?disabled=${isBusy} @click=${this.#more}>
              ${text.files.moreLog}
            </button>`
      }
      ${failure ? html`<cc-failure .failure=${failure}></cc-failure>` : nothing}
    `;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("linkId")) return;
    this.entries = undefined;
    this.next = null;
    void this.#more();
  }

  readonly #more = (): Promise<boolean> =>
    this.#task.run(async () => {
      const { entries, next } = await backend.linkLog(this.linkId, this.next ?? undefined);
      this.entries = [...(this.entries ?? []), ...entries];
      this.next = next;
    });
}

function list(entries: readonly LinkLogEntry[]): TemplateResult {
  if (entries.length === 0) return html`<p class="note">${text.files.noLog}</p>`;
  return html`
    <ol class="log" aria-label=${text.files.log}>
      ${entries.map(
        (entry) => html`
          <li>
            <span>${whatHappened(entry)}</span>
            <span class="quiet">${moment(entry.at)}</span>
            ${origin(entry)}
          </li>
        `,
      )}
    </ol>
    ${entries.some(({ ip }) => ip !== null) ? html`<p class="note">${text.files.logAddress}</p>` : nothing}
  `;
}

function whatHappened({ event, code }: LinkLogEntry): string {
  const what = text.files.events[event] ?? event;
  return code === null ? what : `${what}: ${text.files.refusals[code] ?? code}`;
}

function origin({ ip, user_agent }: LinkLogEntry): unknown {
  const from = [ip === null ? undefined : short(ip), user_agent].filter(Boolean).join(" · ");
  return from === "" ? nothing : html`<span class="note">${from}</span>`;
}
