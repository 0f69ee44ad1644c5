/** Dispute packets, verified offline. */
import { loadWasm } from "#platform";
import { verifyAudit as verifyRows, verifyPacket as verify } from "../wasm/claimcheck_client.js";
import { guardedSync } from "./errors.js";

/** One line of the report. */
export interface PacketLine {
  readonly claim: string;
  /** `not_proved`: the packet neither proves nor disproves it. `false`: it is contradicted, or was altered. */
  readonly verdict: "proved" | "not_proved" | "false";
  readonly why: string;
}

/**
 * What a dispute packet proves, line by line. `bytes` is the packet as the server gave it, to the byte; `pinned` names
 * the server's key as it is known from elsewhere: its `kid`, or the text of the server's JWK Set. Without it the
 * packet is only checked against itself.
 */
export async function verifyPacket(
  bytes: Uint8Array,
  pinned?: string,
): Promise<readonly PacketLine[]> {
  await loadWasm();
  return guardedSync(() => verify(bytes, pinned) as readonly PacketLine[]);
}

/** What the audit rows of a transfer prove, line by line. `bytes` is `auditTrail`'s, to the byte; `pinned` as above. */
export async function verifyAudit(
  bytes: Uint8Array,
  pinned?: string,
): Promise<readonly PacketLine[]> {
  await loadWasm();
  return guardedSync(() => verifyRows(bytes, pinned) as readonly PacketLine[]);
}
