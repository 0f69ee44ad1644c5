/** The upload of a new release of a product that is there already. */
import type { PickedFile } from "../worker/backend.js";
import { backend, onceAFrame } from "./backend.js";
import { Cell } from "./cell.js";
import { asFailure, type Failure } from "./failure.js";
import { AT_REST, Meter, type Reading } from "./meter.js";
import { whileRunning } from "./running.js";
import { refreshSales } from "./sales.js";

export type Releasing =
  | { readonly step: "idle" | "done" }
  | { readonly step: "uploading"; readonly reading: Reading; readonly isCancelling: boolean }
  | { readonly step: "failed"; readonly failure: Failure };

export const releasing = new Cell<Releasing>({ step: "idle" });

let job = "";

/** Seals and uploads. What became of it stands in {@link releasing}. */
export async function release(productId: string, files: readonly PickedFile[]): Promise<void> {
  job = crypto.randomUUID();
  releasing.set({ step: "uploading", reading: AT_REST, isCancelling: false });
  const meter = new Meter();
  const show = onceAFrame((progress) => {
    const now = releasing.value;
    if (now.step === "uploading") releasing.set({ ...now, reading: meter.read(progress) });
  });
  try {
    await whileRunning(() => backend.upload(job, { product: { id: productId }, files }, show));
    releasing.set({ step: "done" });
    await refreshSales();
  } catch (thrown) {
    releasing.set({ step: "failed", failure: asFailure(thrown) });
  }
}

export function cancelReleasing(): void {
  const now = releasing.value;
  if (now.step === "uploading") releasing.set({ ...now, isCancelling: true });
  void backend.cancel(job);
}
