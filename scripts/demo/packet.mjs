// The dispute packet of the demo's sale, as its seller gets it from the server.
import { Client, makeProofKey } from "../../tests/functional/client.mjs";
import { identity } from "../../tests/interop/protocol.mjs";

/**
 * The signed packet, byte for byte as the server wrote it.
 *
 * @param {Awaited<ReturnType<typeof import("../../tests/functional/harness.mjs").startServer>>} server
 * @param {Uint8Array} seed of the seller's identity
 * @param {string} transferId
 */
export async function fetchPacket(server, seed, transferId) {
  const client = new Client(server, identity(Buffer.from(seed)), await makeProofKey());
  await client.token();
  const response = await client.call(`transfers-packet?transfer_id=${transferId}`, {
    method: "GET",
  });
  const packet = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200) throw new Error(`the packet is refused: ${response.status}`);
  return packet;
}
