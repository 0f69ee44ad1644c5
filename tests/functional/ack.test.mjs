import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bytes,
  jcs,
  label,
  sha256,
  statementHash,
  text,
  verifyStatement,
} from "../interop/protocol.mjs";
import { assertProblem } from "./client.mjs";
import { openMarket } from "./market.mjs";
import { newId } from "./release.mjs";
import { Sale, ok, unchanged } from "./sale.mjs";

const { server, seller, buyer, stranger } = await openMarket();

/** A sale of which everything is downloaded. */
async function downloaded(options) {
  const sale = await Sale.claimed(seller, buyer, options);
  for (const { file_id, index } of sale.release.chunks()) {
    const response = await sale.chunk({ file: file_id, index });
    assert.equal(response.status, 200);
    await response.arrayBuffer();
  }
  return sale;
}

const auditRow = ({ hash: _, ...row }) => row;
const rowHash = (row) => text(sha256(label("audit-row"), jcs(auditRow(row))));

async function serverKey(kid) {
  const response = await fetch(`${server.url}/.well-known/jwks.json`);
  const { keys } = await response.json();
  return bytes(keys.find((key) => key.kid === kid).x);
}

test("a receipt is stored, countersigned, and the seller is told", async () => {
  const sale = await downloaded({ sizes: [5, 524_257] });
  const before = (await sale.stored()).audit.at(-1);
  const receipt = sale.signedReceipt();
  const { transfer, countersign } = await ok(await sale.acknowledge(receipt));
  assert.equal(transfer.status, "acknowledged");
  assert.deepEqual(transfer.receipt, receipt);
  assert.deepEqual(transfer.countersign, countersign);

  const { body, signature } = countersign;
  assert.equal(body.receipt_hash, text(statementHash(receipt.body)));
  assert.equal(body.audit_head, before.hash);
  assert.ok(Math.abs(body.received_at - server.clock.now()) <= 60);
  assert.ok(verifyStatement(await serverKey(body.kid), "countersign", body, bytes(signature)));

  const { receipts, messages, audit } = await sale.stored();
  assert.equal(receipts.length, 1);
  assert.equal(receipts[0].client_hash, receipt.body.client_hash);
  assert.equal(receipts[0].signature, receipt.signature);
  assert.equal(receipts[0].delivered_at, receipt.body.delivered_at);
  assert.deepEqual(JSON.parse(receipts[0].meta), { receipt, countersign });
  assert.deepEqual(
    [messages.at(-1).type, messages.at(-1).to_ailock_id],
    ["delivery_receipt", seller.id],
  );
  assert.deepEqual([audit.at(-1).actor, audit.at(-1).action], [buyer.id, "ack"]);
  assert.deepEqual((await sale.show(seller)).receipt, receipt);
});

test("the audit rows of a sale are one chain, and hide where the calls came from", async () => {
  const sale = await downloaded();
  await ok(await sale.acknowledge());
  const { audit, transfers } = await sale.stored();
  assert.deepEqual(
    audit.map(({ action }) => action),
    ["offer", "invoice", "claim_begun", "first_chunk_served", "ack"],
  );
  let head = text(Buffer.alloc(32));
  for (const [i, row] of audit.entries()) {
    assert.equal(row.seq, i + 1);
    assert.equal(row.prev_hash, head);
    assert.equal(row.hash, rowHash(row));
    head = row.hash;
    const { salt, ip, user_agent } = await server.db
      .prepare("select * from audit_origins where transfer_id = ? and seq = ?")
      .bind(sale.id, row.seq)
      .first();
    const origin = sha256(label("audit-origin"), bytes(salt), jcs({ ip, user_agent }));
    assert.equal(row.origin_hash, text(origin));
  }
  assert.equal(transfers[0].audit_head, head);
  assert.equal(transfers[0].audit_seq, audit.length);
  const change = server.db
    .prepare("update audit_log set actor = 'server' where transfer_id = ?")
    .bind(sale.id);
  await assert.rejects(change.run(), /append-only/);
});

