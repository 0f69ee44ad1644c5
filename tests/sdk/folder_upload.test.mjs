// Folders of small files with the npm package: one call carries them all, or the chunks follow by themselves.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { blobSource } from "claimcheck";
import { FolderSink } from "claimcheck/node";
import { startMarket } from "./market.mjs";

const COUNT = 40;

/** @type {Awaited<ReturnType<typeof startMarket>>} */
let market;
before(async () => void (market = await startMarket()));
after(() => market.close());
afterEach(() => market.proxy.clearRule());

/** @typedef {{ method: string, path: string }} Exchange */
const isBody = (/** @type {Exchange} */ { method, path }) =>
  method === "POST" && path.startsWith("/api/uploads?");
const isChunk = (/** @type {Exchange} */ { method, path }) =>
  method === "PUT" && path.includes("products-upload-chunk");

const content = (/** @type {number} */ index) => `File ${index}, ${"x".repeat(index * 1000)}`;
const files = Array.from({ length: COUNT }, (_, index) =>
  blobSource(new Blob([content(index)]), `notes/${index}.txt`),
);

/** Uploads the folder and counts the calls. @param {import("claimcheck").FileSource[]} sources */
async function upload(sources) {
  const seller = await market.join();
  const from = market.proxy.seen.length;
  const release = await seller.upload({ product: { title: "Notes" }, files: sources });
  const seen = market.proxy.seen.slice(from);
  return { seller, release, bodies: seen.filter(isBody).length, puts: seen.filter(isChunk).length };
}

/** @param {{ seller: import("claimcheck").Claimcheck, release: import("claimcheck").Release }} stored */
async function assertDelivered({ seller, release }) {
  const buyer = await market.join();
  const { transfer_id: id } = await seller.offer({
    releaseId: release.release_id,
    buyer: buyer.identity.id,
    title: "Notes",
  });
  await buyer.accept(id);
  const folder = join(market.folder, id);
  await buyer.download(id, new FolderSink(folder));
  for (const [index, { path }] of files.entries())
    assert.equal(readFileSync(join(folder, path), "utf8"), content(index));
}

test("a folder of small files is one call", async () => {
  const stored = await upload(files);
  assert.deepEqual([stored.bodies, stored.puts], [1, 0]);
  await assertDelivered(stored);
});

test("where that call is refused, cut, or its answer lost, the chunks follow", async () => {
  for (const fault of /** @type {import("../proxy.mjs").Rule[]} */ ([
    { kind: "answer", status: 413 },
    { kind: "cut" },
    { kind: "lose" },
  ])) {
    market.proxy.setRule((exchange) => (isBody(exchange) ? fault : undefined));
    const stored = await upload(files);
    assert.deepEqual([stored.bodies, stored.puts], [1, COUNT], fault?.kind);
    await assertDelivered(stored);
  }
});

test("a few chunks, which go at once anyway, and what is large go by themselves", async () => {
  const few = await upload(files.slice(0, 5));
  assert.deepEqual([few.bodies, few.puts], [0, 5]);
  const large = blobSource(new Blob([new Uint8Array(9_000_000)]), "large.bin");
  const { bodies, puts } = await upload([...files.slice(0, 5), large]);
  assert.deepEqual([bodies, puts], [0, 8]);
});
