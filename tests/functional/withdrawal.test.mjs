// releases-delete and products-delete: what a seller takes back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertProblem } from "./client.mjs";
import { Link, visitor } from "./links.mjs";
import { Listing } from "./listing_sale.mjs";
import { openMarket } from "./market.mjs";
import { Release, answer, completeRelease, newId, openRelease, storedKeys } from "./release.mjs";
import { Sale, ok } from "./sale.mjs";

const { server, seller, buyer, stranger } = await openMarket();

const deleteRelease = ({ id }, client = seller) =>
  client.call("releases-delete", { json: { release_id: id } });
const deleteProduct = (product_id, client = seller) =>
  client.call("products-delete", { json: { product_id } });
/** Runs the cron a second on, when what was completed in this one is due. */
async function runLater() {
  await server.clock.advance(1);
  await server.scheduled();
}
const statusOf = async (sale) =>
  (await ok(await buyer.call(`transfers?transfer_id=${sale.id}`))).status;
const bytesUsed = async () =>
  (
    await server.db
      .prepare(
        "select coalesce(sum(bytes), 0) as bytes from reservations where owner_ailock_id = ?",
      )
      .bind(seller.id)
      .first()
  ).bytes;

test("a deleted release goes from the bucket and the quota at the next run, and nothing begins with it", async () => {
  const before = await bytesUsed();
  const release = await completeRelease(seller, [5]);
  assert.deepEqual(await ok(await deleteRelease(release)), { open_sales: 0 });
  await assertProblem(await new Sale(seller, buyer, release).makeOffer(), 410, "release_gone");
  await assertProblem(await new Link(seller, release).make(), 410, "release_gone");
  await assertProblem(await new Listing(seller, release).make(), 410, "release_gone");
  const product = await ok(await seller.call(`products?product_id=${release.productId}`));
  assert.deepEqual([product.release_id, product.size], [null, null]);
  const { files } = await ok(await seller.call(`products/${release.productId}/files`));
  assert.deepEqual(
    files.map(({ is_current }) => is_current),
    [false],
  );
  await runLater();
  assert.deepEqual(await storedKeys(server, release), []);
  assert.equal(await bytesUsed(), before);
  assert.deepEqual(await ok(await deleteRelease(release)), { open_sales: 0 });
});

test("an older release stays for sale, and a new one can follow", async () => {
  const older = await completeRelease(seller, [5]);
  const newer = new Release(seller, older.productId, [6]);
  await newer.open();
  await newer.putAll();
  await answer(await newer.complete());
  await ok(await deleteRelease(older));
  const { release_id } = await ok(await seller.call(`products?product_id=${older.productId}`));
  assert.equal(release_id, newer.id);
  await runLater();
  assert.equal((await storedKeys(server, newer)).length, 1);
});

test("offers that nobody has paid are called off, listings close, and own links end", async () => {
  const release = await completeRelease(seller, [5]);
  const sale = new Sale(seller, buyer, release);
  await ok(await sale.makeOffer());
  const listing = new Listing(seller, release);
  await ok(await listing.make());
  const link = await Link.made(seller, release);
  assert.deepEqual(await ok(await deleteRelease(release)), { open_sales: 0 });
  assert.equal(await statusOf(sale), "cancelled");
  await assertProblem(await link.claim(await visitor(server)), 410, "link_gone");
  const { listings } = await ok(await seller.call("listings"));
  assert.notEqual(listings.find(({ listing_id }) => listing_id === listing.id).closed_at, null);
});

test("who has bought keeps what was bought until its retention ends", async () => {
  const sale = await Sale.claimed(seller, buyer);
  assert.deepEqual(await ok(await deleteRelease(sale.release)), { open_sales: 1 });
  await runLater();
  const [{ file_id, bytes }] = sale.release.chunks();
  const chunk = await sale.chunk({ file: file_id, index: 0 });
  assert.equal(chunk.status, 200);
  assert.ok(Buffer.from(await chunk.arrayBuffer()).equals(bytes));
  // A link of the sale is its buyer's, and can still be made.
  await ok(await new Link(seller, sale.release, { transfer_id: sale.id }).make());
});

