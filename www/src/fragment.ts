/**
 * The secret part of an address, behind its #: taken out of the address bar as soon as the page is there, before
 * anything is asked of a server.
 */

/** Addresses whose fragment opens something. */
const SECRET = /^\/(?:p|downloads)\/[^/]+$/;

/** By path, of this tab. */
const taken = new Map<string, string>();

/** Takes the fragment of an address of this origin, if it has a secret one. */
export function takeFragment({ pathname, hash }: { pathname: string; hash: string }): void {
  if (SECRET.test(pathname) && hash.length > 1) taken.set(pathname, hash.slice(1));
}

/** What was taken from an address, without its #. */
export function fragmentOf(pathname: string): string | undefined {
  return taken.get(pathname);
}

function clearAddress(): void {
  if (!SECRET.test(location.pathname) || location.hash.length <= 1) return;
  takeFragment(location);
  history.replaceState(null, "", location.pathname);
}

clearAddress();
// Another link to the same path was pasted into the address bar.
addEventListener("hashchange", () => {
  clearAddress();
  dispatchEvent(new PopStateEvent("popstate"));
});
