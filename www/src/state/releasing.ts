/** The uploads of new releases of products that are there already, by product. */
import type { PickedFile } from "../worker/backend.js";
import { backend } from "./backend.js";
import { Cell } from "./cell.js";
import { asFailure, type Failure } from "./failure.js";
import { AT_REST, type Reading } from "./meter.js";
import { metered } from "./metered.js";
import { whileRunning } from "./running.js";
import { refreshSales } from "./sales.js";

export type Releasing =
  | { readonly step: "idle" | "done" | "cancelled" }
  | {
      readonly step: "uploading";
      readonly reading: Reading;
      readonly isCancelling: boolean;
      readonly job: string;
    }
  | { readonly step: "failed"; readonly failure: Failure };

const IDLE: Releasing = { step: "idle" };

/** What is not in it is idle. */
export const releasing = new Cell<ReadonlyMap<string, Releasing>>(new Map());

export const releasingOf = (productId: string): Releasing => releasing.value.get(productId) ?? IDLE;

function set(productId: string, now: Releasing): void {
  releasing.set(new Map([...releasing.value, [productId, now]]));
}

/** Seals and uploads. What became of it stands in {@link releasing}. */
export async function release(productId: string, files: readonly PickedFile[]): Promise<void> {
  const job = crypto.randomUUID();
  set(productId, { step: "uploading", reading: AT_REST, isCancelling: false, job });
  const show = metered((reading) => {
    const now = releasingOf(productId);
    if (now.step === "uploading") set(productId, { ...now, reading });
  });
  try {
    await whileRunning(() => backend.upload(job, { product: { id: productId }, files }, show));
    set(productId, { step: "done" });
    await refreshSales();
  } catch (thrown) {
    const failure = asFailure(thrown);
    set(
      productId,
      failure.code === "cancelled" ? { step: "cancelled" } : { step: "failed", failure },
    );
  }
}

export function cancelReleasing(productId: string): void {
  const now = releasingOf(productId);
  if (now.step !== "uploading") return;
  set(productId, { ...now, isCancelling: true });
  void backend.cancel(now.job);
}

/** What became of an upload has been seen. */
export function forgetReleasing(productId: string): void {
  const { step } = releasingOf(productId);
  if (step !== "uploading" && step !== "idle") set(productId, IDLE);
}
