// The npm package in Node: whole sales, and what happens when the network, the server or a person gets in the way.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { blobSource, Claimcheck, ClaimcheckError, Identity } from "claimcheck";
import { fileSource, FolderSink } from "claimcheck/node";
import { startMarket } from "./market.mjs";

/** @type {Awaited<ReturnType<typeof startMarket>>} */
let market;
let made = 0;
/** The release of an upload that was cancelled. */
let abandoned = "";

before(async () => void (market = await startMarket()));
after(() => market.close());
afterEach(() => market.proxy.clearRule());

const CHUNK = 8 * 524_256;
const sha256 = (/** @type {Uint8Array} */ bytes) =>
  createHash("sha256").update(bytes).digest("hex");
const newFolder = () => join(market.folder, `out-${(made += 1)}`);
const chunkPuts = (/** @type {{method: string, path: string}} */ { method, path }) =>
  method === "PUT" && path.includes("products-upload-chunk");
const chunkGets = (/** @type {{method: string, path: string}} */ { method, path }) =>
  method === "GET" && path.includes("products-download-chunk");

/** @param {string} code @param {Partial<ClaimcheckError>} [facts] */
function failsWith(code, facts = {}) {
  return (/** @type {unknown} */ error) => {
    assert.ok(error instanceof ClaimcheckError, String(error));
    assert.equal(error.code, code, error.message);
    for (const [name, value] of Object.entries(facts)) {
      assert.equal(error[/** @type {keyof ClaimcheckError} */ (name)], value, name);
    }
    return true;
  };
}

/** @param {Buffer} bytes */
async function offered(bytes, name = "file.bin") {
  const [seller, buyer] = [await market.join("Seller"), await market.join("Buyer")];
  const release = await seller.upload({
    product: { title: "Things" },
    files: [blobSource(new Blob([bytes]), name)],
  });
  const transfer = await seller.offer({
    releaseId: release.release_id,
    buyer: buyer.identity.id,
    title: "Things",
  });
  return { seller, buyer, release, transfer };
}

/** @param {Buffer} bytes */
async function accepted(bytes, name = "file.bin") {
  const sale = await offered(bytes, name);
  await sale.buyer.accept(sale.transfer.transfer_id);
  return sale;
}

