/** The tools of a server's arbiter. */
import { loadWasm } from "#platform";
import { examineContent as examine, openEvidence as openAll } from "../wasm/claimcheck_client.js";
import { guarded, guardedSync } from "./errors.js";
import type { Identity } from "./identity.js";
import type { PacketLine } from "./packet.js";
import type { FileSink, OpenedEvidence } from "./types.js";

/** What each party says in the disputes of a packet. Only the arbiter's own identity opens it. */
export async function openEvidence(
  arbiter: Identity,
  packet: Uint8Array,
): Promise<readonly OpenedEvidence[]> {
  await loadWasm();
  return guardedSync(() => openAll(arbiter.inner, packet) as readonly OpenedEvidence[]);
}

/**
 * Opens what a disputed sale sold with the key that evidence encloses, and says line by line whether it is what the
 * seller signed. `chunk` finds one sealed chunk; the server's are `disputedChunk`. Files go to `sink`, and are finished
 * there only if every byte of all of them opened.
 */
export async function examineContent(
  arbiter: Identity,
  packet: Uint8Array,
  disputeId: string,
  chunk: (fileId: string, index: number) => Promise<Uint8Array>,
  sink: FileSink,
): Promise<readonly PacketLine[]> {
  await loadWasm();
  return guarded(
    () => examine(arbiter.inner, packet, disputeId, chunk, sink) as Promise<readonly PacketLine[]>,
  );
}
