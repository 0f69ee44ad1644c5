// Listings at price 0: made, shown, closed, bought, and never sold once too often.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { text } from "../interop/protocol.mjs";
import { Client, assertProblem } from "./client.mjs";
import { Listing } from "./listing_sale.mjs";
import { openMarket } from "./market.mjs";
import { completeRelease, countRows, newId } from "./release.mjs";
import { Sale, ok, unchanged } from "./sale.mjs";

const DAY = 86_400;

const { server, seller, buyer, stranger } = await openMarket({
  rates: { RATE_REGISTER: 100_000, RATE_CLAIM: 100_000, RATE_ANON: 100_000, RATE_TOKEN: 100_000 },
});

const own = async (client) => (await ok(await client.call("listings"))).listings;

test("a listing shows its offer to anybody, and its keys to nobody", async () => {
  const listing = await Listing.open(seller, { stock: 3, offer: { price: 500 } });
  const view = await ok(await listing.show());
  const { auth_hash, sealed_secret } = listing.request();
  assert.deepEqual(view, {
    listing_id: listing.id,
    offer: listing.signedOffer(),
    offer_hash: view.offer_hash,
    seller_keys: {
      ed25519_pk: text(seller.ailock.signing.publicKey),
      x25519_pk: text(seller.ailock.sealing.publicKey),
    },
    auth_hash,
    state: "open",
    stock: 3,
    left: 3,
    files: 1,
    plaintext_size: 1,
    created_at: view.created_at,
    closed_at: null,
  });
  assert.deepEqual(await ok(await listing.show(`listing_id=${listing.id}`)), view);
  assert.deepEqual(listing.view, { ...view, sealed_secret });
  assert.deepEqual((await own(seller))[0], { ...view, sealed_secret });
  assert.deepEqual(await own(stranger), []);
});

test("an open listing keeps its release; once it is closed nothing is left of it", async () => {
  const owner = await Client.registered(server);
  const later = server.clock.now() + 30 * DAY;
  const release = await completeRelease(owner, [1]);
  const listing = new Listing(owner, release, { offer: { expires_at: later } });
  await ok(await listing.make());
  const isDeleted = async () =>
    (
      await server.db
        .prepare("select deleted_at from releases where id = ?")
        .bind(release.id)
        .first()
    ).deleted_at !== null;
  try {
    await server.clock.set(release.completed.expires_at + DAY);
    await server.scheduled();
    assert.equal(await isDeleted(), false);
    const sale = await listing.sale(await Client.registered(server));
    await ok(await listing.close());
    await server.scheduled();
    assert.equal(await isDeleted(), false);
    await ok(await sale.buyer.call("transfers-cancel", { json: { transfer_id: sale.id } }));
    await server.scheduled();
    assert.equal(await isDeleted(), true);
    await assertProblem(await new Listing(owner, release).make(), 410, "release_gone");
    await server.clock.advance(8 * DAY);
    await server.scheduled();
    assert.deepEqual((await sale.show()).listing, { listing_id: listing.id });
  } finally {
    await server.clock.release();
  }
});

test("who leaves takes its listings with it", async () => {
  const owner = await Client.registered(server);
  const listing = await Listing.open(owner);
  await ok(await owner.call("ailocks-delete", { json: { id: owner.id } }));
  await assertProblem(await listing.show(), 404, "not_found");
  await assertProblem(await listing.buy(buyer), 404, "not_found");
  assert.equal(await countRows(server, "listings", "id", listing.id), 0);
});

test("one's own listings come page by page, newest first", async () => {
  const other = await Client.registered(server);
  const made = [];
  for (let i = 0; i < 3; i += 1) made.push((await Listing.open(other)).id);
  const first = await ok(await other.call("listings?limit=2"));
  assert.deepEqual([first.listings.length, first.next], [2, first.listings[1].listing_id]);
  const second = await ok(await other.call(`listings?limit=2&after=${first.next}`));
  assert.equal(second.next, null);
  const all = [...first.listings, ...second.listings].map(({ listing_id }) => listing_id);
  assert.deepEqual(all, made.sort().reverse());
  for (const query of ["limit=0", "limit=101", "limit=x", "after=x", "what=1"]) {
    await assertProblem(await other.call(`listings?${query}`), 400, "invalid_request");
  }
});

