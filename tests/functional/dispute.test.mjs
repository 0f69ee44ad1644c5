import assert from "node:assert/strict";
import { test } from "node:test";
import { text } from "../interop/protocol.mjs";
import { assertProblem } from "./client.mjs";
import { openMarket } from "./market.mjs";
import { newId } from "./release.mjs";
import { Sale, ok, unchanged } from "./sale.mjs";
import { dispute, disputesOf, openDispute, verdict } from "./statements.mjs";

const SIZE = 4_194_048 + 100;
const WEEK = 7 * 24 * 3600;

const { server, seller, buyer, stranger, arbiter } = await openMarket({
  offices: ["arbiter"],
});

/** A sale whose first chunk was served and that the buyer then disputes. */
async function disputed(options) {
  const sale = await Sale.claimed(seller, buyer, { sizes: [SIZE], ...options });
  assert.equal((await sale.chunk()).status, 200);
  sale.opened = await ok(await openDispute(sale));
  return sale;
}

test("a dispute freezes a running download, tells the seller, and shows the arbiter's keys", async () => {
  const sale = await disputed();
  const { transfer, arbiter: keys, disputes } = sale.opened;
  assert.equal(transfer.status, "disputed");
  assert.equal(keys.x25519_pk, text(arbiter.ailock.sealing.publicKey));
  assert.deepEqual(
    disputes.map(({ dispute_id, state }) => [dispute_id, state]),
    [[sale.disputeId, "open"]],
  );
  const [row] = (await sale.stored()).transfers;
  assert.equal(disputes[0].answer_due_at, row.dispute_due_at);
  await assertProblem(await sale.chunk({ index: 1 }), 409, "wrong_state");
  const { messages } = await sale.stored();
  assert.deepEqual(
    [messages.at(-1).type, messages.at(-1).to_ailock_id],
    ["product_dispute", seller.id],
  );
  const seen = await ok(await disputesOf(sale, seller));
  assert.equal(seen.transfer.envelope, null);
  await assertProblem(await disputesOf(sale, stranger), 404, "not_found");
});

test("withdrawn, the download goes on where it stood", async () => {
  const sale = await disputed();
  const { transfer, disputes } = await ok(await dispute(sale, "withdraw").send());
  assert.equal(transfer.status, "delivered");
  assert.deepEqual([disputes[0].state, disputes[0].answer_due_at], [{ closed: "withdrawn" }, null]);
  assert.equal((await sale.chunk({ index: 1 })).status, 200);
  await assertProblem(await dispute(sale, "withdraw", { at: 1 }).send(), 409, "wrong_state");
});

test("the same dispute again is the same request; its id with another body is not", async () => {
  const sale = await Sale.accepted(seller, buyer);
  sale.disputeId = newId("dispute");
  const statement = dispute(sale, "open");
  const answers = await Promise.all(Array.from({ length: 10 }, () => statement.send()));
  for (const answer of answers) assert.equal((await ok(answer)).transfer.status, "disputed");
  await unchanged(sale, async () => {
    await ok(await statement.send());
    await assertProblem(await dispute(sale, "open", { kind: "other" }).send(), 409, "id_conflict");
  });
});

test("an answer in time keeps a dispute open, and the clock loses nothing for the seller", async () => {
  const sale = await disputed({ policy: { retention_seconds: 30 * 24 * 3600 } });
  const { disputes } = await ok(await dispute(sale, "answer").send());
  assert.deepEqual([disputes[0].state, disputes[0].answer_due_at], ["open", null]);
  const { audit, transfers } = await sale.stored();
  assert.deepEqual([audit.at(-1).actor, audit.at(-1).action], [seller.id, "dispute_answered"]);
  assert.equal(transfers[0].dispute_due_at, null);
  await server.clock.advance(WEEK + 1);
  try {
    await server.scheduled();
    assert.equal((await sale.stored()).transfers[0].status, "disputed");
  } finally {
    await server.clock.release();
  }
});

