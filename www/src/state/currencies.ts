/** The currencies that a price may have, fetched once from the package. */
import type { CurrencyRule } from "claimcheck";
import { formatPrice, type Price } from "../money.js";
import { text } from "../text.js";
import { backend } from "./backend.js";
import { Cell } from "./cell.js";

/** Empty until they are there. */
export const currencyRules = new Cell<ReadonlyMap<string, CurrencyRule>>(new Map());

let asked = false;

export function loadCurrencies(): void {
  if (asked) return;
  asked = true;
  void backend
    .currencies()
    .then((rules) => currencyRules.set(new Map(rules.map((rule) => [rule.code, rule]))))
    .catch(() => (asked = false));
}

/** The price as people read it, once the rules are there. */
export function shownPrice({ price, currency }: Price): string {
  if (price === 0) return text.sell.free;
  const rule = currencyRules.value.get(currency);
  return rule === undefined ? "…" : formatPrice(price, rule);
}
