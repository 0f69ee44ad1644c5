import type { RequiredInput } from "./input-types.js";

export type * from "./dispute-types.js";
export type * from "./input-types.js";

/** Where a file to be sold comes from. {@link blobSource} and `fileSource` of `claimcheck/node` make them. */
export interface FileSource {
  /** Relative path with `/` between parts; the buyer sees it, the server never. */
  readonly path: string;
  /**
   * Media type, which the server sees and the buyer is held to. An upload whose first bytes contradict it is refused with
   * `type_mismatch`; `application/octet-stream` claims nothing. Left out: whatever the first bytes say.
   */
  readonly contentType?: string | undefined;
  /** Bytes. */
  readonly size: number;
  /** Unix permission bits, 0 to 0o777. */
  readonly mode?: number;
  /** Exactly the bytes from `start` to `end`. Called for several ranges at once, each at most 512 KiB. */
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
  /** SHA-256 of the whole file, computed beside the upload. Without it the buyer gets no `sha256sum` to compare. */
  sha256?(signal?: AbortSignal): Promise<Uint8Array>;
}

/** A file that a download is about to write. */
export interface IncomingFile {
  /** A relative path that stays inside the folder it is saved in. */
  readonly path: string;
  readonly contentType: string;
  /** Bytes. */
  readonly size: number;
  readonly mode?: number;
}

