/** Messages, newest first; those that nobody has read yet are marked. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { Message } from "claimcheck";
import { person, recent } from "../format.js";
import { salePath } from "../router.js";
import { Watch } from "../state/cell.js";
import { inbox, refreshInbox } from "../state/inbox.js";
import { presence } from "../state/me.js";
import { nameOf, names } from "../state/names.js";
import { text } from "../text.js";
import { callout } from "./callout.js";
import { Light } from "./light.js";
import { statusBadge } from "./status.js";
import "./copy-id.js";

@customElement("cc-inbox")
export class InboxView extends Light {
  @state() private isBusy = false;

  constructor() {
    super();
    new Watch(this, [inbox, names, presence]);
  }

  override render(): TemplateResult {
    const { messages, isLoaded, failure } = inbox.value;
    return html`
      <div class="row">
        <h1>${text.inbox.heading}</h1>
        <button class="small wa-outlined" ?disabled=${this.isBusy} @click=${this.#refresh}>
          ${text.inbox.refresh}
        </button>
      </div>
      ${failure ? callout("warning", text.inbox.failed) : nothing}
      ${isLoaded && messages.length === 0 ? this.#empty() : nothing}
      <ul class="list">
        ${repeat(
          messages,
          ({ message_id }) => message_id,
          (message) => this.#message(message),
        )}
      </ul>
    `;
  }

  #empty(): TemplateResult {
    return html`
      <section class="card">
        <p>${text.inbox.none}</p>
        <cc-copy-id .value=${presence.value.me.id}></cc-copy-id>
      </section>
    `;
  }

  #message(message: Message): TemplateResult {
    const { transfer_id, type, title, from, created_at, read_at, status } = message;
    const isUnread = read_at === null;
    const sender = from === presence.value.me.id ? text.sale.you : person(nameOf(from), from);
    return html`
      <li>
        <a
          class=${isUnread ? "message unread" : "message"}
          href=${salePath(transfer_id)}
          data-transfer=${transfer_id}
        >
          <span class="row">
            <strong class="title"
              >${isUnread ? html`<span class="dot" role="img" aria-label=${text.inbox.unread}></span>` : nothing}${text.inbox.kinds[type] ?? type}:
              ${title}</strong
            >
            ${statusBadge(status)}
          </span>
          <span class="quiet">${text.inbox.from(sender)} · ${recent(created_at)}</span>
        </a>
      </li>
    `;
  }

  async #refresh(): Promise<void> {
    this.isBusy = true;
    await refreshInbox();
    this.isBusy = false;
  }
}
