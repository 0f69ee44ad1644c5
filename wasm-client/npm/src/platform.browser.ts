/** Browsers: windows and workers. */
import type { HashThread, PasswordMessage, Thread } from "./platform.js";

export { loadWasm } from "./load-wasm.browser.js";

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