/** Where a download goes. Calls come one at a time, each file's bytes in order, and the files in order. */
export interface FileSink {
  /** Called once, before all else. */
  open(files: readonly IncomingFile[]): Promise<void>;
  /** Authentic bytes of a file, at an offset; not final before {@link finish}. */
  write(file: number, offset: number, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** All bytes of a file are written. May answer with the SHA-256 of what was written, to be compared. */
  finishFile(file: number): Promise<Uint8Array | undefined>;
  /** The release is what the seller committed to: only now is anything complete. */
  finish(): Promise<void>;
  /** The download failed or was cancelled: nothing is complete. */
  abort(): Promise<void>;
}

/** What a transfer is doing. */
export type Phase =
  "started" | "resumed" | "running" | "waiting" | "ended" | "failed" | "cancelled";

/** Where a transfer stands; the counts never fall. */
export interface Progress {
  readonly phase: Phase;
  /** Bytes of plaintext that the server confirmed, or that are verified and written. */
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly chunksDone: number;
  readonly chunksTotal: number;
  /** Calls that were made again. */
  readonly retries: number;
}

/** Options of everything that moves files. */
export interface TransferOptions {
  /** Ends the transfer; its promise is rejected with code `cancelled`. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** Both public keys of an Ailock, base64url. */
export interface AilockKeys {
  readonly ed25519_pk: string;
  readonly x25519_pk: string;
}

/** A statement and the signature over it; `docs/PROTOCOL.md` gives the bytes. */
export interface Signed<Body> {
  readonly body: Body;
  readonly signature: string;
}

export interface Profile {
  readonly v: 1;
  readonly id: string;
  readonly display_name: string;
  /** Unix seconds. */
  readonly created_at: number;
}

/** Keys and profile of an Ailock, verified against its id. */
export interface Registration extends AilockKeys {
  readonly profile: Signed<Profile>;
}

export interface DeletedAccount {
  readonly id: string;
  /** Unix seconds. */
  readonly deleted_at: number;
}

export interface ManifestFile {
  readonly file_id: string;
  readonly header: string;
  readonly segment_count: number;
  readonly plaintext_size: number;
  readonly declared_type: string;
  readonly chunks: readonly string[];
}

export interface Manifest {
  readonly v: 1;
  readonly release_id: string;
  readonly product_id: string;
  readonly seller: string;
  readonly files: readonly ManifestFile[];
  readonly commitment: string;
  readonly sealed_meta: string;
}

/** A completed release of one's own. */
export interface Release {
  readonly release_id: string;
  readonly product_id: string;
  readonly manifest_hash: string;
  readonly manifest: Signed<Manifest>;
  readonly self_envelope: Envelope;
  /** Unix seconds. */
  readonly completed_at: number;
  /** Unix seconds after which the files are deleted, unless a sale needs them longer. */
  readonly expires_at: number;
}

export interface Envelope {
  readonly sealed: string;
  readonly signature: string;
}

/** What an offer promises. */
export interface Policy {
  /** Seconds from delivery until access ends. */
  readonly retention_seconds: number;
  /** Whether only the buyer that the transfer names may claim. */
  readonly single_recipient: boolean;
  /** Resuming a download is not another one. */
  readonly max_downloads: number;
  /** Whether the end of the retention stops running downloads too. */
  readonly revoke_on_expiry: boolean;
  /** Whether nobody can accept before a content check is clean. */
  readonly content_check_required: boolean;
}

export interface Offer {
  readonly v: 1;
  readonly offer_id: string;
  readonly product_id: string;
  readonly release_id: string | null;
  readonly manifest_hash: string | null;
  readonly seller: string;
  readonly buyer: string | null;
  readonly title: string;
  /** Minor units. */
  readonly price: number;
  readonly currency: string;
  readonly policy: Policy;
  readonly required_inputs: readonly RequiredInput[];
  /** Unix seconds. */
  readonly expires_at: number;
}

export interface Receipt {
  readonly v: 1;
  readonly transfer_id?: string;
  readonly link_id?: string;
  readonly claim_id: string;
  readonly offer_hash: string;
  readonly manifest_hash: string;
  readonly client_hash: string;
  readonly bytes: number;
  readonly buyer: string;
  readonly seller: string;
  readonly price: number;
  readonly currency: string;
  readonly delivered_at: number;
  readonly nonce: string;
}

export interface Countersign {
  readonly v: 1;
  readonly receipt_hash: string;
  /** Unix seconds, by the server's clock. */
  readonly received_at: number;
  readonly kid: string;
  readonly audit_head: string;
}

export type TransferStatus =
  | "offered"
  | "invoiced"
  | "payment_processing"
  | "paid_pending_inputs"
  | "paid"
  | "delivered"
  | "acknowledged"
  | "disputed"
  | "refund_pending"
  | "refunded"
  | "revoked"
  | "expired"
  | "cancelled";

/** Money on its way back to the buyer, or there. */
export interface RefundView {
  /** `pending`: all of it was asked for; `partial`: a part is back, and access stays. */
  readonly state: "pending" | "partial" | "complete";
  /** Minor units that the payment provider said it gave back. */
  readonly refunded: number;
  /** How often a refund did not reach the buyer; it is asked for again after each. */
  readonly failures: number;
}

/** One sale to one buyer. */
export interface Transfer {
  readonly transfer_id: string;
  readonly status: TransferStatus;
  readonly product_id: string;
  readonly release_id: string | null;
  readonly manifest_hash: string | null;
  readonly seller: string;
  readonly buyer: string;
  readonly offer: Signed<Offer>;
  readonly offer_hash: string;
  /** Unix seconds. */
  readonly created_at: number;
  /** Unix seconds. */
  readonly updated_at: number;
  /** Unix seconds at which access ends, once delivered. */
  readonly access_ends_at: number | null;
  /** Why access ended, if it did. */
  readonly access_ended: string | null;
  readonly envelope: Envelope | null;
  /** Where it is a listing's sale; the secret is sealed to the buyer, and for the buyer only. */
  readonly listing?: { readonly listing_id: string; readonly sealed_secret?: string };
  /** Once money goes back. */
  readonly refund?: RefundView;
  readonly receipt: Signed<Receipt> | null;
  readonly countersign: Signed<Countersign> | null;
}

export interface Product {
  readonly product_id: string;
  readonly owner: string;
  readonly title: string;
  readonly content_type: string | null;
  readonly policy: Policy | null;
  readonly release_id: string | null;
  readonly size: number | null;
  readonly created_at: number;
}

export type MessageType =
  | "product_offer"
  | "payment_request"
  | "payment_confirmed"
  | "product_delivery"
  | "delivery_receipt"
  | "product_revoke"
  | "product_dispute";

/** What a message tells beyond its type. */
export interface Notice {
  /** Such as `inputs_provided`, `inputs_needed` or `input_rejected`. */
  readonly notice: string;
  /** Of an input. */
  readonly id?: string;
  /** Of inputs. */
  readonly ids?: readonly string[];
  /** The seller's, for a rejection. */
  readonly reason?: string;
}

export interface Message {
  readonly message_id: string;
  readonly cursor: number;
  readonly type: MessageType;
  readonly notice: Notice | null;
  readonly transfer_id: string;
  readonly from: string;
  readonly title: string;
  readonly status: TransferStatus;
  readonly created_at: number;
  readonly read_at: number | null;
}

/** What is to be uploaded as one release. */
export interface UploadRequest {
  /** An existing product, or the title of a new one. */
  readonly product: { readonly id: string } | { readonly title: string };
  /** At least one. */
  readonly files: readonly FileSource[];
}

/** What is to be offered to one buyer. */
export interface OfferRequest {
  readonly releaseId: string;
  /** The buyer's Ailock id. */
  readonly buyer: string;
  /** What people see. The server reads it. */
  readonly title: string;
  /** Minor units; 0 where it is left out. */
  readonly price?: number;
  /** Lower-case ISO 4217; `eur` where it is left out. */
  readonly currency?: string;
  /** Members that are left out have the protocol's defaults. */
  readonly policy?: Partial<Policy>;
  /** What the buyer must provide. */
  readonly requiredInputs?: readonly RequiredInput[];
  /** Seconds from now; 7 days where it is left out. */
  readonly expiresIn?: number;
}

/** A file that can be downloaded. */
export interface OfferedFile extends IncomingFile {
  /** Hex: what the seller says it is, and what every download is held to. */
  readonly sha256?: string;
}

/** A file as it was written and verified. */
export interface DownloadedFile extends IncomingFile {
  /** Hex, as `sha256sum` prints it; only where it was computed from what was written and equals the seller's. */
  readonly sha256?: string;
  /** What its first bytes are, only where that contradicts `contentType`: do not open it as what it is called. */
  readonly typeFound?: string;
}

/** A download that was verified to its last byte, and its receipt. */
export interface Download {
  readonly files: readonly DownloadedFile[];
  readonly bytes: number;
  readonly manifest: Signed<Manifest>;
  readonly receipt: Signed<Receipt>;
  readonly countersign: Signed<Countersign>;
  readonly transfer: Transfer;
}

/** What anybody needs to open one file of one's own release with another FLOE implementation. */
export interface FileAudit {
  readonly path: string;
  readonly file_id: string;
  /** Hex, 32 bytes. Whoever has it can open this file. */
  readonly file_key: string;
  /** Hex. */
  readonly aad: string;
  /** Hex, 32 bytes: the commitment's salt. */
  readonly salt: string;
}
