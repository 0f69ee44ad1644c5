/** The hashing thread in Node. */
import { createReadStream } from "node:fs";
import { parentPort } from "node:worker_threads";
import { startHashLoop } from "./hash-loop.js";
import { loadWasm } from "./platform.node.js";

parentPort?.on(
  "message",
  startHashLoop(
    loadWasm,
    (hash) => parentPort?.postMessage(hash),
    (file) => createReadStream(file, { highWaterMark: 524_288 }),
  ),
);
