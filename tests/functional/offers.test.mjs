import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { identity, text } from "../interop/protocol.mjs";
import { assertProblem } from "./client.mjs";
import { openMarket } from "./market.mjs";
import { Release, completeRelease, createProduct, newId } from "./release.mjs";
import { Sale, ok } from "./sale.mjs";

const { server, seller, buyer, stranger } = await openMarket();
const release = await completeRelease(seller, [1]);

const draft = (options) => new Sale(seller, buyer, release, options);

/** Refused, and nothing of it is stored. */
async function assertRefused(sale, request, status, code, client = seller) {
  const problem = await assertProblem(await sale.makeOffer(request, client), status, code);
  assert.deepEqual((await sale.stored()).transfers, [], problem.detail);
  return problem;
}

test("an offer is stored with a message to its buyer and the first audit row", async () => {
  const sale = draft();
  const view = await ok(await sale.makeOffer());
  assert.equal(view.transfer_id, sale.id);
  assert.equal(view.status, "offered");
  assert.equal(view.seller, seller.id);
  assert.equal(view.buyer, buyer.id);
  assert.equal(view.release_id, release.id);
  assert.equal(view.offer_hash, text(sale.offerHash));
  assert.deepEqual(view.offer, sale.signedOffer());
  assert.equal(view.envelope, null, "the envelope is the buyer's, once delivered");

  const { transfers, messages, audit, grants } = await sale.stored();
  assert.equal(transfers.length, 1);
  assert.equal(transfers[0].price, 0);
  assert.equal(transfers[0].currency, "usd");
  assert.deepEqual(grants, []);
  assert.deepEqual(
    messages.map(({ type, to_ailock_id, from_ailock_id }) => [type, to_ailock_id, from_ailock_id]),
    [["product_offer", buyer.id, seller.id]],
  );
  assert.deepEqual(
    audit.map(({ seq, actor, action }) => [seq, actor, action]),
    [[1, seller.id, "offer"]],
  );
});

test("the same offer again is the same request, one after the other and at once", async () => {
  const sale = draft();
  const first = await ok(await sale.makeOffer());
  assert.deepEqual(await ok(await sale.makeOffer()), first);

  const other = draft();
  const answers = await Promise.all(Array.from({ length: 20 }, () => other.makeOffer()));
  for (const answer of answers) assert.equal((await ok(answer)).transfer_id, other.id);
  const { transfers, messages, audit } = await other.stored();
  assert.deepEqual([transfers.length, messages.length, audit.length], [1, 1, 1]);
});

test("a taken id with another body is a conflict, whoever has it", async () => {
  const sale = draft();
  await ok(await sale.makeOffer());
  const before = await sale.stored();
  const conflicts = [
    sale.request({ offer: sale.signedOffer({ ...sale.offer, title: "Another" }) }),
    sale.request({ envelope: sale.envelope() }),
    { transfer_id: sale.id, offer: sale.signedOffer() },
  ];
  for (const request of conflicts) {
    await assertProblem(await sale.makeOffer(request), 409, "id_conflict");
  }
  await assertProblem(await sale.makeOffer(sale.request(), stranger), 409, "id_conflict");
  assert.deepEqual(await sale.stored(), before);

  const again = draft({ offer: { offer_id: sale.offer.offer_id } });
  await assertRefused(again, again.request(), 409, "id_conflict");
});

test("only the seller makes an offer, and only of its own product", async () => {
  const sale = draft();
  await assertRefused(sale, sale.request(), 403, "forbidden", stranger);
  const foreign = new Sale(stranger, buyer, release);
  await assertRefused(foreign, foreign.request(), 404, "not_found", stranger);
  const missing = draft({ offer: { product_id: newId("product") } });
  await assertRefused(missing, missing.request(), 404, "not_found");
});

test("an offer that its seller did not sign as it is, is refused", async () => {
  const sale = draft();
  const good = sale.signedOffer();
  const cases = {
    "another's signature": sale.signedOffer(sale.offer, stranger.ailock),
    "an altered price": { ...good, body: { ...sale.offer, price: 100 } },
    "a price below the least": sale.signedOffer({ ...sale.offer, price: 1 }),
    "no title": sale.signedOffer({ ...sale.offer, title: " " }),
    "no downloads": sale.signedOffer({
      ...sale.offer,
      policy: { ...sale.offer.policy, max_downloads: 0 },
    }),
    "a release without its manifest": sale.signedOffer({ ...sale.offer, manifest_hash: null }),
    "the seller as buyer": sale.signedOffer({ ...sale.offer, buyer: seller.id }),
  };
  for (const offer of Object.values(cases)) {
    await assertRefused(
      sale,
      sale.request({ offer, envelope: undefined }),
      422,
      "invalid_statement",
    );
  }
});

