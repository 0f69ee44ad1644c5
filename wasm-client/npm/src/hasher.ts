/** SHA-256 of whole files in a thread of its own, so that it never holds up sealing or opening. */
import { startHashThread } from "#platform";
import { ClaimcheckError } from "./errors.js";
import type { HashThread } from "./platform.js";

/** Hashes one file after another. Its thread starts with the first bytes and lives until {@link stop}. */
export class Hasher {
  #started: HashThread | undefined;
  readonly #waiting: { resolve: (hash: Uint8Array) => void; reject: (error: unknown) => void }[] =
    [];
  #failed = false;

  /** Adds bytes to the current file. They are copied to the thread; the caller keeps its own. */
  update(bytes: Uint8Array<ArrayBuffer>): void {
    this.#thread.post({ bytes });
  }

  /** Adds a whole Blob to the current file, read in the thread. */
  updateBlob(blob: Blob): void {
    this.#thread.post({ blob });
  }

  /** Adds a whole file on disk to the current file, read in the thread. Node only. */
  updateFile(file: string): void {
    this.#thread.post({ file });
  }

  /** Ends the current file. */
  digest(): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#failed) {
        reject(hashFailure());
        return;
      }
      this.#waiting.push({ resolve, reject });
      this.#thread.post({ digest: true });
    });
  }

  /** Ends the thread; hashes that are still awaited are rejected. */
  stop(): void {
    this.#started?.stop();
    this.#fail();
  }

  get #thread(): HashThread {
    if (this.#started === undefined) {
      this.#started = startHashThread();
      this.#started.onAnswer(
        (hash) => this.#settle(hash),
        () => this.#fail(),
      );
    }
    return this.#started;
  }

  #settle(hash: Uint8Array | string): void {
    if (typeof hash === "string") {
      this.#fail();
    } else {
      this.#waiting.shift()?.resolve(hash);
    }
  }

  #fail(): void {
    this.#failed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(hashFailure());
  }
}

function hashFailure(): ClaimcheckError {
  return new ClaimcheckError("source_unreadable", "the file cannot be read to its end");
}

/** Hashes one file that `begin` names, until it is done or `signal` fires. */
export async function hashWhole(
  begin: (hasher: Hasher) => void,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const hasher = new Hasher();
  const stop = () => hasher.stop();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    begin(hasher);
    return await hasher.digest();
  } finally {
    signal?.removeEventListener("abort", stop);
    hasher.stop();
  }
}
