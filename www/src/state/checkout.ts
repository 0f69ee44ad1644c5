/** A buyer's acceptance, and the way to the payment page. The keys are in this browser's storage before it is left. */
import { backend } from "./backend.js";

export type Acceptance = "accepted" | "leaving";

/** Accepts an offer, or asks for the payment page again; where there is something to pay, the browser goes there. */
export async function accept(transferId: string): Promise<Acceptance> {
  // The browser then does not throw the keys away when it runs out of room. It may refuse.
  void navigator.storage.persist().catch(() => undefined);
  const address = await backend.accept(transferId);
  if (address === null) return "accepted";
  location.assign(webAddress(address));
  return "leaving";
}

/** Whatever a server says, nothing but a web page is opened. */
function webAddress(address: string): string {
  const { protocol, href } = new URL(address);
  if (protocol === "https:" || protocol === "http:") return href;
  throw { code: "untrusted", message: "the payment page has an address of another kind" };
}
