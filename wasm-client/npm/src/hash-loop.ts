/** What a hashing thread does with each message, in the order in which they come. */
import { Sha256Stream } from "../wasm/claimcheck_client.js";
import type { HashMessage } from "./platform.js";

type Pieces = AsyncIterable<Uint8Array>;

/** `loadWasm` is handed over, because no import map reaches a worker to resolve the platform's. */
export function startHashLoop(
  loadWasm: () => Promise<void>,
  answer: (hash: Uint8Array | string) => void,
  openFile: (file: string) => Pieces,
): (message: HashMessage) => void {
  let stream: Sha256Stream | undefined;
  let queue: Promise<void> = loadWasm();

  async function take(message: HashMessage): Promise<void> {
    stream ??= new Sha256Stream();
    if ("bytes" in message) {
      stream.update(message.bytes);
    } else if ("digest" in message) {
      answer(stream.digest());
      stream = undefined;
    } else {
      const pieces: Pieces = "blob" in message ? piecesOf(message.blob) : openFile(message.file);
      for await (const piece of pieces) stream.update(piece);
    }
  }

  return (message) => {
    queue = queue.then(() => take(message)).catch((error: unknown) => answer(String(error)));
  };
}

/** A stream's own async iterator is not in every browser yet. */
async function* piecesOf(blob: Blob): Pieces {
  const reader = blob.stream().getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
}
