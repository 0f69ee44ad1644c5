/** Ties a transfer to what its caller holds: a signal that ends it, and the network's return. */
import { Control } from "../wasm/claimcheck_client.js";
import { guarded } from "./errors.js";
import type { TransferOptions } from "./types.js";

/** Runs a transfer that `options.signal` ends, and that tries again at once when the network is back. */
export async function controlled<T>(
  options: TransferOptions,
  run: (control: Control) => Promise<unknown>,
): Promise<T> {
  const control = new Control();
  const cancel = () => control.cancel();
  const retryNow = () => control.retryNow();
  if (options.signal?.aborted === true) cancel();
  options.signal?.addEventListener("abort", cancel, { once: true });
  globalThis.addEventListener?.("online", retryNow);
  try {
    return await guarded(() => run(control) as Promise<T>);
  } finally {
    options.signal?.removeEventListener("abort", cancel);
    globalThis.removeEventListener?.("online", retryNow);
  }
}
