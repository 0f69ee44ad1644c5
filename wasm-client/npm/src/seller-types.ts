/** What a seller has beside its sales. Ids are the server's texts, times Unix seconds. */
import type { MessageType } from "./types.js";

/** What a deletion leaves. */
export interface Deleted {
  /** Sales that are not over. While there are any, the files stay for their buyers. */
  readonly open_sales: number;
}

/** The payment provider's page on which a seller sets up an account. */
export interface Onboarding {
  /** Good for one visit. */
  readonly url: string;
  /** When it is good no more. */
  readonly expires_at: number;
}

/** Where a seller is paid. */
export interface PaymentAccount {
  /** `merchant`: the server's own account is paid, and sellers have nothing to set up. */
  readonly mode: "merchant" | "connect";
  readonly has_account: boolean;
  /** Whether one can sell at a price. */
  readonly charges_enabled: boolean;
  readonly payouts_enabled: boolean;
  /** Whether everything that the provider asked for is answered. */
  readonly details_submitted: boolean;
}

export type WebhookEvent = MessageType | "transfer_updated";

export interface WebhookRequest {
  /** `https`, a name and no port. */
  readonly url: string;
  /** Left out: all. */
  readonly events?: readonly WebhookEvent[];
}

/** An address that is told of one's sales. */
export interface Webhook {
  readonly webhook_id: string;
  readonly url: string;
  /** Empty: all. */
  readonly events: readonly WebhookEvent[];
  readonly created_at: number;
  /** Attempts that failed since the last one that succeeded. */
  readonly failures: number;
  /** When the server gave up; null while it is told. */
  readonly disabled_at: number | null;
  readonly disabled_reason: "failing" | "gone" | null;
  /** When it was ended; null while it is told. */
  readonly revoked_at: number | null;
}
