// Amounts as Stripe counts them: integers in the minor unit of a currency.
import { invalid } from "./errors.mjs";

const ZERO_DECIMAL = new Set(
  "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split(" "),
);
const THREE_DECIMAL = new Set("bhd jod kwd omr tnd".split(" "));
/** Two decimals in the API, of which both must be 0. */
const WHOLE_ONLY = new Set(["isk", "ugx"]);
const KNOWN = new Set(Intl.supportedValuesOf("currency").map((code) => code.toLowerCase()));

const MINIMUM = {
  ...{ aed: 200, aud: 50, brl: 50, cad: 50, chf: 50, czk: 1500, dkk: 250, eur: 50, gbp: 30 },
  ...{ hkd: 400, huf: 17_500, inr: 50, jpy: 50, mxn: 1000, myr: 200, nok: 300, nzd: 50 },
  ...{ pln: 200, ron: 200, sek: 300, sgd: 50, thb: 1000, usd: 50 },
};
const MAXIMUM = { idr: 999_999_999_999, cop: 9_999_999_999, inr: 999_999_999 };
const USUAL_MAXIMUM = 99_999_999;

const decimals = (currency) =>
  ZERO_DECIMAL.has(currency) ? 0 : THREE_DECIMAL.has(currency) ? 3 : 2;

export function formatAmount(amount, currency) {
  const digits = decimals(currency);
  const format = new Intl.NumberFormat("en", {
    style: "currency",
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return format.format(amount / 10 ** digits);
}

/** In lower case, as the API answers it whatever it was given. */
export function readCurrency(text, param) {
  const currency = text.toLowerCase();
  if (KNOWN.has(currency)) return currency;
  throw invalid(`Invalid currency: ${currency}.`, param);
}

/** Refuses what cannot be charged. */
export function checkAmount(amount, currency) {
  const minimum = MINIMUM[currency] ?? 1;
  if (amount < minimum) {
    const bound = formatAmount(minimum, currency);
    throw invalid(
      `The total amount due must add up to at least ${bound} ${currency}`,
      undefined,
      "amount_too_small",
    );
  }
  if (amount > (MAXIMUM[currency] ?? USUAL_MAXIMUM)) {
    throw invalid("The total amount due is too large.", undefined, "amount_too_large");
  }
  const step = THREE_DECIMAL.has(currency) ? 10 : WHOLE_ONLY.has(currency) ? 100 : 1;
  if (amount % step !== 0) {
    throw invalid(`Amounts in ${currency} must be divisible by ${step}.`, undefined);
  }
}
