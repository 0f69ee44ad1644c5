/** What download links are made of. Ids and hashes are the server's texts, times Unix seconds. */
import type { DownloadedFile, Manifest, Signed } from "./types.js";

/** Whether a link takes new downloads. Those that run go on after the end of its time, not after it was revoked. */
export type LinkState = "open" | "used_up" | "expired" | "revoked";

/** A link of one's own. Its address is not in it: the server does not know it. */
export interface DownloadLink {
  readonly link_id: string;
  readonly release_id: string;
  /** The one file that it gives; null for the whole release. */
  readonly file_id: string | null;
  /** The sale with whose access it ends. */
  readonly transfer_id: string | null;
  readonly has_password: boolean;
  readonly max_downloads: number;
  /** Taken and not given back. */
  readonly downloads: number;
  readonly created_at: number;
  readonly expires_at: number;
  readonly revoked_at: number | null;
  readonly state: LinkState;
}

/** What an owner decides of a link. */
export type LinkRequest = (
  { readonly releaseId: string; readonly fileId?: string } | { readonly transferId: string }
) & {
  /** Seconds until no download begins any more; a day where it is left out, which is the most. */
  readonly expiresIn?: number;
  /** 1 to 5, which it is where it is left out. */
  readonly maxDownloads?: number;
  /** Asked for on opening. Whoever guesses gets ten tries in ten minutes. */
  readonly password?: string;
};

/** One line of a link's log. */
export interface LinkLogEntry {
  readonly entry_id: number;
  readonly claim_id: string | null;
  readonly event:
    "claimed" | "resumed" | "completed" | "cancelled" | "stopped" | "failed" | "refused";
  /** Why it failed or was refused: a problem code. */
  readonly code: string | null;
  readonly at: number;
  /** Hashed with a salt of that day, shortened, or as it is, as the server is set up. */
  readonly ip: string | null;
  readonly user_agent: string | null;
}

/** A file of a product of one's own, by its name. */
export interface ProductFile {
  readonly file_id: string;
  readonly release_id: string;
  readonly position: number;
  /** Bytes. */
  readonly size: number;
  readonly declared_type: string;
  readonly created_at: number;
  /** Whether its release is the newest, which new sales are of. */
  readonly is_current: boolean;
  /** Whether its bytes were deleted. */
  readonly is_deleted: boolean;
  readonly path: string;
  /** Hex. */
  readonly sha256?: string;
}

/** What is known of a link before a download: no names, which only a claim opens. */
export interface LinkInfo {
  readonly link_id: string;
  readonly release_id: string;
  readonly file_id: string | null;
  readonly manifest_hash: string;
  readonly seller: string;
  readonly has_password: boolean;
  readonly max_downloads: number;
  readonly downloads_left: number;
  readonly expires_at: number;
  readonly state: Exclude<LinkState, "revoked">;
  readonly files: readonly {
    readonly file_id: string;
    /** Bytes. */
    readonly size: number;
    readonly declared_type: string;
  }[];
}

/** A download by a link that was verified to its last byte. */
export interface LinkDownload {
  readonly files: readonly DownloadedFile[];
  readonly bytes: number;
  readonly manifest: Signed<Manifest>;
  readonly claim_id: string;
}
