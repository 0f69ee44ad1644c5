/** The hashing thread in browsers. */
import { startHashLoop } from "./hash-loop.js";
import { loadWasm } from "./load-wasm.browser.js";
import type { HashMessage } from "./platform.js";

const take = startHashLoop(
  loadWasm,
  (hash) => self.postMessage(hash),
  () => {
    throw new Error("a page has no files on disk");
  },
);
self.onmessage = (event: MessageEvent<HashMessage>) => take(event.data);
