/** Which view an address is. The server answers each of these addresses with the page. */
import { takeFragment } from "./fragment.js";
import { Cell } from "./state/cell.js";

/** How a buyer came back from the payment page. */
export type CheckoutReturn = "success" | "cancel";

export type Route =
  | { readonly view: "sell" }
  | { readonly view: "inbox" }
  | { readonly view: "you" }
  | { readonly view: "sale"; readonly transferId: string; readonly checkout?: CheckoutReturn }
  | { readonly view: "verify" }
  /** What a link sells to whoever has it. */
  | { readonly view: "listing"; readonly path: string }
  /** What a link gives away. */
  | { readonly view: "link"; readonly path: string }
  /** The files of a product of one's own, and the links to them. */
  | { readonly view: "files"; readonly productId: string }
  | { readonly view: "unknown" };

const SALE = /^\/sales\/(transfer_[0-9a-z]{26})$/;
const LISTING = /^\/p\/product_[0-9a-z]{26}$/;
const LINK = /^\/downloads\/[\w-]{43}$/;
const FILES = /^\/dashboard\/products\/(product_[0-9a-z]{26})\/files$/;

/** `search` is the query with its question mark. */
export function routeOf(path: string, search = ""): Route {
  const transferId = SALE.exec(path)?.[1];
  if (transferId !== undefined) {
    const checkout = new URLSearchParams(search).get("checkout");
    const isReturn = checkout === "success" || checkout === "cancel";
    return isReturn ? { view: "sale", transferId, checkout } : { view: "sale", transferId };
  }
  const productId = FILES.exec(path)?.[1];
  if (productId !== undefined) return { view: "files", productId };
  if (LISTING.test(path)) return { view: "listing", path };
  if (LINK.test(path)) return { view: "link", path };
  if (path === "/verify") return { view: "verify" };
  if (path === "/") return { view: "sell" };
  if (path === "/inbox" || path === "/you") return { view: path === "/inbox" ? "inbox" : "you" };
  return { view: "unknown" };
}

/** Views for anybody, who need not become somebody for them. */
export const isForAnybody = ({ view }: Route): boolean =>
  view === "verify" || view === "link" || view === "unknown";

export const filesPath = (productId: string): string => `/dashboard/products/${productId}/files`;

export const salePath = (transferId: string): string => `/sales/${transferId}`;

/** Goes to another view. */
export function goTo(path: string): void {
  if (path !== location.pathname) history.pushState(null, "", path);
  route.set(routeOf(path));
}

export const route = new Cell<Route>(routeOf(location.pathname, location.search));

/** Follows links inside of the page without loading it anew, which would end running transfers. */
export function startRouter(): void {
  addEventListener("popstate", () => route.set(routeOf(location.pathname, location.search)));
  document.addEventListener("click", (event) => {
    const isPlain =
      event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    const link = event.composedPath().find((target) => target instanceof HTMLAnchorElement);
    if (
      !isPlain ||
      event.defaultPrevented ||
      link === undefined ||
      link.target !== "" ||
      link.hasAttribute("download")
    )
      return;
    if (link.origin !== location.origin || routeOf(link.pathname).view === "unknown") return;
    event.preventDefault();
    takeFragment(link);
    goTo(link.pathname);
  });
}
