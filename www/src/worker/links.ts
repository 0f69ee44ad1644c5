/** The download links that are open in this tab, and the claims that this browser has on them. */
import { ClaimcheckError, Identity, openLink } from "claimcheck";
import type {
  FileSink,
  LinkDownload,
  LinkInfo,
  OfferedFile,
  OpenLink,
  TransferOptions,
} from "claimcheck";
import { keepClaim, keepFragment, keptClaim } from "./keep.js";

export interface LinkStanding {
  readonly info: LinkInfo;
  /** Whether this browser has one of the downloads already. */
  readonly isClaimed: boolean;
}

export class Links {
  /** By path. */
  readonly #open = new Map<string, OpenLink>();

  async open(path: string, fragment?: string): Promise<LinkStanding | undefined> {
    const kept = await keptClaim(path);
    const secret = kept ? undefined : await keepFragment(path, fragment);
    if (kept === undefined && secret === undefined) return undefined;
    const url = `${self.location.origin}${path}${secret === undefined ? "" : `#${secret}`}`;
    const link = await openLink(url, kept ? { kept } : {});
    this.#open.set(path, link);
    return { info: link.info, isClaimed: kept !== undefined };
  }

  async claim(path: string, password?: string): Promise<OfferedFile[]> {
    const link = this.#link(path);
    const files = await link.claim(password);
    const key = await Identity.makeDeviceKey();
    await keepClaim(path, { key, bytes: await link.keep(key) });
    return files;
  }

  download(path: string, sink: FileSink, options: TransferOptions): Promise<LinkDownload> {
    return this.#link(path).download(sink, options);
  }

  #link(path: string): OpenLink {
    const link = this.#open.get(path);
    if (link === undefined) throw new ClaimcheckError("invalid_argument", "the link is not open");
    return link;
  }
}
