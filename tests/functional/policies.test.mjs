// The terms of access, as the endpoints keep them: signed in the offer, changed by nobody, true to the second.
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertProblem } from "./client.mjs";
import { openMarket } from "./market.mjs";
import { completeRelease, createProduct, newId } from "./release.mjs";
import { POLICY, Sale, ok } from "./sale.mjs";

const DAY = 24 * 3600;
const SIZE = 4_194_048 + 100;

const { server, seller, buyer, stranger } = await openMarket();
// From here on time only goes forward, so that tokens stay good.
await server.clock.advance(0);

const transferRow = async (sale) => (await sale.stored()).transfers[0];

test("a policy is held against its bounds, in offers and as a product's own", async () => {
  const release = await completeRelease(seller, [1]);
  const refused = [
    ["retention_seconds", 3599],
    ["retention_seconds", 365 * DAY + 1],
    ["max_downloads", 0],
    ["max_downloads", 1001],
  ];
  for (const [member, value] of refused) {
    const sale = new Sale(seller, buyer, release, { policy: { [member]: value } });
    const problem = await assertProblem(await sale.makeOffer(), 422, "invalid_statement");
    assert.match(problem.detail, /policy/);
    const json = {
      product_id: newId("product"),
      title: "x",
      policy: { ...POLICY, [member]: value },
    };
    const product = await seller.call("products-create", { json });
    assert.match((await assertProblem(product, 422, "unprocessable")).detail, new RegExp(member));
  }
  for (const policy of [
    { retention_seconds: 3600, max_downloads: 1 },
    { retention_seconds: 365 * DAY, max_downloads: 1000 },
  ]) {
    await ok(await new Sale(seller, buyer, release, { policy }).makeOffer());
    await createProduct(seller, { policy: { ...POLICY, ...policy } });
  }
  for (const policy of [{ extra: 1 }, { retention_seconds: -1 }, { single_recipient: "yes" }]) {
    const sale = new Sale(seller, buyer, release, { policy });
    await assertProblem(await sale.makeOffer(), 400, "invalid_request");
  }
});

test("nobody changes a policy once it is signed, nor does a later edit of the product", async () => {
  const release = await completeRelease(seller, [1]);
  const sale = new Sale(seller, buyer, release);
  const request = sale.request();
  for (const [member, value] of Object.entries({
    retention_seconds: 7200,
    single_recipient: false,
    max_downloads: 2,
    revoke_on_expiry: false,
    content_check_required: true,
  })) {
    const bent = structuredClone(request);
    bent.offer.body.policy[member] = value;
    await assertProblem(await sale.makeOffer(bent), 422, "invalid_statement");
  }
  await ok(await sale.makeOffer(request));
  const json = { product_id: release.productId, policy: { ...POLICY, max_downloads: 9 } };
  await ok(await seller.call("products", { method: "PATCH", json }));
  const { offer } = await sale.show();
  assert.deepEqual(offer.body.policy, POLICY);
  assert.deepEqual(JSON.parse((await transferRow(sale)).policy), POLICY);
});

test("retention is seven days from the delivery unless the offer says otherwise, to the second", async () => {
  const sale = await Sale.offered(seller, buyer);
  await server.clock.advance(600);
  await ok(await sale.invoice());
  const delivered = server.clock.now();
  const { retention_ends_at } = await transferRow(sale);
  assert.equal(retention_ends_at, delivered + 7 * DAY);
  assert.equal((await sale.show()).access_ends_at, retention_ends_at);
  await server.clock.set(retention_ends_at - 1);
  sale.claimed = await ok(await sale.claim());
  assert.equal((await sale.chunk()).status, 200);
  await server.clock.set(retention_ends_at);
  await assertProblem(await sale.chunk(), 401, "invalid_ticket");
  await assertProblem(await sale.claim(), 409, "wrong_state");
});

test("one download is one claim, however often it is resumed; the next one is refused", async () => {
  const sale = await Sale.accepted(seller, buyer, { sizes: [SIZE] });
  const first = newId("claim");
  for (let resumed = 0; resumed < 3; resumed += 1) {
    sale.claimed = await ok(await sale.claim({ claim_id: first }));
    for (const index of [0, 1]) assert.equal((await sale.chunk({ index })).status, 200);
  }
  await assertProblem(await sale.claim({ claim_id: newId("claim") }), 409, "downloads_used_up");
});

test("three downloads are three claims, also of ten at once", async () => {
  const sale = await Sale.accepted(seller, buyer, { policy: { max_downloads: 3 } });
  const ids = Array.from({ length: 10 }, () => newId("claim"));
  const statuses = await Promise.all(
    ids.map(async (claim_id) => (await sale.claim({ claim_id })).status),
  );
  assert.equal(statuses.filter((status) => status === 200).length, 3);
  assert.equal(statuses.filter((status) => status === 409).length, 7);
});

test("a single recipient: nobody else claims, and a ticket is of no use to who finds it", async () => {
  const sale = await Sale.claimed(seller, buyer);
  await assertProblem(await sale.claim({}, stranger), 404, "not_found");
  await assertProblem(await sale.claim({}, seller), 403, "forbidden");
  await assertProblem(await sale.chunk({ client: stranger }), 401, "invalid_ticket");
  await assertProblem(await sale.manifest({ client: seller }), 401, "invalid_ticket");
  assert.equal((await sale.chunk()).status, 200);
});

test("a claim given back while its chunks are fetched never yields a free file", async () => {
  let [served, given] = [0, 0];
  for (let round = 0; round < 12; round += 1) {
    const sale = await Sale.claimed(seller, buyer, { sizes: [SIZE] });
    const chunks = [0, 1].map((index) => sale.chunk({ index }));
    const calls = round % 2 ? [...chunks, sale.cancel()] : [sale.cancel(), ...chunks];
    const answers = await Promise.all(calls);
    const [cancelled] = round % 2 ? answers.slice(2) : answers;
    const fetched = round % 2 ? answers.slice(0, 2) : answers.slice(1);
    const got = fetched.filter(({ status }) => status === 200).length;
    if (cancelled.status === 200) {
      assert.equal(got, 0, "given back, and nothing was served");
      given += 1;
      sale.claimed = await ok(await sale.claim());
      assert.equal((await sale.chunk()).status, 200, "the download is still there");
    } else {
      assert.ok(got > 0, "not given back, since something was served");
      served += 1;
    }
    await assertProblem(await sale.claim({ claim_id: newId("claim") }), 409, "downloads_used_up");
  }
  assert.equal(served + given, 12);
});
