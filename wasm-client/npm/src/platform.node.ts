/** Node 20 and later. */
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { initSync } from "../wasm/claimcheck_client.js";
import type { HashThread, PasswordMessage, Thread } from "./platform.js";

let loaded = false;

export function loadWasm(): Promise<void> {
  if (!loaded) {
    initSync({
      module: readFileSync(new URL("../wasm/claimcheck_client_bg.wasm", import.meta.url)),
    });
    loaded = true;
  }
  return Promise.resolve();
}

export function startHashThread(): HashThread {
  return threadOf(new Worker(new URL("./hash-worker.node.js", import.meta.url)));
}

export function startPasswordThread(): Thread<PasswordMessage> {
  return threadOf(new Worker(new URL("./password-worker.node.js", import.meta.url)));
}

function threadOf<Message>(worker: Worker): Thread<Message> {
  return {
    post: (message) => worker.postMessage(message),
    onAnswer: (answer, failed) => {
      worker.on("message", answer);
      worker.on("error", failed);
      worker.on("messageerror", failed);
    },
    stop: () => void worker.terminate(),
  };
}
