/** The download links to a product's files: making one, counting, revoking, and what happened at each. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { DownloadLink, ProductFile } from "claimcheck";
import { moment } from "../format.js";
import { backend } from "../state/backend.js";
import { Task } from "../state/task.js";
import { text } from "../text.js";
import { callout } from "./callout.js";
import { Light } from "./light.js";
import "./copy-id.js";
import "./link-form.js";
import "./link-log.js";
import type { MadeLink } from "./link-form.js";

const VARIANTS = { open: "success", used_up: "neutral", expired: "neutral", revoked: "danger" };

@customElement("cc-links")
export class LinkList extends Light {
  @property({ attribute: false }) files: readonly ProductFile[] = [];
  @state() private links: readonly DownloadLink[] = [];
  @state() private next: string | null = null;
  @state() private made: MadeLink | undefined;
  /** Ids of the links whose log is shown. */
  @state() private opened: ReadonlySet<string> = new Set();
  readonly #task = new Task(this);

  override render(): TemplateResult {
    const links = this.#own();
    const { isBusy, failure } = this.#task;
    return html`
      <section class="card" aria-labelledby="links-heading">
        <h2 id="links-heading">${text.files.links}</h2>
        <p>${text.files.linksLead}</p>
        ${this.made ? this.#shownOnce(this.made) : nothing}
        ${links.length === 0 && this.next === null && !isBusy ? html`<p class="quiet">${text.files.noLinks}</p>` : nothing}
        <ul class="rows">
          ${repeat(
            links,
            ({ link_id }) => link_id,
            (link) => this.#link(link),
          )}
        </ul>
        ${this.next === null ? nothing : html`<button class="wa-outlined" @click=${this.#more}>${text.app.more}</button>`}
        ${failure ? html`<cc-failure .failure=${failure}></cc-failure>` : nothing}
        ${
          this.files.some(({ is_current }) => is_current)
            ? html`<details>
                <summary>${text.files.make}</summary>
                <cc-link-form .files=${this.files} @link-made=${this.#remember}></cc-link-form>
              </details>`
            : nothing
        }
      </section>
    `;
  }

  protected override firstUpdated(): void {
    void this.#more();
  }

  /** The server lists the links to all of an owner's products. */
  #own(): readonly DownloadLink[] {
    const releases = new Set(this.files.map(({ release_id }) => release_id));
    return this.links.filter(({ release_id }) => releases.has(release_id));
  }

  /** Page after page, until one has something of this product. */
  readonly #more = (): Promise<boolean> =>
    this.#task.run(async () => {
      const before = this.#own().length;
      do {
        const { links, next } = await backend.links(this.next ?? undefined);
        this.links = [...this.links, ...links];
        this.next = next;
      } while (this.next !== null && this.#own().length === before);
    });

  /** The form stands far below what it made, on a phone out of sight. */
  async #remember(event: CustomEvent<MadeLink>): Promise<void> {
    this.made = event.detail;
    this.links = [event.detail.link, ...this.links];
    await this.updateComplete;
    this.querySelector<HTMLElement>(".made")?.focus();
  }

  #shownOnce({ url }: MadeLink): TemplateResult {
    return html`
      <div class="made stack" tabindex="-1">
        ${callout("success", text.files.made)}
        <cc-copy-id .value=${url}></cc-copy-id>
      </div>
    `;
  }

  #link(link: DownloadLink): TemplateResult {
    const { link_id, state, downloads, max_downloads, expires_at } = link;
    const isOpened = this.opened.has(link_id);
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
          <button
            class="small wa-outlined"
            aria-expanded=${isOpened ? "true" : "false"}
            @click=${() => this.#toggleLog(link_id)}
          >
            ${isOpened ? text.files.hideLog : text.files.showLog}
          </button>
          ${
            state === "open"
              ? html`<button class="small wa-outlined" @click=${() => this.#revoke(link_id)}>
                  ${text.files.revoke}
                </button>`
              : nothing
          }
        </div>
        ${isOpened ? html`<cc-link-log .linkId=${link_id}></cc-link-log>` : nothing}
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
  async #toggleLog(linkId: string): Promise<void> {
    const opened = new Set(this.opened);
    const isClosed = opened.delete(linkId);
    this.opened = isClosed ? opened : opened.add(linkId);
    if (isClosed) return;
    await this.#task.run(async () => {
      // The list goes on behind the link before this one, which is where this one stands.
      const at = this.links.findIndex(({ link_id }) => link_id === linkId);
      const { links } = await backend.links(this.links[at - 1]?.link_id);
      const fresh = new Map(links.map((link) => [link.link_id, link]));
      this.links = this.links.map((link) => fresh.get(link.link_id) ?? link);
    });
  }
}
