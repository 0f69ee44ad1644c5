import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, jcs, verifyStatement } from "../interop/protocol.mjs";
import { assertProblem } from "./client.mjs";
import { openMarket } from "./market.mjs";
import { newId } from "./release.mjs";
import { Sale, ok } from "./sale.mjs";
import { dispute, openDispute, verdict } from "./statements.mjs";

const { server, seller, buyer, stranger, arbiter } = await openMarket({
  offices: ["arbiter"],
});

const packetOf = (sale, client) => client.call(`transfers-packet?transfer_id=${sale.id}`);

test("a packet holds the whole sale, canonical and signed by the server", async () => {
  const sale = await Sale.claimed(seller, buyer);
  assert.equal((await sale.chunk()).status, 200);
  const { countersign } = await ok(await sale.acknowledge());
  await ok(await openDispute(sale));
  await ok(await dispute(sale, "answer").send());
  await ok(await verdict(sale, arbiter, "for_seller").send());

  const response = await packetOf(sale, seller);
  assert.equal(response.headers.get("content-type"), "application/json");
  const text = Buffer.from(await response.arrayBuffer());
  const { body, signature } = JSON.parse(text);
  assert.deepEqual(jcs({ body, signature }), text);
  const [key] = body.server_keys;
  assert.ok(verifyStatement(bytes(key), "packet", body, bytes(signature)));
  const jwks = await (await fetch(`${server.url}/.well-known/jwks.json`)).json();
  assert.ok(jwks.keys.some(({ x }) => x === key));

  assert.deepEqual(body.offer, sale.signedOffer());
  assert.deepEqual(body.manifest, sale.release.completed.manifest);
  assert.deepEqual(body.envelope, sale.sealed);
  assert.deepEqual(body.countersign, countersign);
  assert.equal(body.receipt.body.claim_id, sale.claimed.claim_id);
  assert.deepEqual(
    body.disputes.map((signed) => signed.body.act),
    ["open", "answer"],
  );
  assert.equal(body.verdicts[0].body.ruling, "for_seller");
  assert.equal(body.status, "acknowledged");
  assert.deepEqual(
    body.audit.map(({ action }) => action),
    [
      "offer",
      "invoice",
      "claim_begun",
      "first_chunk_served",
      "ack",
      "dispute_opened",
      "dispute_answered",
      "dispute_closed",
    ],
  );
  assert.deepEqual(
    body.service.map(({ claim_id }) => claim_id),
    [sale.claimed.claim_id],
  );
  const signers = body.signers.map(({ ed25519_pk }) => ed25519_pk).sort();
  const meant = [seller, buyer, arbiter].map(({ ailock }) =>
    ailock.signing.publicKey.toString("base64url"),
  );
  assert.deepEqual(signers, meant.sort());
});

test("both sides get it at any time, the arbiter once there is a dispute, nobody else ever", async () => {
  const sale = await Sale.accepted(seller, buyer);
  for (const client of [seller, buyer]) await ok(await packetOf(sale, client));
  for (const client of [arbiter, stranger]) {
    await assertProblem(await packetOf(sale, client), 404, "not_found");
  }
  await ok(await openDispute(sale));
  await ok(await packetOf(sale, arbiter));
  await assertProblem(await packetOf(sale, stranger), 404, "not_found");
  await assertProblem(await packetOf({ id: newId("transfer") }, seller), 404, "not_found");
  await assertProblem(await packetOf({ id: "x" }, seller), 400, "invalid_request");
});
