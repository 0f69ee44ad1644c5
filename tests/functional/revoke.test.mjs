import assert from "node:assert/strict";
import { test } from "node:test";
import { assertProblem } from "./client.mjs";
import { openMarket } from "./market.mjs";
import { newId } from "./release.mjs";
import { Sale, ok, unchanged } from "./sale.mjs";
import { revoke } from "./statements.mjs";

const SIZE = 4_194_048 + 100;

const { seller, buyer, stranger, operator } = await openMarket({
  offices: ["operator"],
});

test("the seller takes an offer back before anybody has accepted it", async () => {
  const sale = await Sale.offered(seller, buyer);
  assert.equal((await ok(await revoke(sale).send())).status, "revoked");
  await assertProblem(await sale.invoice(), 409, "wrong_state");
  const { audit, messages } = await sale.stored();
  assert.deepEqual([audit.at(-1).actor, audit.at(-1).action], [seller.id, "revoke"]);
  assert.ok(
    messages.some(({ type, to_ailock_id: to }) => type === "product_revoke" && to === buyer.id),
  );
});

test("the same revocation again, also many at once, is the same request", async () => {
  const sale = await Sale.offered(seller, buyer);
  const statement = revoke(sale);
  const answers = await Promise.all(Array.from({ length: 10 }, () => statement.send()));
  for (const answer of answers) assert.equal((await ok(answer)).status, "revoked");
  assert.equal((await sale.stored()).audit.length, 2);
  await unchanged(sale, async () => {
    await ok(await statement.send());
    await assertProblem(await revoke(sale, { at: 1 }).send(), 409, "wrong_state");
  });
});

test("a delivered sale of which nothing was served is given back; no claim begins", async () => {
  const sale = await Sale.claimed(seller, buyer);
  assert.equal((await ok(await revoke(sale).send())).status, "revoked");
  assert.equal((await sale.show()).access_ended, "revoked");
  await assertProblem(await sale.chunk(), 409, "wrong_state");
  await assertProblem(await sale.claim(), 409, "wrong_state");
});

test("once a chunk was served the seller cannot revoke; the operator ends a running download", async () => {
  const sale = await Sale.claimed(seller, buyer, { sizes: [SIZE] });
  assert.equal((await sale.chunk()).status, 200);
  await unchanged(sale, async () => {
    await assertProblem(await revoke(sale).send(), 409, "wrong_state");
  });
  const takedown = revoke(sale, { client: operator, reason: "takedown" });
  const view = await ok(await takedown.send());
  assert.equal(view.status, "revoked");
  assert.equal(view.envelope, null, "the operator is not shown it");
  const problem = await assertProblem(await sale.chunk({ index: 1 }), 409, "wrong_state");
  assert.match(problem.detail, /takedown/);
});

test("each policy reason is the operator's, and is told to the buyer", async () => {
  for (const reason of ["infected", "rejected", "takedown"]) {
    const sale = await Sale.claimed(seller, buyer);
    await assertProblem(await revoke(sale, { reason }).send(), 403, "forbidden");
    await ok(await revoke(sale, { client: operator, reason }).send());
    assert.equal((await sale.show()).access_ended, reason);
  }
});

test("only the seller and the operator revoke, each for its own reasons", async () => {
  const sale = await Sale.offered(seller, buyer);
  await unchanged(sale, async () => {
    await assertProblem(await revoke(sale, { client: buyer }).send(), 403, "forbidden");
    await assertProblem(await revoke(sale, { client: stranger }).send(), 404, "not_found");
    await assertProblem(await revoke(sale, { client: operator }).send(), 403, "forbidden");
    const unknown = { transfer_id: newId("transfer") };
    await assertProblem(await revoke(sale, unknown).send(), 404, "not_found");
    await assertProblem(
      await revoke(sale, { ...unknown, client: operator, reason: "takedown" }).send(),
      404,
      "not_found",
    );
  });
});

test("a statement that is not the caller's, or not a statement, is refused", async () => {
  const sale = await Sale.offered(seller, buyer);
  await unchanged(sale, async () => {
    const foreign = revoke(sale, { signer: stranger, client: seller });
    await assertProblem(await foreign.send(), 422, "unprocessable");
    const forged = revoke(sale, { signer: stranger, client: seller, by: seller.id });
    await assertProblem(await forged.send(), 422, "invalid_statement");
    await assertProblem(await revoke(sale, { reason: "mood" }).send(), 400, "invalid_request");
    await assertProblem(await revoke(sale, { v: 2 }).send(), 400, "invalid_request");
  });
});
