/** The word for where a sale stands. */
import { html, type TemplateResult } from "lit";
import type { TransferStatus } from "claimcheck";
import { text } from "../text.js";

const VARIANTS: Partial<Record<TransferStatus, string>> = {
  acknowledged: "success",
  delivered: "brand",
  offered: "brand",
  disputed: "danger",
  refund_pending: "warning",
  revoked: "danger",
};

export function statusBadge(status: TransferStatus): TemplateResult {
  return html`
    <wa-badge variant=${VARIANTS[status] ?? "neutral"} appearance="filled" data-status=${status}>
      ${text.status[status] ?? status}
    </wa-badge>
  `;
}