test("what is not there is not shown, and a question names one thing", async () => {
  const listing = new Listing(seller, await completeRelease(seller, [1]));
  for (const query of [`product_id=${listing.offer.product_id}`, `listing_id=${listing.id}`]) {
    await assertProblem(await listing.show(query), 404, "not_found");
  }
  for (const query of [
    "",
    "product_id=x",
    `listing_id=${listing.id}&product_id=${newId("product")}`,
  ]) {
    await assertProblem(await listing.show(query), 400, "invalid_request");
  }
});

test("the same listing again is the same request, and another under its id is a conflict", async () => {
  const listing = await Listing.open(seller);
  assert.deepEqual(await ok(await listing.make()), listing.view);
  for (const changes of [
    { stock: 1 },
    { wrapped_key: text(randomBytes(60)) },
    { auth_hash: text(randomBytes(32)) },
    { sealed_secret: text(randomBytes(80)) },
    { offer: listing.signedOffer({ ...listing.offer, title: "Other" }) },
  ]) {
    await assertProblem(await listing.make(listing.request(changes)), 409, "id_conflict");
  }
  const foreign = new Listing(stranger, await completeRelease(stranger, [1]));
  foreign.id = listing.id;
  await assertProblem(await foreign.make(), 409, "id_conflict");
});

test("a listing that is not the seller's own, or makes no sense, is refused", async () => {
  const release = await completeRelease(seller, [1]);
  const draft = new Listing(seller, release);
  const refused = async (changes, status, code) =>
    assertProblem(await draft.make(draft.request(changes)), status, code);
  const offer = (changes, ailock) => ({
    offer: draft.signedOffer({ ...draft.offer, ...changes }, ailock),
  });
  await assertProblem(await draft.make(draft.request(), stranger), 403, "forbidden");
  await refused(offer({}, stranger.ailock), 422, "invalid_statement");
  await refused(offer({ price: -1 }), 400, "invalid_request");
  await refused(offer({ buyer: buyer.id }), 422, "unprocessable");
  await refused(offer({ release_id: null, manifest_hash: null }), 422, "unprocessable");
  await refused(offer({ manifest_hash: text(randomBytes(32)) }), 422, "unprocessable");
  await refused(offer({ expires_at: server.clock.now() }), 422, "unprocessable");
  await refused(offer({ expires_at: server.clock.now() + 367 * 86_400 }), 422, "unprocessable");
  await refused({ stock: 0 }, 422, "unprocessable");
  await refused({ stock: -1 }, 400, "invalid_request");
  await refused({ wrapped_key: text(randomBytes(59)) }, 400, "invalid_request");
  await refused({ sealed_secret: text(randomBytes(79)) }, 400, "invalid_request");
  await refused({ secret: text(randomBytes(32)) }, 400, "invalid_request");
  const foreign = await completeRelease(stranger, [1]);
  await refused(offer({ product_id: foreign.productId }), 404, "not_found");
  await refused(offer({ product_id: newId("product") }), 404, "not_found");
  await assertProblem(await draft.show(), 404, "not_found");
});

test("a product has one open listing: the next one comes when it is closed, or over", async () => {
  const owner = await Client.registered(server);
  const release = await completeRelease(owner, [1]);
  const [first, second, third] = Array.from({ length: 3 }, () => new Listing(owner, release));
  await ok(await first.make());
  await assertProblem(await second.make(), 409, "wrong_state");
  await ok(await first.close());
  assert.equal((await ok(await first.show())).state, "closed");
  await ok(await second.make());
  assert.equal((await ok(await second.show())).listing_id, second.id);
  try {
    await server.clock.set(second.offer.expires_at);
    assert.equal((await ok(await second.show())).closed_at, second.offer.expires_at);
    third.offer.expires_at = server.clock.now() + 60;
    await ok(await third.make());
    assert.equal((await ok(await third.show())).listing_id, third.id);
  } finally {
    await server.clock.release();
  }
});

