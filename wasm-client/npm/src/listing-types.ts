import type { Offer, Policy, RequiredInput, Signed } from "./types.js";

/** What is to be offered to anybody who has the link. */
export interface ListingRequest {
  readonly releaseId: string;
  /** What people see; the server reads it. */
  readonly title: string;
  /** Minor units; 0 where it is left out. */
  readonly price?: number;
  /** Lower-case ISO 4217; `eur` where it is left out. */
  readonly currency?: string;
  /** Members that are left out have the protocol's defaults. */
  readonly policy?: Partial<Policy>;
  /** What each buyer must provide. */
  readonly requiredInputs?: readonly RequiredInput[];
  /** Seconds from now until nobody can buy any more; 365 days where it is left out. */
  readonly expiresIn?: number;
  /** Copies for sale; any number where it is left out. */
  readonly stock?: number;
}

/** What a link offers, under the signature of the seller that the link names. */
export interface Listing {
  readonly listing_id: string;
  readonly product_id: string;
  readonly offer: Signed<Offer>;
  readonly offer_hash: string;
  readonly state: "open" | "closed" | "sold_out";
  /** Copies for sale at the beginning; null for any number. */
  readonly stock: number | null;
  /** Copies that are left. */
  readonly left: number | null;
  /** How many files there are, by the server's word. */
  readonly files: number;
  /** Bytes of all files, by the server's word. */
  readonly plaintext_size: number;
  /** Unix seconds. */
  readonly created_at: number;
  /** Unix seconds at which it was closed, or its date passed. */
  readonly closed_at: number | null;
}

/** A listing of one's own. */
export interface OwnListing extends Listing {
  /** Its link. Whoever has it can buy; the server never gets the part behind `#`. */
  readonly url: string;
}
