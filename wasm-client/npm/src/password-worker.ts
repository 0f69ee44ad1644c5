/** The password thread in browsers. */
import { derivePassword } from "./password-loop.js";
import { loadWasm } from "./load-wasm.browser.js";
import type { PasswordMessage } from "./platform.js";

self.onmessage = (event: MessageEvent<PasswordMessage>) =>
  void derivePassword(loadWasm, event.data).then((answer) => self.postMessage(answer));
