import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes } from "../interop/protocol.mjs";
import { assertProblem } from "./client.mjs";
import { openMarket } from "./market.mjs";
import { Release, completeRelease, newId } from "./release.mjs";
import { Sale, ok, unchanged } from "./sale.mjs";

const { server, seller, buyer, stranger } = await openMarket();

const paid = (options) => Sale.accepted(seller, buyer, { sealed: false, ...options });

test("the seller grants after the payment, and the buyer holds the envelope", async () => {
  const sale = await paid();
  const envelope = sale.envelope();
  const view = await ok(await sale.grant({ envelope }));
  assert.equal(view.status, "delivered");
  assert.equal(view.envelope, null, "the seller is not shown it");
  assert.deepEqual((await sale.show()).envelope, envelope);

  const { transfers, grants, messages, audit } = await sale.stored();
  assert.equal(grants.length, 1);
  assert.equal(transfers[0].grant_due_at, null);
  assert.deepEqual(
    messages
      .slice(-1)
      .map(({ type, to_ailock_id, from_ailock_id }) => [type, to_ailock_id, from_ailock_id]),
    [["product_delivery", buyer.id, seller.id]],
  );
  assert.deepEqual([audit.at(-1).actor, audit.at(-1).action], [seller.id, "grant"]);
});

test("the same grant again is the same request; another one is refused", async () => {
  const sale = await paid();
  const envelope = sale.envelope();
  const answers = await Promise.all(Array.from({ length: 20 }, () => sale.grant({ envelope })));
  for (const answer of answers) assert.equal((await ok(answer)).status, "delivered");
  assert.equal((await sale.stored()).grants.length, 1);
  await unchanged(sale, async () => {
    await ok(await sale.grant({ envelope }));
    await assertProblem(await sale.grant(), 409, "wrong_state");
  });
});

test("of different grants at once exactly one counts", async () => {
  const sale = await paid();
  const envelopes = Array.from({ length: 10 }, () => sale.envelope());
  const answers = await Promise.all(envelopes.map((envelope) => sale.grant({ envelope })));
  const granted = envelopes.filter((_, i) => answers[i].status === 200);
  assert.equal(granted.length, 1);
  for (const answer of answers.filter(({ status }) => status !== 200)) {
    await assertProblem(answer, 409, "wrong_state");
  }
  assert.deepEqual((await sale.show()).envelope, granted[0]);
});

test("what was sealed ahead cannot be granted anew", async () => {
  const sale = await Sale.accepted(seller, buyer);
  await unchanged(sale, async () => {
    await ok(await sale.grant({ envelope: sale.sealed }));
    await assertProblem(await sale.grant(), 409, "wrong_state");
  });
});

test("before the payment, and after the end, nothing is granted", async () => {
  const sale = await Sale.offered(seller, buyer, { sealed: false });
  for (const status of [null, "revoked", "refunded", "disputed", "paid_pending_inputs"]) {
    if (status) await sale.force(status);
    await unchanged(sale, async () => {
      await assertProblem(await sale.grant(), 409, "wrong_state");
    });
  }
});

test("only the seller grants: the buyer is told so, a stranger finds nothing", async () => {
  const sale = await paid();
  await unchanged(sale, async () => {
    await assertProblem(await sale.grant({}, buyer), 403, "forbidden");
    await assertProblem(await sale.grant({}, stranger), 404, "not_found");
    await assertProblem(await sale.grant({ transfer_id: newId("transfer") }), 404, "not_found");
  });
});

test("an envelope that is not bound to this sale is refused", async () => {
  const sale = await paid();
  const cases = [
    sale.envelope({ signer: stranger.ailock }),
    sale.envelope({ subject: newId("transfer") }),
    sale.envelope({ offerHash: Buffer.alloc(32) }),
    sale.envelope({ manifestHash: Buffer.alloc(32) }),
    sale.envelope({ recipient: stranger.ailock }),
  ];
  await unchanged(sale, async () => {
    for (const envelope of cases) {
      await assertProblem(await sale.grant({ envelope }), 422, "invalid_statement");
    }
    await assertProblem(await sale.grant({ envelope: { sealed: "AA" } }), 400, "invalid_request");
  });
});

test("where the offer names no release, the grant does", async () => {
  const release = await completeRelease(seller, [1]);
  const sale = new Sale(seller, buyer, release, {
    offer: { release_id: null, manifest_hash: null },
    sealed: false,
  });
  await ok(await sale.makeOffer());
  assert.equal((await ok(await sale.invoice())).transfer.status, "paid");

  const foreign = await completeRelease(stranger, [1]);
  const other = new Release(seller, release.productId, [1]);
  await other.open();
  await unchanged(sale, async () => {
    for (const release_id of [undefined, foreign.id, other.id, newId("release")]) {
      await assertProblem(await sale.grant({ release_id }), 422, "unprocessable");
    }
  });
  const view = await ok(await sale.grant({ release_id: release.id }));
  assert.deepEqual(
    [view.status, view.release_id, view.manifest_hash],
    ["delivered", release.id, release.completed.manifest_hash],
  );
  assert.equal((await ok(await sale.claim())).release_id, release.id);
});

test("a release that was deleted cannot be granted", async () => {
  const sale = await paid();
  await server.db
    .prepare("update releases set deleted_at = 1 where id = ?")
    .bind(sale.release.id)
    .run();
  await unchanged(sale, async () => {
    await assertProblem(await sale.grant(), 410, "release_gone");
  });
});

test("a grant cannot hand over another release than the offer's", async () => {
  const sale = await paid();
  const other = new Release(seller, sale.release.productId, [1]);
  await other.open();
  await other.putAll();
  const { manifest_hash } = await ok(await other.complete());
  await unchanged(sale, async () => {
    const envelope = sale.envelope({ manifestHash: bytes(manifest_hash) });
    await assertProblem(await sale.grant({ envelope, release_id: other.id }), 422, "unprocessable");
  });
  assert.equal((await ok(await sale.grant({ release_id: sale.release.id }))).status, "delivered");
});
