/** What differs between browsers and Node: where the wasm comes from, and how threads start. */
export interface Platform {
  /** Loads the module once. */
  loadWasm(): Promise<void>;
  /** Starts a thread that hashes. */
  startHashThread(): HashThread;
  /** Starts a thread that derives one key from a password. */
  startPasswordThread(): Thread<PasswordMessage>;
}

/** A thread that answers each message in turn: bytes, or what went wrong. */
export interface Thread<Message> {
  post(message: Message): void;
  onAnswer(answer: (bytes: Uint8Array | string) => void, failed: () => void): void;
  stop(): void;
}

/** A thread that hashes. */
export type HashThread = Thread<HashMessage>;

/** To the thread: a password as it was typed, and the link that it is for. */
export interface PasswordMessage {
  readonly password: string;
  readonly linkId: string;
}

/** To the thread: bytes to be added, a Blob or (in Node) a file on disk to be added, or the question for the hash. */
export type HashMessage =
  | { readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly blob: Blob }
  | { readonly file: string }
  | { readonly digest: true };
