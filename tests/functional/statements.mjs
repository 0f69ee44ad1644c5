// What the sides, the operator and the arbiter sign about a sale, and how it is handed in.
import { signStatement, text } from "../interop/protocol.mjs";
import { newId } from "./release.mjs";

/** {body, signature} by a client. */
export const signed = (client, kind, body) => ({
  body,
  signature: text(signStatement(client.ailock.signing, kind, body)),
});

/** Hands a revocation in; by default the seller's. `changes` override members of the body. */
export function revoke(sale, { client = sale.seller, signer = client, ...changes } = {}) {
  const at = sale.server.clock.now();
  const body = { v: 1, transfer_id: sale.id, by: signer.id, reason: "requested", at, ...changes };
  const json = { revoke: signed(signer, "revoke", body) };
  return { json, send: () => client.call("products-revoke", { json }) };
}

/** One step of a dispute. */
export function dispute(sale, act, { client, signer, dispute_id, ...changes } = {}) {
  const party = act === "answer" ? sale.seller : sale.buyer;
  const by = signer ?? party;
  const body = {
    v: 1,
    transfer_id: sale.id,
    dispute_id: dispute_id ?? sale.disputeId,
    by: by.id,
    act,
    kind: act === "open" ? "delivery" : null,
    evidence: act === "withdraw" ? null : "c2VhbGVk",
    at: sale.server.clock.now(),
    ...changes,
  };
  const json = { dispute: signed(by, "dispute", body) };
  return { json, send: () => (client ?? by).call("products-dispute", { json }) };
}

/** Opens a dispute with a fresh id, which later steps take. */
export function openDispute(sale, options) {
  sale.disputeId = newId("dispute");
  return dispute(sale, "open", options).send();
}

export function verdict(sale, arbiter, ruling, { client = arbiter, ...changes } = {}) {
  const body = {
    v: 1,
    transfer_id: sale.id,
    dispute_id: sale.disputeId,
    arbiter: arbiter.id,
    ruling,
    explanation: "As seen.",
    at: sale.server.clock.now(),
    ...changes,
  };
  const json = { verdict: signed(arbiter, "verdict", body) };
  return { json, send: () => client.call("disputes-verdict", { json }) };
}

export const disputesOf = (sale, client = sale.buyer) =>
  client.call(`products-dispute?transfer_id=${sale.id}`);
