/** The hashing thread in Node. */
import { parentPort } from "node:worker_threads";
import { startHashLoop } from "./hash-loop.js";

parentPort?.on(
  "message",
  startHashLoop((hash) => parentPort?.postMessage(hash)),
);