test("an envelope that is not bound to this sale is refused", async () => {
  const sale = draft();
  const zero = Buffer.alloc(32);
  const cases = {
    "another's signature": sale.envelope({ signer: stranger.ailock }),
    "another transfer": sale.envelope({ subject: newId("transfer") }),
    "another offer": sale.envelope({ offerHash: zero }),
    "another manifest": sale.envelope({ manifestHash: zero }),
    "another recipient": sale.envelope({ recipient: stranger.ailock }),
    "altered bytes": { ...sale.envelope(), sealed: text(randomBytes(80)) },
  };
  for (const envelope of Object.values(cases)) {
    await assertRefused(sale, sale.request({ envelope }), 422, "invalid_statement");
  }
});

test("an offer must be to a registered buyer, for a time that makes sense", async () => {
  const now = server.clock.now();
  const cases = [
    [{ buyer: null }, /buyer must be given/],
    [{ buyer: identity(randomBytes(32)).id }, /not registered/],
    [{ expires_at: now - 1 }, /expires_at has passed/],
    [{ expires_at: now + 367 * 24 * 3600 }, /366 days/],
  ];
  for (const [offer, detail] of cases) {
    const sale = draft({ offer });
    const problem = await assertRefused(sale, sale.request(), 422, "unprocessable");
    assert.match(problem.detail, detail);
  }
});

test("an offer must name a completed release of its product, by its manifest", async () => {
  const open = new Release(seller, await createProduct(seller), [1]);
  await open.open();
  const other = await completeRelease(seller, [1]);
  const cases = [
    { release_id: open.id },
    { release_id: newId("release") },
    { release_id: other.id, manifest_hash: other.completed.manifest_hash },
    { manifest_hash: other.completed.manifest_hash },
  ];
  for (const offer of cases) {
    const sale = draft({ offer });
    await assertRefused(sale, sale.request(), 422, "unprocessable");
  }
  const none = draft({ offer: { release_id: null, manifest_hash: null } });
  const problem = await assertRefused(none, none.request(), 422, "unprocessable");
  assert.match(problem.detail, /an envelope needs a release/);
});

test("a release that is gone, or that did not pass its check, cannot be offered", async () => {
  const gone = await completeRelease(seller, [1]);
  await server.db.prepare("update releases set deleted_at = 1 where id = ?").bind(gone.id).run();
  const sale = new Sale(seller, buyer, gone);
  await assertRefused(sale, sale.request(), 410, "release_gone");

  for (const [column, verdict] of [
    ["malware_scan", "infected"],
    ["moderation", "rejected"],
  ]) {
    const bad = await completeRelease(seller, [1]);
    await server.db
      .prepare(
        `insert into content_checks (id, release_id, product_id, ${column}) values (?1, ?1, ?2, ?3)`,
      )
      .bind(bad.id, bad.productId, verdict)
      .run();
    const refused = new Sale(seller, buyer, bad);
    await assertRefused(refused, refused.request(), 409, "content_refused");
  }
});

test("a body that cannot be read is refused by the member's name", async () => {
  const sale = draft();
  const { release_id: _, ...short } = sale.offer;
  const cases = [
    [{}, /transfer_id/],
    [sale.request({ transfer_id: newId("offer") }), /transfer_id/],
    [sale.request({ extra: 1 }), /extra/],
    [sale.request({ offer: sale.signedOffer(short) }), /release_id/],
    [sale.request({ offer: sale.signedOffer({ ...sale.offer, price: -1 }) }), /price/],
    [sale.request({ offer: sale.signedOffer({ ...sale.offer, currency: "USD" }) }), /currency/],
    [sale.request({ envelope: { ...sale.sealed, sealed: "AA" } }), /sealed/],
  ];
  for (const [request, member] of cases) {
    const problem = await assertRefused(sale, request, 400, "invalid_request");
    assert.match(problem.detail, member);
  }
});
