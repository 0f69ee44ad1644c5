/** Why a sale gives no access any more, and where its money is. */
import { html, nothing } from "lit";
import type { Transfer, TransferStatus } from "claimcheck";
import { formatPrice } from "../money.js";
import { currencyRules } from "../state/currencies.js";
import { text } from "../text.js";
import { callout } from "./callout.js";

const ENDS: Partial<Record<TransferStatus, string>> = {
  refunded: text.ended.refunded,
  refund_pending: text.ended.refund_pending,
  disputed: text.ended.disputed,
  revoked: text.ended.revoked,
  expired: text.ended.expired,
  cancelled: text.ended.cancelled,
};

/** Nothing while a sale goes its way. */
export function endNotice({ status, refund, offer }: Transfer): unknown {
  const words = status === "cancelled" && refund ? text.ended.cancelledRefunded : ENDS[status];
  const rule = currencyRules.value.get(offer.body.currency);
  const isPartial = refund?.state === "partial" && refund.refunded > 0 && rule;
  return html`
    ${words === undefined ? nothing : callout("warning", words)}
    ${isPartial ? callout("neutral", text.ended.refundPartial(formatPrice(refund.refunded, rule))) : nothing}
    ${
      refund && refund.failures > 0 && refund.state !== "complete"
        ? callout("warning", text.ended.refundFailed(refund.failures))
        : nothing
    }
  `;
}
