/** The page's end of the worker. */
import { proxy, wrap, type Remote } from "comlink";
import type { Progress } from "claimcheck";
import type { Backend } from "../worker/backend.js";

const worker = new Worker(new URL("../worker/worker.ts", import.meta.url), {
  type: "module",
  name: "claimcheck",
});

/** The worker could not be loaded, or broke. Calls to it are never answered then. */
export function onBroken(tell: () => void): void {
  worker.addEventListener("error", tell);
}

export const backend: Remote<Backend> = wrap<Backend>(worker);

/** A listener that the worker can call. However often it does, `show` runs once a frame with the latest. */
export function onceAFrame(show: (progress: Progress) => void): (progress: Progress) => void {
  let latest: Progress | undefined;
  const flush = () => {
    if (latest !== undefined) show(latest);
    latest = undefined;
  };
  return proxy((progress: Progress) => {
    // A hidden page gets no frames.
    if (latest === undefined) document.hidden ? setTimeout(flush, 0) : requestAnimationFrame(flush);
    latest = progress;
  });
}