test("three files with odd names go round in one release, under their names, types and modes", async () => {
  const [seller, buyer] = [await market.join(), await market.join()];
  const contents = {
    "empty ø.txt": Buffer.alloc(0),
    "a/ü 🎁.bin": randomBytes(CHUNK + 1),
    "a/b/one": Buffer.of(7),
  };
  const files = Object.entries(contents).map(([path, bytes]) =>
    blobSource(new Blob([bytes], { type: "Text/Plain; x=y" }), path),
  );
  const release = await seller.upload({ product: { title: "Three" }, files });
  assert.doesNotMatch(JSON.stringify(release), /empty|🎁|one"/u, "no name reaches the server");
  const { transfer_id: id } = await seller.offer({
    releaseId: release.release_id,
    buyer: buyer.identity.id,
    title: "Three",
  });
  await buyer.accept(id);
  const folder = newFolder();
  const download = await buyer.download(id, new FolderSink(folder));
  for (const [path, bytes] of Object.entries(contents)) {
    assert.deepEqual(readFileSync(join(folder, path)), bytes);
    const entry = download.files.find((file) => file.path === path);
    assert.deepEqual([entry?.sha256, entry?.contentType], [sha256(bytes), "text/plain"]);
  }
  assert.equal((await seller.transfer(id)).status, "acknowledged");
  const types = (await buyer.inbox()).messages.map(({ type }) => type);
  assert.ok(types.includes("product_offer") && types.includes("product_delivery"), types.join());
  assert.ok((await seller.inbox()).messages.some(({ type }) => type === "delivery_receipt"));
});

test("a chunk that was altered at the server is named, and nothing is saved as complete", async () => {
  const bytes = randomBytes(3 * CHUNK);
  const { buyer, release, transfer } = await accepted(bytes, "big one.bin");
  const [file] = release.manifest.body.files;
  const key = `${release.release_id}/${file?.file_id}/00000001`;
  const stored = Buffer.from(await (await market.server.blobs.get(key)).arrayBuffer());
  stored[1000] = (stored[1000] ?? 0) ^ 1;
  await market.server.blobs.put(key, stored);
  const folder = newFolder();
  await assert.rejects(
    buyer.download(transfer.transfer_id, new FolderSink(folder)),
    failsWith("corrupt_chunk", { path: "big one.bin", chunk: 1 }),
  );
  assert.deepEqual(readdirSync(folder), []);
  stored[1000] = (stored[1000] ?? 0) ^ 1;
  await market.server.blobs.put(key, stored);
  await buyer.download(transfer.transfer_id, new FolderSink(folder));
  assert.equal(
    sha256(readFileSync(join(folder, "big one.bin"))),
    sha256(bytes),
    "the same claim goes on once it is mended",
  );
});

test("refusals, cuts and lost answers on the way up and down delay a sale, and change nothing", async () => {
  const bytes = randomBytes(6 * CHUNK + 5);
  let calls = 0;
  // Each third call is hit by one of four faults, tokens and statements included.
  market.proxy.setRule(() => {
    calls += 1;
    const faults = [
      { kind: "cut" },
      { kind: "answer", status: 503 },
      { kind: "lose" },
      { kind: "answer", status: 429, headers: { "Retry-After": "0" } },
    ];
    return calls % 3 === 0
      ? /** @type {import("../proxy.mjs").Rule} */ (faults[(calls / 3) % faults.length])
      : undefined;
  });
  const { buyer, transfer } = await accepted(bytes);
  const folder = newFolder();
  let retries = 0;
  await buyer.download(transfer.transfer_id, new FolderSink(folder), {
    onProgress: (progress) => void (retries = progress.retries),
  });
  assert.equal(sha256(readFileSync(join(folder, "file.bin"))), sha256(bytes));
  assert.ok(retries > 0);
  const row = await market.server.db
    .prepare("select count(*) as claims from claims where transfer_id = ?1")
    .bind(transfer.transfer_id)
    .first();
  assert.equal(row.claims, 1, "a lost answer never costs a download");
});

test("a cancelled upload stops, and is aborted at the server", async () => {
  const seller = await market.join();
  const cancel = new AbortController();
  let puts = 0;
  market.proxy.setRule((exchange) => {
    if (chunkPuts(exchange) && (puts += 1) === 6) cancel.abort();
    return undefined;
  });
  const source = blobSource(new Blob([randomBytes(20 * CHUNK)]), "x");
  await assert.rejects(
    seller.upload({ product: { title: "Never" }, files: [source] }, { signal: cancel.signal }),
    failsWith("cancelled"),
  );
  assert.ok(puts < 20, `${puts} chunks were sent`);
  const { results } = await market.server.db
    .prepare("select state, release_id from uploads where owner_ailock_id = ?1")
    .bind(seller.identity.id)
    .all();
  assert.deepEqual(
    results.map((/** @type {any} */ row) => row.state),
    ["aborted"],
  );
  abandoned = results[0].release_id;
});

test("a cancelled download leaves nothing behind, and can be begun again within its claim", async () => {
  const bytes = randomBytes(12 * CHUNK);
  const { buyer, transfer } = await accepted(bytes);
  const folder = newFolder();
  const cancel = new AbortController();
  let gets = 0;
  market.proxy.setRule((exchange) => {
    if (chunkGets(exchange) && (gets += 1) === 4) cancel.abort();
    return undefined;
  });
  await assert.rejects(
    buyer.download(transfer.transfer_id, new FolderSink(folder), { signal: cancel.signal }),
    failsWith("cancelled"),
  );
  assert.deepEqual(readdirSync(folder), []);
  await buyer.download(transfer.transfer_id, new FolderSink(folder));
  assert.equal(sha256(readFileSync(join(folder, "file.bin"))), sha256(bytes));
});

test("a signal that fired before the call stops it before anything is sent", async () => {
  const seller = await market.join();
  const before = market.proxy.seen.length;
  const upload = seller.upload(
    { product: { title: "No" }, files: [blobSource(new Blob(["x"]), "x")] },
    { signal: AbortSignal.abort() },
  );
  await assert.rejects(upload, failsWith("cancelled"));
  assert.ok(!market.proxy.seen.slice(before).some(chunkPuts));
});

test("a clock that is an hour off is no matter", async () => {
  const now = Date.now;
  for (const offset of [3_600_000, -3_600_000]) {
    Date.now = () => now() + offset;
    try {
      const { buyer, transfer } = await accepted(Buffer.from("late"));
      await buyer.download(transfer.transfer_id, new FolderSink(newFolder()));
      assert.equal((await buyer.transfer(transfer.transfer_id)).status, "acknowledged");
    } finally {
      Date.now = now;
    }
  }
});

test("keys that the server substitutes, and an offer or a manifest that it alters, are refused", async () => {
  const { seller, buyer, release, transfer } = await offered(Buffer.from("precious"));
  const mallory = await market.join();
  const { ed25519_pk, x25519_pk } = await mallory.ailock(mallory.identity.id);

  market.proxy.setRule(({ path }) =>
    path.includes("/ailocks?")
      ? { kind: "alter", change: (json) => ({ ...json, x25519_pk }) }
      : undefined,
  );
  const again = { releaseId: release.release_id, buyer: buyer.identity.id, title: "Things" };
  await assert.rejects(seller.offer(again), failsWith("untrusted"), "an envelope to another key");
  market.proxy.setRule(({ path }) =>
    path.includes("/ailocks?")
      ? { kind: "alter", change: (json) => ({ ...json, ed25519_pk }) }
      : undefined,
  );
  await assert.rejects(
    buyer.accept(transfer.transfer_id),
    failsWith("untrusted"),
    "an offer by another key",
  );

  /** @param {(offer: any) => void} change */
  const alterOffer = (change) => (/** @type {any} */ json) => (change(json.offer.body), json);
  for (const change of [
    (/** @type {any} */ offer) => void (offer.price = 1),
    (/** @type {any} */ offer) => void (offer.title = "Other things"),
    (/** @type {any} */ offer) => void (offer.policy.max_downloads = 99),
  ]) {
    market.proxy.setRule(({ path }) =>
      path.includes("/transfers?") ? { kind: "alter", change: alterOffer(change) } : undefined,
    );
    await assert.rejects(buyer.accept(transfer.transfer_id), failsWith("untrusted"));
  }
  assert.equal(
    (await seller.transfer(transfer.transfer_id)).status,
    "offered",
    "nothing was accepted",
  );

  market.proxy.clearRule();
  await buyer.accept(transfer.transfer_id);
  market.proxy.setRule(({ path }) =>
    path.includes("download-manifest")
      ? {
          kind: "alter",
          change: (json) => ((json.manifest.body.files[0].plaintext_size = 7), json),
        }
      : undefined,
  );
  const folder = newFolder();
  await assert.rejects(
    buyer.download(transfer.transfer_id, new FolderSink(folder)),
    failsWith("untrusted"),
  );
  assert.ok(!existsSync(folder));
});

test("an envelope that another device of the seller makes opens too", async () => {
  const { seller, buyer, release } = await offered(Buffer.from("again"));
  const device = await Claimcheck.connect(
    seller.origin,
    await Identity.fromPhrase(seller.identity.phrase()),
  );
  assert.equal(device.identity.id, seller.identity.id);
  const { transfer_id: id } = await device.offer({
    releaseId: release.release_id,
    buyer: buyer.identity.id,
    title: "Again",
  });
  await buyer.accept(id);
  const folder = newFolder();
  await buyer.download(id, new FolderSink(folder));
  assert.equal(readFileSync(join(folder, "file.bin"), "utf8"), "again");
});

test("a file that changes, shrinks or vanishes while it is read ends the upload, by name", async () => {
  const seller = await market.join();
  const bytes = randomBytes(CHUNK * 2);
  const good = blobSource(new Blob([bytes]), "moving.bin");
  const short = { ...good, read: (/** @type {number} */ start) => good.read(start, start + 1) };
  await assert.rejects(
    seller.upload({ product: { title: "T" }, files: [short] }),
    failsWith("source_shorter", { path: "moving.bin" }),
  );
  const gone = { ...good, read: () => Promise.reject(new Error("gone")) };
  await assert.rejects(
    seller.upload({ product: { title: "T" }, files: [gone] }),
    failsWith("source_unreadable", { path: "moving.bin" }),
  );
});

test("a file of another SHA-256 than the seller gave is not saved", async () => {
  const [seller, buyer] = [await market.join(), await market.join()];
  const lying = {
    ...blobSource(new Blob(["truth"]), "truth.txt"),
    sha256: () => Promise.resolve(new Uint8Array(32)),
  };
  const release = await seller.upload({ product: { title: "T" }, files: [lying] });
  const { transfer_id: id } = await seller.offer({
    releaseId: release.release_id,
    buyer: buyer.identity.id,
    title: "T",
  });
  await buyer.accept(id);
  const folder = newFolder();
  await assert.rejects(
    buyer.download(id, new FolderSink(folder)),
    failsWith("sha256_mismatch", { path: "truth.txt" }),
  );
  assert.deepEqual(readdirSync(folder), []);
});

test("what cannot be is refused before anything is sent", async () => {
  const seller = await market.join();
  const before = market.proxy.seen.length;
  const source = (/** @type {string} */ path) => blobSource(new Blob(["x"]), path);
  for (const files of [
    [],
    [source("../x")],
    [source("/x")],
    [source("")],
    [source("a"), source("A")],
  ]) {
    await assert.rejects(
      seller.upload({ product: { title: "T" }, files }),
      failsWith("invalid_argument"),
    );
  }
  for (const origin of ["", "localhost:8787", "ftp://localhost"]) {
    await assert.rejects(
      Claimcheck.connect(origin, seller.identity),
      failsWith("invalid_argument"),
    );
  }
  await assert.rejects(seller.accept("transfer_nonsense"), failsWith("invalid_argument"));
  await assert.rejects(Identity.fromPhrase("abandon ".repeat(24)), failsWith("invalid_argument"));
  await assert.rejects(Identity.fromSeed(new Uint8Array(31)), failsWith("invalid_argument"));
  assert.equal(market.proxy.seen.length, before);
});

test("a file on disk keeps its name and its mode, and an existing one is never overwritten", async () => {
  const [seller, buyer] = [await market.join(), await market.join()];
  const path = await market.file("run me.sh", Buffer.from("#!/bin/sh\n"));
  const release = await seller.upload({ product: { title: "T" }, files: [await fileSource(path)] });
  const { transfer_id: id } = await seller.offer({
    releaseId: release.release_id,
    buyer: buyer.identity.id,
    title: "T",
  });
  await buyer.accept(id);
  await assert.rejects(buyer.download(id, new FolderSink(market.folder)), failsWith("sink_failed"));
  const folder = newFolder();
  await buyer.download(id, new FolderSink(folder));
  assert.equal(readFileSync(join(folder, "run me.sh"), "utf8"), "#!/bin/sh\n");
});

// Last, because the server's clock is stopped from here on.
test("chunks that were on their way when an upload was cancelled are gone after the next cleaning", async () => {
  await market.server.clock.advance(2 * 3600);
  await market.server.scheduled();
  const left = await market.server.blobs.list({ prefix: abandoned });
  assert.deepEqual(
    left.objects.map(({ key }) => key),
    [],
  );
});