test("the same receipt again gets the same countersignature; another one is refused", async () => {
  const sale = await downloaded();
  const receipt = sale.signedReceipt();
  const answers = await Promise.all(Array.from({ length: 20 }, () => sale.acknowledge(receipt)));
  const signed = await Promise.all(answers.map(ok));
  assert.equal(new Set(signed.map(({ countersign }) => countersign.signature)).size, 1);
  await unchanged(sale, async () => {
    assert.deepEqual(await ok(await sale.acknowledge(receipt)), signed[0]);
    const other = sale.signedReceipt(sale.receipt({ delivered_at: receipt.body.delivered_at + 1 }));
    await assertProblem(await sale.acknowledge(other), 409, "wrong_state");
  });
});

test("a receipt for other content is refused, and nothing changes", async () => {
  const sale = await downloaded();
  await unchanged(sale, async () => {
    const other = sale.receipt({ client_hash: text(sha256(Buffer.from("other"))) });
    await assertProblem(await sale.acknowledge(sale.signedReceipt(other)), 409, "content_mismatch");
  });
  assert.equal((await ok(await sale.acknowledge())).transfer.status, "acknowledged");
});

test("each member must be the sale's", async () => {
  const sale = await downloaded({ policy: { max_downloads: 2 } });
  const other = await downloaded();
  const unused = await ok(await sale.claim({ claim_id: newId("claim") }));
  const hash = text(sha256(Buffer.from("other")));
  const cases = [
    [{ offer_hash: hash }, /offer_hash/],
    [{ manifest_hash: hash }, /manifest_hash/],
    [{ bytes: 2 }, /bytes/],
    [{ seller: stranger.id }, /seller/],
    [{ buyer: stranger.id }, /buyer/],
    [{ price: 50 }, /price/],
    [{ currency: "eur" }, /currency/],
    [{ nonce: hash }, /nonce/],
    [{ claim_id: newId("claim") }, /claim_id/],
    [{ claim_id: other.claimed.claim_id, nonce: other.claimed.nonce }, /claim_id/],
    [{ claim_id: unused.claim_id, nonce: unused.nonce }, /nothing was downloaded/],
  ];
  await unchanged(sale, async () => {
    for (const [changes, detail] of cases) {
      const receipt = sale.signedReceipt(sale.receipt(changes));
      const problem = await assertProblem(await sale.acknowledge(receipt), 422, "unprocessable");
      assert.match(problem.detail, detail);
    }
  });
});

test("a receipt that the buyer did not sign as it is, is refused", async () => {
  const sale = await downloaded();
  const good = sale.signedReceipt();
  const { transfer_id: _, ...neither } = sale.receipt();
  const cases = [
    sale.signedReceipt(sale.receipt(), seller.ailock),
    sale.signedReceipt(sale.receipt(), stranger.ailock),
    { ...good, body: { ...good.body, delivered_at: good.body.delivered_at + 1 } },
    sale.signedReceipt(sale.receipt({ link_id: newId("link") })),
  ];
  await unchanged(sale, async () => {
    for (const receipt of cases) {
      await assertProblem(await sale.acknowledge(receipt), 422, "invalid_statement");
    }
    await assertProblem(await sale.acknowledge(sale.signedReceipt(neither)), 422, "unprocessable");
    for (const changes of [{ bytes: -1 }, { v: 2 }, { extra: 1 }, { nonce: "AA" }]) {
      const receipt = sale.signedReceipt(sale.receipt(changes));
      await assertProblem(await sale.acknowledge(receipt), 400, "invalid_request");
    }
  });
});

test("only the buyer acknowledges: the seller is told so, a stranger finds nothing", async () => {
  const sale = await downloaded();
  await unchanged(sale, async () => {
    await assertProblem(await sale.acknowledge(undefined, seller), 403, "forbidden");
    await assertProblem(await sale.acknowledge(undefined, stranger), 404, "not_found");
    const missing = sale.signedReceipt(sale.receipt({ transfer_id: newId("transfer") }));
    await assertProblem(await sale.acknowledge(missing), 404, "not_found");
  });
});

test("nothing is acknowledged in a dispute or after the end", async () => {
  for (const status of ["disputed", "refund_pending", "refunded", "revoked", "expired"]) {
    const sale = await downloaded();
    await sale.force(status);
    await unchanged(sale, async () => {
      await assertProblem(await sale.acknowledge(), 409, "wrong_state");
    });
  }
});
