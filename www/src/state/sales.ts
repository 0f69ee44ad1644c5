/** One's own products, their offers and their listings, as the server lists them. */
import type { OwnListing, Product, Transfer } from "claimcheck";
import { backend } from "./backend.js";
import { Cell } from "./cell.js";
import { asFailure, type Failure } from "./failure.js";

export interface Sales {
  readonly products: readonly Product[];
  readonly transfers: readonly Transfer[];
  readonly listings: readonly OwnListing[];
  /** Where the lists go on, if they do. */
  readonly nextProduct: string | null;
  readonly nextTransfer: string | null;
  readonly nextListing: string | null;
  readonly isLoaded: boolean;
  readonly failure?: Failure;
}

const NONE: Sales = {
  products: [],
  transfers: [],
  listings: [],
  nextProduct: null,
  nextTransfer: null,
  nextListing: null,
  isLoaded: false,
};

export const sales = new Cell<Sales>(NONE);

/** Fetches the first page of each list again. */
export async function refreshSales(): Promise<void> {
  try {
    const [products, transfers, listings] = await Promise.all([
      backend.products(),
      backend.sales(),
      backend.listings(),
    ]);
    sales.set({
      products: products.products,
      transfers: transfers.transfers,
      listings: listings.listings,
      nextProduct: products.next,
      nextTransfer: transfers.next,
      nextListing: listings.next,
      isLoaded: true,
    });
  } catch (thrown) {
    sales.set({ ...sales.value, failure: asFailure(thrown) });
  }
}

/** Fetches the next page of each list that goes on. */
export async function moreSales(): Promise<void> {
  const { nextProduct, nextTransfer, nextListing } = sales.value;
  try {
    const products = nextProduct === null ? undefined : await backend.products(nextProduct);
    const transfers = nextTransfer === null ? undefined : await backend.sales(nextTransfer);
    const listings = nextListing === null ? undefined : await backend.listings(nextListing);
    const now = sales.value;
    sales.set({
      ...now,
      products: [...now.products, ...(products?.products ?? [])],
      transfers: [...now.transfers, ...(transfers?.transfers ?? [])],
      listings: [...now.listings, ...(listings?.listings ?? [])],
      nextProduct: products?.next ?? null,
      nextTransfer: transfers?.next ?? null,
      nextListing: listings?.next ?? null,
    });
  } catch (thrown) {
    sales.set({ ...sales.value, failure: asFailure(thrown) });
  }
}

/** Of somebody who is not there any more. */
export function forgetSales(): void {
  sales.set(NONE);
}
