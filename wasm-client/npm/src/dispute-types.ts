/** Taking back, giving money back, and disputing. */
import type { AilockKeys, Transfer } from "./types.js";

/** Why a transfer is revoked. All but `requested`, which is the seller's, are the operator's. */
export type RevokeReason = "requested" | "infected" | "rejected" | "takedown";

/** A part of a price that goes back. */
export interface RefundPart {
  /** Minor units. */
  readonly amount: number;
  /** 1 to 64 letters, digits, `_` or `-`: the same again is the same refund. A fresh one where it is left out. */
  readonly refundId?: string;
}

export type DisputeKind = "content" | "delivery" | "other";

/** What a party tells the arbiter. It is sealed here; nobody else reads it. 256 KiB in all. */
export interface Evidence {
  readonly text: string;
  /** Whether the key to the files goes with it, so that the arbiter can look at what was sold. */
  readonly encloseKey?: boolean;
  readonly files?: readonly {
    /** Relative, and inside its folder. */
    readonly path: string;
    readonly contentType: string;
    readonly bytes: Uint8Array;
  }[];
  /** The Ailock id of the arbiter that this is meant for. Left out: whomever the server names. */
  readonly arbiter?: string;
}

/** Where the disputes of one transfer stand. */
export interface Disputes {
  readonly transfer: Transfer;
  /** Whom evidence is sealed to; null where the server has no arbiter. */
  readonly arbiter: AilockKeys | null;
  readonly disputes: readonly {
    readonly dispute_id: string;
    readonly state:
      | "open"
      | {
          readonly closed:
            "withdrawn" | "ruled_for_seller" | "won" | "ruled_for_buyer" | "unanswered" | "lost";
        };
    /** Unix seconds at which it is lost unless the seller answers; null once answered or closed. */
    readonly answer_due_at: number | null;
  }[];
}

/** What one statement in a dispute says, opened by the arbiter. */
export interface OpenedEvidence {
  readonly disputeId: string;
  /** Ailock id of who signed it. */
  readonly by: string;
  readonly act: "open" | "answer" | "withdraw";
  readonly kind: DisputeKind | null;
  /** Unix seconds, by the signer's clock. */
  readonly at: number;
  /** Why there is nothing to read; null where there is. */
  readonly problem: string | null;
  readonly text: string | null;
  /** Whether it encloses the key to the files, for `examineContent`. */
  readonly hasKey: boolean;
  readonly files: readonly {
    readonly path: string;
    readonly contentType: string;
    readonly bytes: Uint8Array;
  }[];
}
