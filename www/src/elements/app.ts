/** The frame of the page: name, navigation, and the view that the address asks for. */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";
import { isForAnybody, route, type Route } from "../router.js";
import { Watch } from "../state/cell.js";
import { inbox, startInbox, stopInbox, unreadCount } from "../state/inbox.js";
import { presence, start } from "../state/me.js";
import { forgetSales, refreshSales } from "../state/sales.js";
import { text } from "../text.js";
import { callout } from "./callout.js";
import { Light } from "./light.js";
import "./failure.js";
import "./files.js";
import "./inbox.js";
import "./link.js";
import "./listing.js";
import "./sale.js";
import "./sell.js";
import "./verify.js";
import "./you.js";

@customElement("claimcheck-app")
export class App extends Light {
  @state() private isOffline = !navigator.onLine;
  #shown: Route = route.value;
  #enteredAs = "";
  #isStarted = false;

  constructor() {
    super();
    new Watch(this, [route, presence, inbox]);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    for (const name of ["online", "offline"])
      addEventListener(name, () => (this.isOffline = !navigator.onLine));
    presence.watch(() => this.#enter());
    route.watch(() => this.#become());
    this.#become();
  }

  override render(): TemplateResult {
    return html`
      <a class="skip" href="#content" @click=${this.#skip}>${text.app.skip}</a>
      <header>
        <a class="brand" href="/"
          ><img src="/favicon.svg" alt="" width="28" height="28" />${text.app.name}</a
        >
        <nav aria-label=${text.app.nav}>${this.#links()}</nav>
      </header>
      ${this.isOffline ? html`<p class="banner" role="status">${text.app.offline}</p>` : nothing}
      <main id="content" tabindex="-1">${this.#standing()} ${this.#view()}</main>
      <footer><a href="/verify">${text.verify.heading}</a></footer>
    `;
  }

  protected override updated(_changed: PropertyValues): void {
    document.title = text.app.title(viewTitle(route.value), unreadCount());
    if (route.value === this.#shown) return;
    this.#shown = route.value;
    this.#skip();
    scrollTo(0, 0);
  }

  /** Whoever only looks at what is for anybody gets no keys, and the server hears of nobody. */
  #become(): void {
    if (this.#isStarted || isForAnybody(route.value)) return;
    this.#isStarted = true;
    void start();
  }

  /** What another identity was shown is gone as soon as it is another's page. */
  #enter(): void {
    const { me, standing } = presence.value;
    if (standing === "left") {
      forgetSales();
      stopInbox();
    }
    if (standing !== "ready" || this.#enteredAs === me.id) return;
    this.#enteredAs = me.id;
    forgetSales();
    startInbox();
    void refreshSales();
  }

  readonly #skip = (event?: Event): void => {
    event?.preventDefault();
    this.querySelector<HTMLElement>("#content")?.focus();
  };

  #links(): TemplateResult[] {
    const unread = unreadCount();
    const links = [
      { href: "/", label: text.app.sell, view: "sell", count: 0 },
      { href: "/inbox", label: text.app.inbox, view: "inbox", count: unread },
      { href: "/you", label: text.app.you, view: "you", count: 0 },
    ];
    return links.map(
      ({ href, label, view, count }) => html`
        <a href=${href} aria-current=${route.value.view === view ? "page" : "false"}>
          ${label}
          ${
            count > 0
              ? html`<wa-badge pill variant="brand" aria-label=${text.app.unread(count)}
                  >${count}</wa-badge
                >`
              : nothing
          }
        </a>
      `,
    );
  }

  #standing(): unknown {
    const { standing, failure } = presence.value;
    if (standing === "ready" || isForAnybody(route.value)) return nothing;
    if (standing === "left") return left();
    if (failure) {
      return html`
        <cc-failure .failure=${failure}></cc-failure>
        <p><button @click=${() => start()}>${text.app.retry}</button></p>
      `;
    }
    return html`<p class="quiet" role="status">
      ${standing === "opening" ? text.app.opening : text.app.connecting}
    </p>`;
  }

  #view(): unknown {
    const { value } = route;
    if (presence.value.me.id === "" && !isForAnybody(value)) return nothing;
    switch (value.view) {
      case "sell":
        return html`<cc-sell></cc-sell>`;
      case "inbox":
        return html`<cc-inbox></cc-inbox>`;
      case "you":
        return html`<cc-you></cc-you>`;
      case "sale":
        return presence.value.standing === "ready"
          ? html`<cc-sale .transferId=${value.transferId} .back=${value.checkout}></cc-sale>`
          : nothing;
      case "listing":
        return keyed(value, html`<cc-listing .path=${value.path}></cc-listing>`);
      case "link":
        // Anew also for the same path: its secret may be another one, or was missing.
        return keyed(value, html`<cc-link .path=${value.path}></cc-link>`);
      case "files":
        return presence.value.standing === "ready"
          ? html`<cc-files .productId=${value.productId}></cc-files>`
          : nothing;
      case "verify":
        return html`<cc-verify></cc-verify>`;
      case "unknown":
        return html`<h1>${text.app.notFound}</h1>
          <p><a href="/">${text.app.home}</a></p>`;
    }
  }
}

const left = (): TemplateResult => html`
  ${callout(
    "success",
    html`<strong>${text.leaving.left}</strong>
      <p>${text.leaving.leftHint}</p>`,
  )}
  <p>
    <button @click=${() => location.assign("/")}>${text.leaving.again}</button>
  </p>
`;

function viewTitle({ view }: Route): string {
  return (
    {
      sell: text.app.sell,
      inbox: text.app.inbox,
      you: text.app.you,
      sale: text.app.sale,
      listing: text.app.listing,
      link: text.link.heading,
      files: text.files.title,
      verify: text.verify.heading,
      unknown: "",
    }[view] || text.app.notFound
  );
}