test("only its seller closes a listing, and once closed it stays so", async () => {
  const listing = await Listing.open(seller);
  const foreign = await assertProblem(await listing.close(stranger), 404, "not_found");
  const unknown = new Listing(seller, listing.release);
  const missing = await assertProblem(await unknown.close(), 404, "not_found");
  assert.deepEqual({ ...foreign, request_id: "" }, { ...missing, request_id: "" });
  const closed = await ok(await listing.close());
  assert.equal(closed.state, "closed");
  assert.deepEqual(await ok(await listing.close()), closed);
  await assertProblem(await listing.buy(buyer), 409, "listing_closed");
});

test("a buyer is delivered at once, and only the paid claim hands the wrapped key out", async () => {
  const listing = await Listing.open(seller);
  const sale = await listing.sale(buyer);
  const { sealed_secret } = sale.purchase;
  assert.equal(sale.bought.status, "offered");
  assert.deepEqual(sale.bought.listing, { listing_id: listing.id, sealed_secret });
  assert.deepEqual((await sale.show(seller)).listing, { listing_id: listing.id });
  await assertProblem(await sale.claim(), 409, "wrong_state");

  const { transfer } = await ok(await sale.invoice());
  assert.equal(transfer.status, "delivered");
  assert.equal((await ok(await sale.invoice())).transfer.status, "delivered");
  sale.claimed = await ok(await sale.claim());
  assert.equal(sale.claimed.envelope, null);
  assert.deepEqual(sale.claimed.listing, {
    listing_id: listing.id,
    wrapped_key: listing.wrappedKey,
    sealed_secret,
  });
  assert.equal((await sale.chunk()).status, 200);
  await ok(await sale.acknowledge());
  assert.equal((await sale.show()).status, "acknowledged");

  const { results: rows } = await server.db
    .prepare("select action, actor from audit_log where transfer_id = ? order by seq")
    .bind(sale.id)
    .all();
  assert.deepEqual([rows[0].action, rows[0].actor], ["buy", buyer.id]);
  const { messages } = await ok(await buyer.call("inbox"));
  const told = messages.filter(({ transfer_id }) => transfer_id === sale.id);
  assert.deepEqual(
    told.map(({ type, from }) => [type, from]),
    ["product_offer", "payment_confirmed", "product_delivery"].map((type) => [type, seller.id]),
  );
});

test("nobody else sees a sale, and its seller grants nothing by hand", async () => {
  const sale = await (await Listing.open(seller)).sale(buyer);
  await assertProblem(await stranger.call(`transfers?transfer_id=${sale.id}`), 404, "not_found");
  await assertProblem(await sale.invoice(stranger), 404, "not_found");
  await assertProblem(await sale.claim({}, stranger), 404, "not_found");
  await unchanged(sale, async () => {
    await assertProblem(await sale.grant(), 422, "unprocessable");
  });
});

test("who has not the link, or sells it, cannot buy", async () => {
  const listing = await Listing.open(seller);
  const buy = (changes, client = buyer) => listing.buy(client, listing.purchase(changes));
  await assertProblem(await buy({ auth: text(randomBytes(32)) }), 403, "forbidden");
  await assertProblem(await buy({}, seller), 422, "unprocessable");
  await assertProblem(await buy({ listing_id: newId("listing") }), 404, "not_found");
  await assertProblem(await buy({ sealed_secret: "" }), 400, "invalid_request");
  await assertProblem(await buy({ secret: text(randomBytes(32)) }), 400, "invalid_request");
  const anonymous = await fetch(`${server.url}/api/listings-buy`, { method: "POST" });
  await assertProblem(anonymous, 401, "authentication_required");
  const { n } = await server.db
    .prepare("select count(*) as n from product_transfers where listing_id = ?")
    .bind(listing.id)
    .first();
  assert.equal(n, 0);
});

