/** What states of a sale have in common. */
import type { TransferStatus } from "claimcheck";

type Stage = readonly TransferStatus[];

/** The buyer may accept, and provide what is asked for before the payment. */
export const ACCEPTABLE: Stage = ["offered", "invoiced"];

/** No money has arrived. */
export const UNPAID: Stage = [...ACCEPTABLE, "payment_processing"];

/** Paid, or free and accepted; the buyer has not acknowledged. */
export const RUNNING: Stage = ["paid_pending_inputs", "paid", "delivered"];

/** The same, acknowledged or not. */
export const PAID: Stage = [...RUNNING, "acknowledged"];

/** Money may go back, and a dispute may be opened. */
export const CONTESTABLE: Stage = [...PAID, "disputed"];

/** A buyer may download, as long as access lasts. */
export const WITH_ACCESS: Stage = ["delivered", "acknowledged"];
