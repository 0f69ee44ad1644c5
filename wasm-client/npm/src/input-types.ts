/** What a seller asks of a buyer, and what the buyer gives. */
import type { FileSource, OfferedFile, Signed, TransferStatus } from "./types.js";

/** One thing that a seller asks of a buyer. */
export interface RequiredInput {
  readonly id: string;
  readonly label: string;
  readonly type: "text" | "textarea" | "url" | "file";
  readonly timing: "pre_payment" | "post_payment_pre_grant";
  readonly required: boolean;
  readonly description?: string;
  readonly constraints?: {
    /** Characters. */
    readonly max_len?: number;
    readonly mime_types?: readonly string[];
    /** Units of 1,000,000 bytes. */
    readonly max_size_mb?: number;
  };
}

/** A value, or the key of a file, that only the seller can open, under the buyer's signature. */
export interface BuyerInput {
  readonly v: 1;
  readonly transfer_id: string;
  readonly offer_hash: string;
  readonly buyer: string;
  readonly id: string;
  readonly sealed: string;
  /** Where the offer asks for a file. */
  readonly attachment?: { readonly attachment_id: string; readonly manifest_hash: string };
  /** Unix seconds, by the buyer's clock. */
  readonly provided_at: number;
}

/** What an offer asks for, as its seller signed it, and what is there. */
export interface Requirements {
  readonly transfer_id: string;
  readonly product_id: string;
  readonly status: TransferStatus;
  readonly offer_hash: string;
  readonly seller: string;
  readonly buyer: string;
  readonly requirements: readonly {
    readonly input: RequiredInput;
    readonly state: "missing" | "provided" | "rejected";
    /** Why the seller sent it back. */
    readonly reason: string | null;
    readonly provided: Signed<BuyerInput> | null;
  }[];
  /** Ids that the sale waits for. */
  readonly missing: readonly string[];
}

/** By the ids of the offer's inputs: texts, and files for inputs of type `file`. */
export type InputValues = Readonly<Record<string, string | FileSource>>;

/** A value as the buyer gave it, opened by the seller: a text, or a file. */
export interface OpenedInput {
  readonly id: string;
  readonly value: string | null;
  /** Its `sha256` is what the buyer says; a download compares it. */
  readonly file: OfferedFile | null;
  /** Unix seconds, by the buyer's clock. */
  readonly providedAt: number;
  /** Whether it was sent back. */
  readonly isRejected: boolean;
}
