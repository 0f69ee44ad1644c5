/** The upload that runs in this tab, and the offer that follows it. */
import type { Terms } from "../elements/terms.js";
import type { UploadOrder } from "../worker/backend.js";
import { backend } from "./backend.js";
import { Cell } from "./cell.js";
import { asFailure, type Failure } from "./failure.js";
import { AT_REST, type Reading } from "./meter.js";
import { metered } from "./metered.js";
import { makeOffer, type Audience, type Offered } from "./offering.js";
import { whileRunning } from "./running.js";
import { refreshSales } from "./sales.js";

export type Selling =
  | { readonly step: "idle" }
  | { readonly step: "uploading"; readonly reading: Reading; readonly isCancelling: boolean }
  | { readonly step: "offering" }
  | { readonly step: "offered"; readonly offered: Offered }
  | { readonly step: "cancelled" }
  | { readonly step: "failed"; readonly failure: Failure };

export interface SaleOrder extends UploadOrder {
  readonly title: string;
  readonly audience: Audience;
  readonly terms: Terms;
}

export const selling = new Cell<Selling>({ step: "idle" });

let job = "";

/** Seals, uploads and offers. What became of it stands in {@link selling}. */
export async function sell(order: SaleOrder): Promise<void> {
  job = crypto.randomUUID();
  selling.set({ step: "uploading", reading: AT_REST, isCancelling: false });
  try {
    const release = await whileRunning(() => upload(order));
    selling.set({ step: "offering" });
    const { audience, title, terms } = order;
    const releaseId = release.release_id;
    selling.set({
      step: "offered",
      offered: await makeOffer({ releaseId, title, terms, audience }),
    });
  } catch (thrown) {
    const failure = asFailure(thrown);
    selling.set(failure.code === "cancelled" ? { step: "cancelled" } : { step: "failed", failure });
  }
  void refreshSales();
}

function upload({ product, files }: SaleOrder) {
  // The browser then does not throw the keys away when it runs out of room. It may refuse.
  void navigator.storage.persist().catch(() => undefined);
  const show = metered((reading) => {
    const now = selling.value;
    if (now.step === "uploading") selling.set({ ...now, reading });
  });
  return backend.upload(job, { product, files }, show);
}

export function cancelSelling(): void {
  const now = selling.value;
  if (now.step === "uploading") selling.set({ ...now, isCancelling: true });
  void backend.cancel(job);
}

/** Ready for another sale. */
export function resetSelling(): void {
  selling.set({ step: "idle" });
}
