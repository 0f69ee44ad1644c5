/** What differs between browsers and Node: where the wasm comes from, and how a thread for hashing starts. */
export interface Platform {
  /** Loads the module once. */
  loadWasm(): Promise<void>;
  /** Starts a thread that hashes. */
  startHashThread(): HashThread;
}

/** A thread that answers each message in turn. */
export interface HashThread {
  post(message: HashMessage): void;
  onAnswer(answer: (hash: Uint8Array | string) => void, failed: () => void): void;
  stop(): void;
}

/** To the thread: bytes to be added, a Blob or (in Node) a file on disk to be added, or the question for the hash. */
export type HashMessage =
  | { readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly blob: Blob }
  | { readonly file: string }
  | { readonly digest: true };
