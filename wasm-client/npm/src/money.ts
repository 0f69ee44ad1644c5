/** The currencies that a price may have, and what a price in each keeps to. */
import { loadWasm } from "#platform";
import { currencyRules } from "../wasm/claimcheck_client.js";
import { guardedSync } from "./errors.js";

/** Amounts are in minor units: the units that a price is counted in. */
export interface CurrencyRule {
  /** Lower-case ISO 4217. */
  readonly code: string;
  /** Digits after the decimal point: 0, 2 or 3. */
  readonly decimals: number;
  /** What a price is a multiple of. */
  readonly step: number;
  /** The least that a price which is not 0 can be. */
  readonly minimum: number;
  readonly maximum: number;
}

/** Every currency, sorted by its code. */
export async function currencies(): Promise<readonly CurrencyRule[]> {
  await loadWasm();
  return guardedSync(() => currencyRules() as readonly CurrencyRule[]);
}
