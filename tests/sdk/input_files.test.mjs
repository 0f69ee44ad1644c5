// Files that a buyer hands to a seller with the npm package, over a line with faults: sealed for the seller alone.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { blobSource, ClaimcheckError } from "claimcheck";
import { FolderSink, fileSource } from "claimcheck/node";
import { startMarket } from "./market.mjs";

/** @typedef {import("../proxy.mjs").Rule} Rule */

const CHUNK = 4_194_048;

/** @type {Awaited<ReturnType<typeof startMarket>>} */
let market;
before(async () => void (market = await startMarket()));
after(() => market.close());
afterEach(() => market.proxy.clearRule());

/** @type {import("claimcheck").RequiredInput[]} */
const ASKED = [
  { id: "name", label: "Your name", type: "text", timing: "pre_payment", required: true },
  {
    id: "logo",
    label: "Your logo",
    type: "file",
    timing: "pre_payment",
    required: true,
    constraints: { mime_types: ["image/*"], max_size_mb: 1 },
  },
  {
    id: "site",
    label: "Your site",
    type: "url",
    timing: "post_payment_pre_grant",
    required: true,
  },
  {
    id: "photos",
    label: "Your photos",
    type: "file",
    timing: "post_payment_pre_grant",
    required: true,
  },
];

async function offered() {
  const [seller, buyer] = [await market.join(), await market.join()];
  const release = await seller.upload({
    product: { title: "Things" },
    files: [blobSource(new Blob(["a thing"]), "thing.txt")],
  });
  const { transfer_id: id } = await seller.offer({
    releaseId: release.release_id,
    buyer: buyer.identity.id,
    title: "Things",
    requiredInputs: ASKED,
  });
  return { seller, buyer, id };
}

/** What a PNG file begins with, and some bytes. @param {Uint8Array | string} bytes */
const png = (bytes) =>
  Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), Buffer.from(bytes)]);
/** @param {Buffer} bytes @param {string} [name] @param {string} [type] */
const image = (bytes, name = "logo.png", type = "image/png") =>
  blobSource(new Blob([new Uint8Array(bytes)], { type }), name);
/** @param {Buffer} bytes */
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
/** @param {string} code */
const failsWith = (code) => (/** @type {unknown} */ error) =>
  error instanceof ClaimcheckError && error.code === code;
let folders = 0;
const newFolder = () => join(market.folder, `files-${(folders += 1)}`);

/** Every third call fails, each time in another way. */
function rough() {
  let calls = 0;
  market.proxy.setRule(() => {
    calls += 1;
    const faults = /** @type {Rule[]} */ ([
      { kind: "cut" },
      { kind: "answer", status: 503 },
      { kind: "lose" },
      { kind: "answer", status: 429, headers: { "Retry-After": "0" } },
    ]);
    return calls % 3 === 0 ? faults[(calls / 3) % faults.length] : undefined;
  });
}

test("texts, addresses and files are handed in before and after the payment, over a bad line", async () => {
  const { seller, buyer, id } = await offered();
  rough();
  const logo = png(randomBytes(1));
  const photos = randomBytes(2 * CHUNK + 1);
  await buyer.submitInputs(id, { name: "Zoë", logo: image(logo, "my ø logo.png") });
  assert.equal((await buyer.accept(id)).transfer.status, "paid_pending_inputs");

  /** @type {import("claimcheck").Progress[]} */
  const seen = [];
  await buyer.submitInputs(
    id,
    {
      site: "https://shop.example/",
      photos: await fileSource(await market.file("photos.tar", photos)),
    },
    { onProgress: (progress) => void seen.push(progress) },
  );
  assert.equal(seen.at(-1)?.bytesDone, photos.length);
  assert.ok(
    seen.every(({ bytesDone }, at) => at === 0 || bytesDone >= (seen[at - 1]?.bytesDone ?? 0)),
  );
  assert.equal((await buyer.transfer(id)).status, "delivered");

  const opened = await seller.inputs(id);
  assert.deepEqual(
    opened.map(({ id, value, file }) => [id, value, file?.path, file?.size, file?.sha256]),
    [
      ["name", "Zoë", undefined, undefined, undefined],
      ["logo", null, "my ø logo.png", logo.length, sha256(logo)],
      ["site", "https://shop.example/", undefined, undefined, undefined],
      ["photos", null, "photos.tar", photos.length, sha256(photos)],
    ],
  );
  const folder = newFolder();
  for (const [input, bytes] of /** @type {[string, Buffer][]} */ ([
    ["logo", logo],
    ["photos", photos],
  ])) {
    const file = await seller.downloadInput(id, input, new FolderSink(folder));
    assert.equal(file.sha256, sha256(bytes));
    assert.deepEqual(readFileSync(join(folder, file.path)), bytes);
  }
  // No name and no byte of the file is known to the server.
  const { results } = await market.server.db
    .prepare("select * from attachments join product_transfers t on t.id = transfer_id")
    .all();
  assert.doesNotMatch(JSON.stringify(results), /my ø logo|photos\.tar/u);
});

test("an empty file is a file", async () => {
  const { seller, buyer, id } = await offered();
  await buyer.submitInputs(id, { name: "Zoë", logo: image(Buffer.alloc(0)) });
  const folder = newFolder();
  await seller.downloadInput(id, "logo", new FolderSink(folder));
  assert.deepEqual(readFileSync(join(folder, "logo.png")), Buffer.alloc(0));
});

