/** Who somebody is: keys from a root seed. */
import { loadWasm } from "#platform";
import { Identity as WasmIdentity } from "../wasm/claimcheck_client.js";
import { guardedSync } from "./errors.js";

/** An Ailock: a person's browser, or an agent. Whoever has its seed or its phrase is it. */
export class Identity {
  /** The module's own object; of no use outside of this package. */
  readonly inner: WasmIdentity;

  private constructor(inner: WasmIdentity) {
    this.inner = inner;
  }

  /** A new identity. Keep its seed or its phrase: nobody else can restore it. */
  static async make(): Promise<Identity> {
    await loadWasm();
    return new Identity(guardedSync(() => WasmIdentity.make()));
  }

  /** The identity of a seed of 32 bytes. */
  static async fromSeed(seed: Uint8Array): Promise<Identity> {
    await loadWasm();
    return new Identity(guardedSync(() => WasmIdentity.fromSeed(seed)));
  }

  /** The identity of a recovery phrase of 24 English words. A mistyped word is named by its position. */
  static async fromPhrase(phrase: string): Promise<Identity> {
    await loadWasm();
    return new Identity(guardedSync(() => WasmIdentity.fromPhrase(phrase)));
  }

  /** What others know it by; commits to both its keys. */
  get id(): string {
    return this.inner.id();
  }

  /** The root seed, to be kept where nobody else reads it. */
  seed(): Uint8Array {
    return this.inner.seed();
  }

  /** The seed as 24 English words, to be written down. */
  phrase(): string {
    return this.inner.phrase();
  }
}
