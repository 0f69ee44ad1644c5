/** Who may buy, and the offer that is made to them: one buyer's own, or a listing for whoever has its link. */
import type { OwnListing, Transfer } from "claimcheck";
import type { Terms } from "../elements/terms.js";
import { backend } from "./backend.js";

export type Audience =
  | { readonly kind: "one"; readonly buyer: string }
  /** `stock` null: as many copies as are bought. */
  | { readonly kind: "anyone"; readonly stock: number | null };

export type Offered =
  | { readonly kind: "one"; readonly transfer: Transfer }
  | { readonly kind: "anyone"; readonly listing: OwnListing };

export interface OfferOrder {
  readonly releaseId: string;
  readonly title: string;
  readonly terms: Terms;
  readonly audience: Audience;
}

export async function makeOffer(order: OfferOrder): Promise<Offered> {
  const { releaseId, title, terms, audience } = order;
  const request = { releaseId, title, ...terms };
  if (audience.kind === "one") {
    const transfer = await backend.offer({ ...request, buyer: audience.buyer });
    return { kind: "one", transfer };
  }
  const limit = audience.stock === null ? {} : { stock: audience.stock };
  return { kind: "anyone", listing: await backend.createListing({ ...request, ...limit }) };
}
