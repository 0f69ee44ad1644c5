/** Browsers: windows and workers. */
import init from "../wasm/claimcheck_client.js";
import type { HashThread, PasswordMessage, Thread } from "./platform.js";

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

export function startHashThread(): HashThread {
  return threadOf(new Worker(new URL("./hash-worker.js", import.meta.url), { type: "module" }));
}

export function startPasswordThread(): Thread<PasswordMessage> {
  return threadOf(new Worker(new URL("./password-worker.js", import.meta.url), { type: "module" }));
}

function threadOf<Message>(worker: Worker): Thread<Message> {
  return {
    post: (message) => worker.postMessage(message),
    onAnswer: (answer, failed) => {
      worker.onmessage = (event: MessageEvent<Uint8Array | string>) => answer(event.data);
      worker.onerror = failed;
      worker.onmessageerror = failed;
    },
    stop: () => worker.terminate(),
  };
}
