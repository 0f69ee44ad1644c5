/** What a hashing thread does with each message, in the order in which they come. */
import { loadWasm } from "#platform";
import { Sha256Stream } from "../wasm/claimcheck_client.js";
import type { HashMessage } from "./platform.js";

export function startHashLoop(answer: (hash: Uint8Array | string) => void): (message: HashMessage) => void {
  let stream: Sha256Stream | undefined;
  let queue: Promise<void> = loadWasm();

  async function take(message: HashMessage): Promise<void> {
    stream ??= new Sha256Stream();
    if ("bytes" in message) {
      stream.update(message.bytes);
    } else if ("blob" in message) {
      for await (const piece of message.blob.stream()) stream.update(piece);
    } else {
      answer(stream.digest());
      stream = undefined;
    }
  }

  return (message) => {
    queue = queue.then(() => take(message)).catch((error: unknown) => answer(String(error)));
  };
}
