/** Who somebody is: keys from a root seed. */
import { loadWasm } from "#platform";
import { Identity as WasmIdentity } from "../wasm/claimcheck_client.js";
import { guarded, guardedSync } from "./errors.js";

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

  /** Whether a text is an Ailock id, as far as its own checksum tells: no mistyped one is. */
  static async isId(text: string): Promise<boolean> {
    await loadWasm();
    return WasmIdentity.isId(text);
  }

  /** A key to {@link wrap} with. IndexedDB can keep it, and nobody can export it. */
  static async makeDeviceKey(): Promise<CryptoKey> {
    await loadWasm();
    return guarded(() => WasmIdentity.makeDeviceKey());
  }

  /** The identity that {@link wrap} wrapped. */
  static async unwrap(key: CryptoKey, wrapped: Uint8Array): Promise<Identity> {
    await loadWasm();
    return new Identity(await guarded(() => WasmIdentity.unwrap(key, wrapped)));
  }

  /** The root seed for keeping on this device: of no use without `key`. */
  wrap(key: CryptoKey): Promise<Uint8Array> {
    return guarded(() => this.inner.wrap(key));
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
