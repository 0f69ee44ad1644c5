/** The download links to a product's files: making one, counting, revoking, and what happened at each. */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { DownloadLink, LinkLogEntry, ProductFile } from "claimcheck";
import { moment } from "../format.js";
import { backend } from "../state/backend.js";
import { Task } from "../state/task.js";
import { text } from "../text.js";
import { Light } from "./light.js";
import "./copy-id.js";
import "./link-form.js";
import type { MadeLink } from "./link-form.js";

const VARIANTS = { open: "success", used_up: "neutral", expired: "neutral", revoked: "danger" };

@customElement("cc-links")
export class LinkList extends Light {
  @property({ attribute: false }) files: readonly ProductFile[] = [];
  @state() private links: readonly DownloadLink[] = [];
  @state() private next: string | null = null;
  @state() private made: MadeLink | undefined;
  @state() private logs: ReadonlyMap<string, readonly LinkLogEntry[]> = new Map();
  readonly #task = new Task(this);

  override render(): TemplateResult {
    const releases = new Set(this.files.map(({ release_id }) => release_id));
    const links = this.links.filter(({ release_id }) => releases.has(release_id));
    const { failure } = this.#task;
    return html`
      <section class="card" aria-labelledby="links-heading">
        <h2 id="links-heading">${text.files.links}</h2>
        <p>${text.files.linksLead}</p>
        ${this.made ? this.#shownOnce(this.made) : nothing}
        ${links.length === 0 ? html`<p class="quiet">${text.files.noLinks}</p>` : nothing}
        <ul class="rows">
          ${repeat(
            links,
            ({ link_id }) => link_id,
            (link) => this.#link(link),
          )}
        </ul>
        ${this.next === null ? nothing : html`<button class="wa-outlined" @click=${this.#more}>${text.app.more}</button>`}
        ${failure ? html`<cc-failure .failure=${failure}></cc-failure>` : nothing}
        <details>
          <summary>${text.files.make}</summary>
          <cc-link-form .files=${this.files} @link-made=${this.#remember}></cc-link-form>
        </details>
      </section>
    `;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("files")) void this.#task.run(() => this.#load());
  }

  async #load(): Promise<void> {
    const { links, next } = await backend.links();
    this.links = links;
    this.next = next;
  }

  readonly #more = (): Promise<boolean> =>
    this.#task.run(async () => {
      const { links, next } = await backend.links(this.next ?? undefined);
      this.links = [...this.links, ...links];
      this.next = next;
    });

  #remember(event: CustomEvent<MadeLink>): void {
    this.made = event.detail;
    this.links = [event.detail.link, ...this.links];
  }

  #shownOnce({ url }: MadeLink): TemplateResult {
    return html`
      <wa-callout variant="success" role="status">${text.files.made}</wa-callout>
      <cc-copy-id .value=${url}></cc-copy-id>
    `;
  }

  #link(link: DownloadLink): TemplateResult {
    const { link_id, state, downloads, max_downloads, expires_at } = link;
    const entries = this.logs.get(link_id);
    return html`
      <li class="stack" data-link=${state}>
        <div class="row">
          <strong>${this.#whatItGives(link)}</strong>
          <wa-badge variant=${VARIANTS[state]} appearance="filled"
            >${text.files.states[state]}</wa-badge
          >
        </div>
        <p class="quiet figures">
          <span>${text.files.count(downloads, max_downloads)}</span>
          <span>${text.files.until(moment(expires_at))}</span>
          ${link.has_password ? html`<span>${text.files.hasPassword}</span>` : nothing}
        </p>
        <div class="row start">
          <button class="small wa-outlined" @click=${() => this.#showLog(link_id)}>
            ${text.files.log}
          </button>
          ${
            state === "open"
              ? html`<button class="small wa-outlined" @click=${() => this.#revoke(link_id)}>
                  ${text.files.revoke}
                </button>`
              : nothing
          }
        </div>
        ${entries ? log(entries) : nothing}
      </li>
    `;
  }

  #whatItGives({ file_id, transfer_id, release_id }: DownloadLink): string {
    if (transfer_id !== null) return text.files.ofSale;
    const file = this.files.find((file) => file.file_id === file_id);
    if (file) return text.files.ofFile(file.path);
    const release = this.files.filter((file) => file.release_id === release_id);
    return release[0]?.is_current === false ? text.files.earlier : text.files.whole(release.length);
  }

  #revoke(linkId: string): Promise<boolean> {
    return this.#task.run(async () => {
      const revoked = await backend.revokeLink(linkId);
      this.links = this.links.map((link) => (link.link_id === linkId ? revoked : link));
    });
  }

  /** With the counts as they are now, which the log explains. */
  #showLog(linkId: string): Promise<boolean> {
    return this.#task.run(async () => {
      const { entries } = await backend.linkLog(linkId);
      this.logs = new Map([...this.logs, [linkId, entries]]);
      await this.#load();
    });
  }
}

function log(entries: readonly LinkLogEntry[]): TemplateResult {
  if (entries.length === 0) return html`<p class="note">${text.files.noLog}</p>`;
  return html`
    <div class="scroll" tabindex="0" role="group" aria-label=${text.files.log}>
      <table>
        <thead>
          <tr>
            <th scope="col">${text.files.logTime}</th>
            <th scope="col">${text.files.logEvent}</th>
            <th scope="col">${text.files.logFrom}</th>
          </tr>
        </thead>
        <tbody>
          ${entries.map(
            ({ event, code, at, ip, user_agent }) => html`
              <tr>
                <td>${moment(at)}</td>
                <td>
                  ${text.files.events[event] ?? event}${code === null ? nothing : ` (${code})`}
                </td>
                <td>${[ip, user_agent].filter(Boolean).join(" · ")}</td>
              </tr>
            `,
          )}
        </tbody>
      </table>
    </div>
  `;
}
