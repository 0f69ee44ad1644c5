// Listings with the npm package: offered by a link, bought with the seller gone, opened on any device of the buyer.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { blobSource, Claimcheck, ClaimcheckError, Identity } from "claimcheck";
import { FolderSink } from "claimcheck/node";
import { startFakeStripe } from "../fake-stripe/server.mjs";
import { startServer } from "../functional/harness.mjs";
import { bytes, fileKey, gcmOpen, linkKey, sha256, text } from "../interop/protocol.mjs";

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
/** @type {Awaited<ReturnType<typeof startFakeStripe>>} */
let stripe;
let folder = "";
let saved = 0;
before(async () => {
  stripe = await startFakeStripe();
  server = await startServer({
    vars: {
      STRIPE_API_BASE: stripe.url,
      STRIPE_SECRET_KEY: stripe.secretKey,
      STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
    },
  });
  stripe.webhookUrl = `${server.url}/api/payments-stripe-webhook`;
  folder = await mkdtemp(join(tmpdir(), "claimcheck-listing-"));
});
after(async () => {
  await server.close();
  await stripe.close();
  await rm(folder, { recursive: true, force: true });
});

const CONTENT = randomBytes(600_000);

/** A connection of an identity that this machine has in memory only. @param {Identity} [identity] */
async function connect(identity) {
  return Claimcheck.connect(server.url, identity ?? (await Identity.make()));
}

async function newcomer() {
  const client = await connect();
  await client.register();
  return client;
}

/** The same person on another device, with nothing but the 24 words. @param {Claimcheck} client */
const elsewhere = async (client) => connect(await Identity.fromPhrase(client.identity.phrase()));

/** @param {string} code */
const failsWith = (code) => (/** @type {unknown} */ error) => {
  assert.ok(error instanceof ClaimcheckError, String(error));
  assert.equal(error.code, code, error.message);
  return true;
};

/** A listing whose seller does nothing more. @param {Partial<import("claimcheck").ListingRequest>} [request] */
async function listed(request = {}) {
  const seller = await newcomer();
  const release = await seller.upload({
    product: { title: "Things" },
    files: [blobSource(new Blob([CONTENT]), "thing.bin")],
  });
  const listing = await seller.createListing({
    releaseId: release.release_id,
    title: "Things",
    ...request,
  });
  return { seller, release, listing };
}

/** Downloads a sale and gives what is on disk then. @param {Claimcheck} buyer @param {string} id */
async function download(buyer, id) {
  const out = join(folder, String((saved += 1)));
  const { transfer } = await buyer.download(id, new FolderSink(out));
  assert.equal(transfer.status, "acknowledged");
  return readFile(join(out, "thing.bin"));
}

/** Pays the open page of a sale, and lets Stripe tell. @param {string} id */
async function pay(id) {
  const sessions = stripe.all("sessions");
  const session = sessions.findLast(
    (/** @type {{ client_reference_id: string }} */ { client_reference_id: of }) => of === id,
  );
  stripe.pay(session.id);
  await tell();
}

async function tell() {
  for (const { status } of await stripe.deliverPending()) assert.equal(status, 200);
}

/** Runs SQL as an attacker at the server would. @param {string} sql @param {unknown[]} values */
const tamper = (sql, ...values) =>
  server.db
    .prepare(sql)
    .bind(...values)
    .run();

/** The parts of a link. @param {string} url */
function parts(url) {
  const [page, fragment] = url.split("#");
  const [secret, seller] = fragment.split(".");
  return { page, secret, seller };
}

test("whoever has the link looks, registers, buys and opens, with the seller gone", async () => {
  const { url } = (await listed({ stock: 2 })).listing;
  const buyer = await connect();
  const seen = await buyer.listing(url);
  assert.deepEqual(
    [seen.state, seen.stock, seen.left, seen.files, seen.plaintext_size, seen.offer.body.title],
    ["open", 2, 2, 1, CONTENT.length, "Things"],
  );
  assert.equal("url" in seen, false);

  await buyer.register();
  const { transfer_id: id } = await buyer.buy(url, seen.offer_hash);
  assert.equal((await buyer.accept(id)).transfer.status, "delivered");
  assert.deepEqual(await download(buyer, id), CONTENT);
  assert.equal((await buyer.listing(url)).left, 1);
});