test("one answered dispute does not answer another", async () => {
  const sale = await disputed();
  await ok(await dispute(sale, "answer").send());
  const second = await ok(await openDispute(sale));
  assert.deepEqual(second.disputes.map(({ answer_due_at: due }) => due !== null).sort(), [
    false,
    true,
  ]);
  await ok(await dispute(sale, "withdraw").send());
  assert.equal((await sale.show()).status, "disputed", "the first one is open still");
});

test("the arbiter rules for the seller: access is back; for the buyer: it ends", async () => {
  const won = await disputed();
  const { transfer } = await ok(await verdict(won, arbiter, "for_seller").send());
  assert.equal(transfer.status, "delivered");
  assert.equal(transfer.envelope, null, "the arbiter is not shown it");
  assert.equal((await won.chunk({ index: 1 })).status, 200);

  const lost = await disputed();
  const ruling = verdict(lost, arbiter, "for_buyer");
  assert.equal((await ok(await ruling.send())).transfer.status, "revoked");
  const problem = await assertProblem(await lost.chunk({ index: 1 }), 409, "wrong_state");
  assert.match(problem.detail, /dispute_lost/);
  await unchanged(lost, async () => {
    assert.equal((await ok(await ruling.send())).disputes[0].state.closed, "ruled_for_buyer");
    await assertProblem(await verdict(lost, arbiter, "for_seller").send(), 409, "wrong_state");
  });
});

test("nobody else rules", async () => {
  const sale = await disputed();
  await unchanged(sale, async () => {
    for (const client of [seller, buyer]) {
      await assertProblem(await verdict(sale, client, "for_buyer").send(), 403, "forbidden");
    }
    await assertProblem(await verdict(sale, stranger, "for_buyer").send(), 404, "not_found");
    const forged = verdict(sale, stranger, "for_buyer", { client: arbiter, arbiter: arbiter.id });
    await assertProblem(await forged.send(), 422, "invalid_statement");
    const foreign = verdict(sale, stranger, "for_buyer", { client: arbiter });
    await assertProblem(await foreign.send(), 422, "unprocessable");
    const withdrawn = verdict(sale, arbiter, "withdrawn");
    await assertProblem(await withdrawn.send(), 422, "invalid_statement");
    const other = verdict(sale, arbiter, "for_buyer", { dispute_id: newId("dispute") });
    await assertProblem(await other.send(), 409, "dispute_not_open");
  });
});

test("each side makes its own statements only", async () => {
  const sale = await Sale.accepted(seller, buyer);
  sale.disputeId = newId("dispute");
  await unchanged(sale, async () => {
    await assertProblem(await dispute(sale, "open", { signer: seller }).send(), 403, "forbidden");
    await assertProblem(await dispute(sale, "open", { signer: stranger }).send(), 404, "not_found");
    await assertProblem(await dispute(sale, "answer", { signer: buyer }).send(), 403, "forbidden");
    await assertProblem(await dispute(sale, "answer").send(), 409, "dispute_not_open");
    await assertProblem(await dispute(sale, "withdraw").send(), 409, "wrong_state");
    const foreign = dispute(sale, "open", { signer: stranger, client: buyer });
    await assertProblem(await foreign.send(), 422, "unprocessable");
    const kindless = dispute(sale, "open", { kind: null });
    await assertProblem(await kindless.send(), 422, "invalid_statement");
    await assertProblem(
      await dispute(sale, "open", { kind: "mood" }).send(),
      400,
      "invalid_request",
    );
  });
});

test("before the sale there is nothing to dispute; after its end a dispute is recorded", async () => {
  const early = await Sale.offered(seller, buyer);
  await assertProblem(await openDispute(early), 409, "wrong_state");
  const late = await disputed();
  await ok(await verdict(late, arbiter, "for_buyer").send());
  const { transfer, disputes } = await ok(await openDispute(late));
  assert.equal(transfer.status, "revoked");
  assert.deepEqual(
    disputes.map(({ answer_due_at: due }) => due),
    [null, null],
  );
});
