/** Prices as people type and read them. Programs count in minor units. */
import type { CurrencyRule } from "claimcheck";

export interface Price {
  /** Minor units. */
  readonly price: number;
  /** Lower-case ISO 4217. */
  readonly currency: string;
}

/** What is wrong with a price that was typed. */
export type PriceFault = "malformed" | "low" | "high" | "step";

/**
 * Minor units of an amount as it is typed, in any spelling that has one meaning only: a point or a comma before the
 * decimals, spaces anywhere. Nothing typed is 0.
 */
export function readPrice(typed: string, rule: CurrencyRule): number | PriceFault {
  const [, whole, fraction = ""] =
    /^(\d{1,13})(?:[.,](\d+))?$/.exec(typed.replace(/\s/g, "")) ?? [];
  if (whole === undefined) return typed.trim() === "" ? 0 : "malformed";
  if (fraction.length > rule.decimals) return "malformed";
  const price = Number(whole + fraction.padEnd(rule.decimals, "0"));
  if (price === 0) return 0;
  if (price < rule.minimum) return "low";
  if (price > rule.maximum) return "high";
  return price % rule.step === 0 ? price : "step";
}

/** With the currency's sign or code: €4.99, ¥1,200. */
export function formatPrice(minorUnits: number, { code, decimals, step }: CurrencyRule): string {
  // A currency without small coins may still be counted in hundredths.
  const shown = step >= 10 ** decimals ? 0 : decimals;
  return new Intl.NumberFormat(undefined, {
    style: "currency",
    currency: code.toUpperCase(),
    minimumFractionDigits: shown,
    maximumFractionDigits: decimals,
  }).format(minorUnits / 10 ** decimals);
}

/** The name of a currency in the reader's language, with its code. */
export function currencyName(code: string): string {
  const name = new Intl.DisplayNames(undefined, { type: "currency" }).of(code.toUpperCase());
  return `${code.toUpperCase()} · ${name ?? code}`;
}

/** Minor units of a part, from one unit to `most`; nothing where what is typed is no such part. */
export function readPart(typed: string, rule: CurrencyRule, most: number): number | undefined {
  const part = readPrice(typed, { ...rule, minimum: 1, maximum: most, step: 1 });
  return typeof part === "number" && part > 0 ? part : undefined;
}
