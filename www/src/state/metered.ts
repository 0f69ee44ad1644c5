/** What a transfer tells of its progress, as readings, once a frame. */
import type { Progress } from "claimcheck";
import { onceAFrame } from "./backend.js";
import { Meter, type Reading } from "./meter.js";

/** A listener for one transfer that the worker can call. */
export function metered(show: (reading: Reading) => void): (progress: Progress) => void {
  const meter = new Meter();
  return onceAFrame((progress) => show(meter.read(progress)));
}
