/** Download links: making their keys, and opening them without an identity. */
import { loadWasm, startPasswordThread } from "#platform";
import { LinkVisit } from "../wasm/claimcheck_client.js";
import { controlled } from "./control.js";
import { ClaimcheckError, guarded } from "./errors.js";
import type { LinkDownload, LinkInfo } from "./link-types.js";
import type { FileSink, OfferedFile, TransferOptions } from "./types.js";

/** What Argon2id makes of a password, in a thread that takes its 64 MiB with it when it ends. */
export function linkPassword(password: string, linkId: string): Promise<Uint8Array> {
  const thread = startPasswordThread();
  const answer = new Promise<Uint8Array>((resolve, reject) => {
    const failed = () =>
      reject(new ClaimcheckError("platform", "the password cannot be checked here"));
    thread.onAnswer((key) => (typeof key === "string" ? failed() : resolve(key)), failed);
    thread.post({ password, linkId });
  });
  return answer.finally(() => thread.stop());
}

/** A link that is open. Its calls may be repeated: one object takes one download, whatever fails on the way. */
export class OpenLink {
  /** As the server told it when the link was opened. */
  readonly info: LinkInfo;
  readonly #visit: LinkVisit;

  /** Of no use outside of this package: see {@link openLink}. */
  constructor(visit: LinkVisit) {
    this.#visit = visit;
    this.info = visit.info() as LinkInfo;
  }

  /** Takes a download and answers the files by their names. A wrong password, `wrong_password`, takes none. */
  async claim(password?: string): Promise<OfferedFile[]> {
    await this.#setPassword(password);
    return guarded(() => this.#visit.contents() as Promise<OfferedFile[]>);
  }

  /** Downloads, verifies and opens what the link gives; takes a download unless {@link claim} did. */
  async download(
    sink: FileSink,
    options: TransferOptions & { readonly password?: string } = {},
  ): Promise<LinkDownload> {
    await this.#setPassword(options.password);
    return controlled(options, (control) =>
      this.#visit.download(sink, control, options.onProgress),
    );
  }

  /** Gives the download back, which is possible before its first chunk. */
  cancel(): Promise<void> {
    return guarded(() => this.#visit.cancel());
  }

  /**
   * What opens the same link and goes on with the same download after a reload, of no use without `key`
   * (`Identity.makeDeviceKey`). It holds the address, its secret and the password's key; IndexedDB can keep both.
   */
  keep(key: CryptoKey): Promise<Uint8Array> {
    return guarded(() => this.#visit.keep(key));
  }

  async #setPassword(password: string | undefined): Promise<void> {
    if (password === undefined || !this.info.has_password) return;
    const key = await linkPassword(password, this.info.link_id);
    await guarded(() => this.#visit.setPassword(key));
  }
}

/**
 * Opens a link, which uses nothing up and needs no identity. `url` is its whole address; with `kept`, of
 * {@link OpenLink.keep}, nothing but its origin counts.
 */
export async function openLink(
  url: string,
  options: { readonly kept?: { readonly key: CryptoKey; readonly bytes: Uint8Array } } = {},
): Promise<OpenLink> {
  await loadWasm();
  const { origin, token, secret } = partsOf(url);
  const { kept } = options;
  const visit = await guarded(() =>
    kept === undefined
      ? LinkVisit.open(origin, token, secret)
      : LinkVisit.goOn(origin, kept.key, kept.bytes),
  );
  return new OpenLink(visit);
}

function partsOf(address: string): { origin: string; token: string; secret: string } {
  try {
    const url = new URL(address);
    const token = /^\/downloads\/([\w-]+)$/.exec(url.pathname)?.[1];
    if (token !== undefined) return { origin: url.origin, token, secret: url.hash.slice(1) };
  } catch {
    // Said below, in words that fit this parameter.
  }
  throw new ClaimcheckError("invalid_argument", "this is not the address of a download link");
}
