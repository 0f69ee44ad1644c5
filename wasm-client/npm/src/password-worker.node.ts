/** The password thread in Node. */
import { parentPort } from "node:worker_threads";
import { derivePassword } from "./password-loop.js";
import { loadWasm } from "./platform.node.js";
import type { PasswordMessage } from "./platform.js";

parentPort?.on(
  "message",
  (message: PasswordMessage) =>
    void derivePassword(loadWasm, message).then((answer) => parentPort?.postMessage(answer)),
);
