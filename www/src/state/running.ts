/** While files move: the screen stays on, and the page does not close without a question. */
import { Cell } from "./cell.js";

/** How many transfers run in this tab. */
export const running = new Cell(0);

let lock: WakeLockSentinel | undefined;

/** Runs a transfer. */
export async function whileRunning<T>(transfer: () => Promise<T>): Promise<T> {
  change(1);
  try {
    return await transfer();
  } finally {
    change(-1);
  }
}

function change(by: 1 | -1): void {
  const before = running.value;
  running.set(before + by);
  if (before === 0) {
    addEventListener("beforeunload", ask);
    document.addEventListener("visibilitychange", keepAwake);
    void keepAwake();
  } else if (running.value === 0) {
    removeEventListener("beforeunload", ask);
    document.removeEventListener("visibilitychange", keepAwake);
    void lock?.release();
    lock = undefined;
  }
}

function ask(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

/** The browser takes the lock away from a page that is hidden, and gives it to none. */
async function keepAwake(): Promise<void> {
  if (document.hidden || !("wakeLock" in navigator)) return;
  const taken = await navigator.wakeLock.request("screen").catch(() => undefined);
  if (running.value > 0) lock = taken;
  else void taken?.release();
}