test("a file that is sent back is told with its reason, and another one takes its place", async () => {
  const { seller, buyer, id } = await offered();
  const sent = png("a better one");
  await buyer.submitInputs(id, { name: "Zoë", logo: image(png("a bad one")) });
  const told = (await seller.inbox()).messages.filter(({ notice }) => notice !== null);
  assert.deepEqual(
    told.map(({ type, notice }) => [type, notice?.notice, [...(notice?.ids ?? [])].sort()]),
    [["product_offer", "inputs_provided", ["logo", "name"]]],
  );
  await seller.rejectInput(id, "logo", "too small");
  const [notice] = (await buyer.inbox()).messages.flatMap(({ notice }) => notice ?? []);
  assert.deepEqual(notice, { notice: "input_rejected", id: "logo", reason: "too small" });
  await assert.rejects(buyer.accept(id), failsWith("missing_inputs"));
  await buyer.submitInputs(id, { logo: image(sent) });
  assert.equal((await buyer.accept(id)).transfer.status, "paid_pending_inputs");
  const folder = newFolder();
  await seller.downloadInput(id, "logo", new FolderSink(folder));
  assert.deepEqual(readFileSync(join(folder, "logo.png")), sent);
});

test("what the seller does not take is found before anything is sent", async () => {
  const { buyer, id } = await offered();
  market.proxy.seen.length = 0;
  for (const values of [
    { logo: "a text" },
    { name: image(Buffer.of(1)) },
    { logo: image(Buffer.of(1), "logo.pdf", "application/pdf") },
    { logo: image(Buffer.alloc(1_000_001)) },
    { logo: image(Buffer.of(1), "../logo.png") },
    { unasked: image(Buffer.of(1)) },
    { logo: image(Buffer.of(1)), name: " " },
  ]) {
    await assert.rejects(buyer.submitInputs(id, values), failsWith("invalid_argument"));
  }
  const sent = market.proxy.seen.filter(({ path }) => /attachments|submit/.test(path));
  assert.deepEqual(sent, []);
});

test("a file of another type than it is declared as is found before anything is sent", async () => {
  const { buyer, id } = await offered();
  const text = image(Buffer.from("a text"), "logo.png", "");
  market.proxy.seen.length = 0;
  for (const [logo, code] of /** @type {const} */ ([
    [image(Buffer.from("MZ\x90\0\x03\0", "latin1")), "type_mismatch"],
    [image(Buffer.from("GIF89a")), "type_mismatch"],
    // Nothing is declared, and what it is is not what the seller takes.
    [text, "invalid_argument"],
  ])) {
    await assert.rejects(buyer.submitInputs(id, { name: "Zoë", logo }), failsWith(code));
  }
  const sent = market.proxy.seen.filter(({ path }) => /attachments|submit/.test(path));
  assert.deepEqual(sent, []);
  await buyer.submitInputs(id, { name: "Zoë", logo: image(png(""), "logo", "") });
});

test("a cancelled upload leaves nothing behind, and nothing is handed in", async () => {
  const { buyer, id } = await offered();
  await buyer.submitInputs(id, { name: "Zoë", logo: image(png("")) });
  await buyer.accept(id);
  const cancel = new AbortController();
  let puts = 0;
  market.proxy.setRule(({ method }) => {
    if (method === "PUT" && (puts += 1) === 3) cancel.abort();
    return undefined;
  });
  const photos = image(randomBytes(8 * CHUNK), "photos.tar", "application/x-tar");
  await assert.rejects(
    buyer.submitInputs(id, { site: "https://shop.example/", photos }, { signal: cancel.signal }),
    failsWith("cancelled"),
  );
  assert.deepEqual((await buyer.requirements(id)).missing, ["photos", "site"]);
  const rows = await market.server.db
    .prepare("select 1 from attachments where transfer_id = ? and input_id = 'photos'")
    .bind(id)
    .all();
  assert.deepEqual(rows.results, []);
});

test("only the seller opens, and what was altered is not opened as what it was", async () => {
  const { seller, buyer, id } = await offered();
  await buyer.submitInputs(id, { name: "Zoë", logo: image(png(randomBytes(1000))) });
  await assert.rejects(buyer.inputs(id), failsWith("wrong_key"));
  for (const input of ["name", "photos"]) {
    const sink = new FolderSink(newFolder());
    await assert.rejects(seller.downloadInput(id, input, sink), failsWith("invalid_argument"));
  }

  const prefix = await market.server.db
    .prepare("select storage_pointer from attachments where transfer_id = ?")
    .bind(id)
    .first("storage_pointer");
  const { objects } = await market.server.blobs.list({ prefix: `${prefix}/` });
  const key = objects[0].key;
  const stored = Buffer.from(await (await market.server.blobs.get(key)).arrayBuffer());
  stored[100] = (stored[100] ?? 0) ^ 1;
  await market.server.blobs.put(key, stored);
  const folder = newFolder();
  await assert.rejects(
    seller.downloadInput(id, "logo", new FolderSink(folder)),
    failsWith("corrupt_chunk"),
  );
  assert.deepEqual(readdirSync(folder), []);

  market.proxy.setRule(({ path }) =>
    path.includes("/attachments?")
      ? { kind: "alter", change: (json) => otherManifest(json) }
      : undefined,
  );
  await assert.rejects(seller.inputs(id), failsWith("untrusted"));
});

/** @param {any} json */
function otherManifest(json) {
  const { body } = json.manifest;
  const files = body.files.map((/** @type {any} */ file) => ({
    ...file,
    declared_type: "image/gif",
  }));
  return { ...json, manifest: { ...json.manifest, body: { ...body, files } } };
}
