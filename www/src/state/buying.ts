/** Downloads that run or ended in this tab, by transfer. */
import type { Delivery, Place } from "../worker/backend.js";
import { backend, onceAFrame } from "./backend.js";
import { Cell } from "./cell.js";
import { asFailure, type Failure } from "./failure.js";
import { AT_REST, Meter, type Reading } from "./meter.js";
import { whileRunning } from "./running.js";

export type Buying =
  | { readonly step: "idle" }
  | {
      readonly step: "downloading";
      readonly reading: Reading;
      readonly isCancelling: boolean;
      readonly job: string;
    }
  | {
      readonly step: "delivered";
      readonly delivery: Delivery;
      readonly place: Place;
      readonly job: string;
    }
  | { readonly step: "cancelled" }
  | { readonly step: "failed"; readonly failure: Failure };

const cells = new Map<string, Cell<Buying>>();

export function buying(transferId: string): Cell<Buying> {
  const cell = cells.get(transferId) ?? new Cell<Buying>({ step: "idle" });
  cells.set(transferId, cell);
  return cell;
}

/** Downloads, verifies and saves. What became of it stands in {@link buying}. */
export async function download(transferId: string, place: Place): Promise<void> {
  dropStored(transferId);
  const cell = buying(transferId);
  const job = crypto.randomUUID();
  cell.set({ step: "downloading", reading: AT_REST, isCancelling: false, job });
  const meter = new Meter();
  const show = onceAFrame((progress) => {
    const now = cell.value;
    if (now.step === "downloading") cell.set({ ...now, reading: meter.read(progress) });
  });
  try {
    const delivery = await whileRunning(() => backend.download(job, transferId, place, show));
    cell.set({ step: "delivered", delivery, place, job });
  } catch (thrown) {
    const failure = asFailure(thrown);
    cell.set(failure.code === "cancelled" ? { step: "cancelled" } : { step: "failed", failure });
  }
}

export function cancelBuying(transferId: string): void {
  const now = buying(transferId).value;
  if (now.step !== "downloading") return;
  buying(transferId).set({ ...now, isCancelling: true });
  void backend.cancel(now.job);
}

/** Removes the copies in the private storage that were there to be handed on. */
export function dropStored(transferId: string): void {
  const now = buying(transferId).value;
  if (now.step === "delivered") void backend.drop(now.job);
  if (now.step !== "downloading") buying(transferId).set({ step: "idle" });
}
