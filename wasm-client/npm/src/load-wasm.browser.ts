/**
 * The WebAssembly module in browsers. The threads load it too, so this knows of none of them: bundlers refuse a circle of
 * workers.
 */
import init from "../wasm/claimcheck_client.js";

let loading: Promise<unknown> | undefined;

export async function loadWasm(): Promise<void> {
  loading ??= init({
    module_or_path: new URL("../wasm/claimcheck_client_bg.wasm", import.meta.url),
  });
  try {
    await loading;
  } catch (error) {
    // A load that failed for want of a network may succeed later.
    loading = undefined;
    throw error;
  }
}
