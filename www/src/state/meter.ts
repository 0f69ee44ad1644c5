/** Speed and time left, from the progress of the last seconds. */
import type { Phase, Progress } from "claimcheck";

export interface Reading {
  readonly phase: Phase;
  readonly done: number;
  readonly total: number;
  /** Bytes a second; unknown before anything moved, and while nothing does. */
  readonly speed?: number;
  readonly secondsLeft?: number;
  readonly retries: number;
}

export const AT_REST: Reading = { phase: "started", done: 0, total: 0, retries: 0 };

/** Long enough to even out chunks that arrive together, short enough to follow a line that gets slower. */
const WINDOW_MS = 8000;

export class Meter {
  #samples: { at: number; done: number }[] = [];

  /** `now` in milliseconds, of any clock that does not run backwards. */
  read(
    { phase, bytesDone: done, bytesTotal: total, retries }: Progress,
    now = performance.now(),
  ): Reading {
    this.#samples = this.#samples.filter(({ at }) => now - at <= WINDOW_MS);
    this.#samples.push({ at: now, done });
    const reading = { phase, done, total, retries };
    const first = this.#samples[0];
    if (first === undefined || phase === "waiting" || done === first.done || now === first.at)
      return reading;
    const speed = ((done - first.done) / (now - first.at)) * 1000;
    return { ...reading, speed, secondsLeft: (total - done) / speed };
  }
}