test("a paid sale whose key is granted later is delivered all the same", async () => {
  const release = await completeRelease(seller, [5]);
  const sale = new Sale(seller, buyer, release, { sealed: false });
  await ok(await sale.makeOffer());
  await ok(await sale.invoice());
  assert.deepEqual(await ok(await deleteRelease(release)), { open_sales: 1 });
  await runLater();
  await ok(await sale.grant());
  assert.equal(await statusOf(sale), "delivered");
});

test("a product stays while a paid sale of it has no release", async () => {
  const release = await completeRelease(seller, [5]);
  const sale = new Sale(seller, buyer, release, {
    offer: { release_id: null, manifest_hash: null },
    sealed: false,
  });
  await ok(await sale.makeOffer());
  await ok(await sale.invoice());
  await assertProblem(await deleteProduct(release.productId), 409, "open_sales");
  await ok(await seller.call(`products?product_id=${release.productId}`));
});

test("where the newest release goes, the one before is the product's again", async () => {
  const older = await completeRelease(seller, [5]);
  await server.clock.advance(1);
  const newer = new Release(seller, older.productId, [6]);
  await newer.open();
  await newer.putAll();
  await answer(await newer.complete());
  await ok(await deleteRelease(newer));
  const product = await ok(await seller.call(`products?product_id=${older.productId}`));
  assert.deepEqual([product.release_id, product.size], [older.id, 5]);
});

test("a deleted product takes all its releases and open uploads along", async () => {
  const release = await completeRelease(seller, [5]);
  const open = new Release(seller, release.productId, [6]);
  await open.open();
  const sale = new Sale(seller, buyer, release);
  await ok(await sale.makeOffer());
  const onDemand = new Sale(seller, buyer, release, {
    offer: { release_id: null, manifest_hash: null },
    sealed: false,
  });
  await ok(await onDemand.makeOffer());
  const { products: before } = await ok(await seller.call("products?limit=100"));
  assert.ok(before.some(({ product_id }) => product_id === release.productId));
  assert.deepEqual(await ok(await deleteProduct(release.productId)), { open_sales: 0 });
  assert.equal(await statusOf(sale), "cancelled");
  assert.equal(await statusOf(onDemand), "cancelled");
  await assertProblem(await open.put(open.chunks()[0]), 409, "upload_closed");
  await runLater();
  assert.deepEqual(await storedKeys(server, release), []);
  const { products } = await ok(await seller.call("products?limit=100"));
  assert.ok(!products.some(({ product_id }) => product_id === release.productId));
  const gone = await seller.call(`products?product_id=${release.productId}`);
  await assertProblem(gone, 404, "not_found");
  const files = await seller.call(`/api/products/${release.productId}/files`);
  await assertProblem(files, 404, "not_found");
  const again = new Release(seller, release.productId, [6]);
  const init = await seller.call("products-upload-init", { json: again.init });
  await assertProblem(init, 404, "not_found");
  assert.deepEqual(await ok(await deleteProduct(release.productId)), { open_sales: 0 });
});

test("the id of a deleted product stays taken", async () => {
  const json = { product_id: newId("product"), title: "Once" };
  await ok(await seller.call("products-create", { json }));
  await ok(await deleteProduct(json.product_id));
  const other = { ...json, title: "Twice" };
  await assertProblem(await seller.call("products-create", { json: other }), 409, "id_conflict");
  await assertProblem(await seller.call("products-create", { json }), 404, "not_found");
});

test("an upload that was open when its product went cannot complete, and its chunks go", async () => {
  const release = await openRelease(seller, [5]);
  await release.putAll();
  await ok(await deleteProduct(release.productId));
  await assertProblem(await release.complete(), 409, "upload_closed");
});

test("only its seller deletes, and only what there is", async () => {
  const release = await completeRelease(seller, [5]);
  for (const response of [
    await deleteRelease(release, stranger),
    await deleteProduct(release.productId, stranger),
    await deleteRelease({ id: newId("release") }),
    await deleteProduct(newId("product")),
  ])
    await assertProblem(response, 404, "not_found");
  for (const name of ["releases-delete", "products-delete"])
    await assertProblem(await seller.call(name, { json: {} }), 400, "invalid_request");
  assert.equal((await storedKeys(server, release)).length, 1);
});