test("a buyer has one running sale of a listing, however often and from wherever it asks", async () => {
  const listing = await Listing.open(seller);
  const answers = await Promise.all(Array.from({ length: 10 }, () => listing.buy(buyer)));
  const ids = new Set();
  for (const answer of answers) ids.add((await ok(answer)).transfer_id);
  assert.equal(ids.size, 1);
  const [id] = ids;
  const replay = listing.purchase({ transfer_id: id });
  await assertProblem(await listing.buy(buyer, replay), 409, "id_conflict");
  await assertProblem(await listing.buy(stranger, replay), 409, "id_conflict");
  assert.equal((await ok(await listing.buy(buyer))).transfer_id, id);

  await ok(await buyer.call("transfers-cancel", { json: { transfer_id: id } }));
  const again = listing.purchase();
  assert.equal((await ok(await listing.buy(buyer, again))).transfer_id, again.transfer_id);
  assert.equal((await ok(await listing.buy(buyer, again))).transfer_id, again.transfer_id);
  const direct = await Sale.offered(seller, buyer);
  const taken = listing.purchase({ transfer_id: direct.id });
  await assertProblem(await listing.buy(stranger, taken), 409, "id_conflict");
});

test("nobody buys after the date, and what was not accepted by then expires", async () => {
  const [owner, first, second] = await Promise.all(
    Array.from({ length: 3 }, () => Client.registered(server)),
  );
  const listing = await Listing.open(owner, { offer: { expires_at: server.clock.now() + 600 } });
  const sale = await listing.sale(first);
  try {
    await server.clock.set(listing.offer.expires_at - 1);
    assert.equal((await ok(await listing.show())).state, "open");
    await server.clock.set(listing.offer.expires_at);
    assert.equal((await ok(await listing.show())).state, "closed");
    await assertProblem(await listing.buy(second), 409, "listing_closed");
    await assertProblem(await sale.invoice(), 409, "listing_closed");
    await server.scheduled();
    assert.equal((await sale.show()).status, "expired");
  } finally {
    await server.clock.release();
  }
});

test("what a check has found infected is neither listed nor bought", async () => {
  const release = await completeRelease(seller, [1]);
  const listing = new Listing(seller, release);
  await ok(await listing.make());
  await server.db
    .prepare(
      "insert into content_checks (id, release_id, product_id, malware_scan) values (?1, ?1, ?2, 'infected') on conflict (id) do update set malware_scan = 'infected'",
    )
    .bind(release.id, release.productId)
    .run();
  await assertProblem(await listing.buy(buyer), 409, "content_refused");
  await ok(await listing.close());
  await assertProblem(await new Listing(seller, release).make(), 409, "content_refused");
});

test("fifty buyers at once of five copies: exactly five are delivered", async () => {
  const listing = await Listing.open(seller, { stock: 5 });
  const buyers = await Promise.all(Array.from({ length: 50 }, () => Client.registered(server)));
  const sales = await Promise.all(buyers.map((client) => listing.sale(client)));
  const answers = await Promise.all(sales.map((sale) => sale.invoice()));
  const refused = answers.filter(({ status }) => status !== 200);
  for (const answer of refused) {
    const problem = await assertProblem(answer, 409, "sold_out");
    assert.deepEqual([problem.money_moved, problem.retry_safe], [false, true]);
  }
  assert.equal(answers.length - refused.length, 5);
  const view = await ok(await listing.show());
  assert.deepEqual([view.state, view.left], ["sold_out", 0]);

  const { results } = await server.db
    .prepare(
      "select t.status, s.copy from product_transfers t join listing_sales s on s.transfer_id = t.id where s.listing_id = ?",
    )
    .bind(listing.id)
    .all();
  const copies = (status) => results.filter((row) => row.status === status).map((row) => row.copy);
  assert.deepEqual(copies("delivered").sort(), [1, 2, 3, 4, 5]);
  assert.ok(results.every(({ status, copy }) => status === "delivered" || copy === null));
  const last = refused.length && sales[answers.indexOf(refused[0])];
  await assertProblem(await last.claim(), 409, "wrong_state");
  await assertProblem(await listing.buy(stranger), 409, "sold_out");
});