test("a link is taken from its path on, and only for its own server", async () => {
  const { url } = (await listed()).listing;
  const buyer = await connect();
  assert.match(url, /^http:.*\/p\/product_[a-z0-9]{26}#[\w-]{43}\.ailock1[a-z0-9]+$/);
  const path = url.slice(server.url.length);
  assert.equal((await buyer.listing(path)).state, "open");
  for (const bad of [`https://evil.example${path}`, path.split("#")[0], `${path}x`, "x"]) {
    await assert.rejects(buyer.listing(bad), failsWith("invalid_argument"), bad);
  }
});

test("paid on one device, opened on another that has only the phrase", async () => {
  const { url } = (await listed({ price: 499 })).listing;
  const buyer = await newcomer();
  const { transfer_id: id } = await buyer.buy(url);
  assert.match((await buyer.accept(id)).checkout_url ?? "", /^http/);
  await pay(id);

  const second = await elsewhere(buyer);
  const [transfer, ...others] = (await second.transfers({ role: "buyer" })).transfers;
  assert.deepEqual([transfer.transfer_id, transfer.status, others], [id, "delivered", []]);
  assert.deepEqual(await download(second, id), CONTENT);
});

test("back from a Checkout that was cancelled, or after a reload, it is the same sale and page", async () => {
  const { url } = (await listed({ price: 499 })).listing;
  const buyer = await newcomer();
  const { transfer_id: id } = await buyer.buy(url);
  const { checkout_url: page } = await buyer.accept(id);
  const reloaded = await elsewhere(buyer);
  assert.equal((await reloaded.buy(url)).transfer_id, id);
  assert.equal((await reloaded.accept(id)).checkout_url, page);
  await pay(id);
  assert.equal((await reloaded.buy(url)).status, "delivered");
  assert.deepEqual(await download(reloaded, id), CONTENT);
});

test("the seller's other devices have the link too, and close the listing", async () => {
  const { seller, listing } = await listed();
  const second = await elsewhere(seller);
  const page = await second.listings();
  assert.deepEqual(page, { listings: [listing], next: null });
  const closed = await second.closeListing(listing.listing_id);
  assert.deepEqual([closed.state, closed.url], ["closed", listing.url]);
  const buyer = await newcomer();
  assert.equal((await buyer.listing(listing.url)).state, "closed");
  await assert.rejects(buyer.buy(listing.url), failsWith("listing_closed"));
});

test("after the last copy nobody buys", async () => {
  const { url } = (await listed({ stock: 1 })).listing;
  const [first, second, third] = [await newcomer(), await newcomer(), await newcomer()];
  const [one, two] = [await first.buy(url), await second.buy(url)];
  await first.accept(one.transfer_id);
  await assert.rejects(second.accept(two.transfer_id), failsWith("sold_out"));
  await assert.rejects(third.buy(url), failsWith("sold_out"));
});

test("what is not the offer of the seller in the link is found before anything is bought", async () => {
  const { listing, seller } = await listed({ price: 499 });
  const buyer = await newcomer();
  const { page, secret, seller: id } = parts(listing.url);
  assert.equal(id, seller.identity.id);
  const other = (await listed()).listing;
  const impostor = parts(other.url).seller;
  await assert.rejects(buyer.listing(`${page}#${secret}.${impostor}`), failsWith("untrusted"));
  const guess = text(randomBytes(32));
  await assert.rejects(buyer.listing(`${page}#${guess}.${id}`), failsWith("wrong_link"));
  await assert.rejects(buyer.buy(`${page}#${guess}.${id}`), failsWith("wrong_link"));
  await assert.rejects(buyer.buy(listing.url, other.offer_hash), failsWith("untrusted"));

  const { offer } = await server.db
    .prepare("select offer from listings where id = ?")
    .bind(listing.listing_id)
    .first();
  for (const [member, value] of [
    ["price", "1"],
    ["title", '"Other things"'],
    ["policy.max_downloads", "9"],
    ["expires_at", "4000000000"],
  ]) {
    await tamper(
      "update listings set offer = json_set(offer, '$.body.' || ?2, json(?3)) where id = ?1",
      listing.listing_id,
      member,
      value,
    );
    await assert.rejects(buyer.buy(listing.url), failsWith("untrusted"), member);
    await tamper("update listings set offer = ?2 where id = ?1", listing.listing_id, offer);
  }
  // Another offer that the same seller did sign, for less: the link's secret is not its.
  await tamper(
    "update listings set offer = ?2, offer_hash = ?3 where id = ?1",
    listing.listing_id,
    JSON.stringify((await seller.createListing(await secondOf(seller))).offer),
    listing.offer_hash,
  );
  await assert.rejects(buyer.buy(listing.url), failsWith("untrusted"));
  const { n } = await server.db
    .prepare("select count(*) as n from product_transfers where listing_id = ?")
    .bind(listing.listing_id)
    .first();
  assert.equal(n, 0);
});

/** A cheap listing of another product of the same seller. @param {Claimcheck} seller */
async function secondOf(seller) {
  const release = await seller.upload({
    product: { title: "Cheap things" },
    files: [blobSource(new Blob(["cheap"]), "cheap.txt")],
  });
  return { releaseId: release.release_id, title: "Cheap things", price: 50 };
}

test("a sale whose secret was swapped is not paid, and a key that was swapped opens nothing", async () => {
  const { listing } = await listed();
  const buyer = await newcomer();
  const { transfer_id: id } = await buyer.buy(listing.url);
  const kept = await server.db
    .prepare("select sealed_secret from listing_sales where transfer_id = ?")
    .bind(id)
    .first("sealed_secret");
  const swapSecret = (/** @type {unknown} */ value) =>
    tamper("update listing_sales set sealed_secret = ?2 where transfer_id = ?1", id, value);
  await swapSecret(text(randomBytes(80)));
  await assert.rejects(buyer.accept(id), failsWith("wrong_key"));
  assert.equal((await buyer.transfer(id)).status, "offered");
  await swapSecret(kept);

  await buyer.accept(id);
  await tamper(
    "update listings set wrapped_key = ?2 where id = ?1",
    listing.listing_id,
    text(randomBytes(60)),
  );
  const out = join(folder, "swapped");
  await assert.rejects(buyer.download(id, new FolderSink(out)), failsWith("wrong_key"));
  assert.equal((await buyer.transfer(id)).status, "delivered");
});

test("the wrapped key opens with Node's own cryptography, and the server has nothing that opens it", async () => {
  const { seller, release, listing } = await listed();
  const buyer = await newcomer();
  await buyer.accept((await buyer.buy(listing.url)).transfer_id);
  const { secret } = parts(listing.url);
  const row = await server.db
    .prepare("select * from listings where id = ?")
    .bind(listing.listing_id)
    .first();
  const from = {
    secret: bytes(secret),
    password: null,
    id: listing.listing_id,
    manifestHash: bytes(release.manifest_hash),
  };
  const releaseKey = gcmOpen(linkKey("link", from), bytes(row.wrapped_key));
  const [file] = await seller.audit(release.release_id);
  assert.equal(fileKey(releaseKey, file.file_id).toString("hex"), file.file_key);
  assert.equal(row.auth_hash, text(sha256(linkKey("link-auth", from))));

  const { results: tables } = await server.db
    .prepare(
      "select name from sqlite_schema where type = 'table' and name not like '\\_%' escape '\\'",
    )
    .all();
  let rows = 0;
  for (const { name } of tables) {
    const { results } = await server.db.prepare(`select * from "${name}"`).all();
    rows += results.length;
    const dump = JSON.stringify(results);
    for (const forbidden of [bytes(secret), releaseKey, linkKey("link", from)]) {
      for (const encoding of /** @type {const} */ (["base64url", "base64", "hex"])) {
        assert.ok(!dump.includes(forbidden.toString(encoding)), `${name}, ${encoding}`);
      }
    }
  }
  assert.ok(rows > 20, `${rows} rows were searched`);
});
