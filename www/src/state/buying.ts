/** Downloads that run or ended in this tab, by what they are of. */
import type { OfferedFile, Progress } from "claimcheck";
import type { Delivery, Place } from "../worker/backend.js";
import { backend } from "./backend.js";
import { Cell } from "./cell.js";
import { asFailure, type Failure } from "./failure.js";
import { AT_REST, type Reading } from "./meter.js";
import { metered } from "./metered.js";
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

/** Something that can be downloaded. */
export interface Source {
  /** Tells one from another. */
  readonly key: string;
  contents(): Promise<OfferedFile[]>;
  download(job: string, place: Place, show: (progress: Progress) => void): Promise<Delivery>;
}

export const ofTransfer = (transferId: string): Source => ({
  key: transferId,
  contents: () => backend.contents(transferId),
  download: (job, place, show) => backend.download(job, transferId, place, show),
});

const cells = new Map<string, Cell<Buying>>();

export function buying(key: string): Cell<Buying> {
  const cell = cells.get(key) ?? new Cell<Buying>({ step: "idle" });
  cells.set(key, cell);
  return cell;
}

/** Downloads, verifies and saves. What became of it stands in {@link buying}. */
export async function download(source: Source, place: Place): Promise<void> {
  dropStored(source.key);
  const cell = buying(source.key);
  const job = crypto.randomUUID();
  cell.set({ step: "downloading", reading: AT_REST, isCancelling: false, job });
  const show = metered((reading) => {
    const now = cell.value;
    if (now.step === "downloading") cell.set({ ...now, reading });
  });
  try {
    const delivery = await whileRunning(() => source.download(job, place, show));
    cell.set({ step: "delivered", delivery, place, job });
  } catch (thrown) {
    const failure = asFailure(thrown);
    cell.set(failure.code === "cancelled" ? { step: "cancelled" } : { step: "failed", failure });
  }
}

export function cancelBuying(key: string): void {
  const now = buying(key).value;
  if (now.step !== "downloading") return;
  buying(key).set({ ...now, isCancelling: true });
  void backend.cancel(now.job);
}

/** Removes the copies in the private storage that were there to be handed on. */
export function dropStored(key: string): void {
  const now = buying(key).value;
  if (now.step === "delivered") void backend.drop(now.job);
  if (now.step !== "downloading") buying(key).set({ step: "idle" });
}
