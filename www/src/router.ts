/** Which view an address is. The server answers each of these addresses with the page. */
import { Cell } from "./state/cell.js";

/** How a buyer came back from the payment page. */
export type CheckoutReturn = "success" | "cancel";

export type Route =
  | { readonly view: "sell" }
  | { readonly view: "inbox" }
  | { readonly view: "you" }
  | { readonly view: "sale"; readonly transferId: string; readonly checkout?: CheckoutReturn }
  | { readonly view: "unknown" };

const SALE = /^\/sales\/(transfer_[0-9a-z]{26})$/;

/** `search` is the query with its question mark. */
export function routeOf(path: string, search = ""): Route {
  const transferId = SALE.exec(path)?.[1];
  if (transferId !== undefined) {
    const checkout = new URLSearchParams(search).get("checkout");
    const isReturn = checkout === "success" || checkout === "cancel";
    return isReturn ? { view: "sale", transferId, checkout } : { view: "sale", transferId };
  }
  if (path === "/") return { view: "sell" };
  if (path === "/inbox" || path === "/you") return { view: path === "/inbox" ? "inbox" : "you" };
  return { view: "unknown" };
}

export const salePath = (transferId: string): string => `/sales/${transferId}`;

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
    if (link.pathname !== location.pathname) history.pushState(null, "", link.pathname);
    route.set(routeOf(link.pathname));
  });
}
