// Types of files with the npm package: held to the first bytes by the seller's client, and again by the buyer's.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { blobSource, ClaimcheckError, openLink } from "claimcheck";
import { fileSource, FolderSink } from "claimcheck/node";
import { startMarket } from "./market.mjs";

/** @type {Awaited<ReturnType<typeof startMarket>>} */
let market;
/** @type {Awaited<ReturnType<Awaited<ReturnType<typeof startMarket>>["join"]>>} */
let seller;
before(async () => {
  market = await startMarket();
  seller = await market.join();
});
after(() => market.close());

/** Some bytes as a format has them in the beginning. @param {string} start */
function starting(start) {
  const bytes = Buffer.alloc(128);
  bytes.write(start, "latin1");
  return bytes;
}
const PNG = starting("\x89PNG\r\n\x1a\n");
const ELF = starting("\x7fELF\x02\x01\x01");
const PDF = starting("%PDF-1.7\n");
const ZIP = starting("PK\x03\x04");

/** @param {Buffer | string} bytes @param {string} [type] */
const file = (bytes, type = "", name = "a file") => blobSource(new Blob([bytes], { type }), name);
/** @param {...import("claimcheck").FileSource} files */
const upload = (...files) => seller.upload({ product: { title: "Things" }, files });
/** @param {...import("claimcheck").FileSource} files */
const declared = async (...files) =>
  (await upload(...files)).manifest.body.files.map(({ declared_type }) => declared_type);

/** @param {Promise<unknown>} refused @param {Partial<ClaimcheckError>} facts */
async function assertMismatch(refused, facts) {
  const error = await refused.then(
    () => assert.fail("it was taken"),
    (/** @type {unknown} */ error) => error,
  );
  assert.ok(error instanceof ClaimcheckError, String(error));
  assert.equal(error.code, "type_mismatch", error.message);
  for (const [name, value] of Object.entries(facts))
    assert.equal(error[/** @type {keyof ClaimcheckError} */ (name)], value, name);
}

test("a file that is not what it is declared as is refused, by name, before anything is sent", async () => {
  const before = market.proxy.seen.length;
  await assertMismatch(upload(file("hello"), file(ELF, "image/png", "cat.png")), {
    path: "cat.png",
    file: 1,
    declaredType: "image/png",
    foundType: "application/x-executable",
    message: "cat.png is declared as image/png, but its bytes are application/x-executable",
  });
  for (const [bytes, type, found] of /** @type {[Buffer | string, string, string][]} */ ([
    ["hello", "image/png", "text/plain"],
    [ELF, "text/plain; charset=utf-8", "application/x-executable"],
    [PNG, "image/jpeg", "image/png"],
    [PDF, "text/plain", "application/pdf"],
    [ZIP, "Application/PDF", "application/zip"],
  ])) {
    await assertMismatch(upload(file(bytes, type)), { foundType: found });
  }
  assert.equal(market.proxy.seen.length, before);
});

test("what is declared is signed where the bytes do not contradict it, and else what they are", async () => {
  assert.deepEqual(
    await declared(
      file(PNG, "", "1"),
      file(PDF, "Application/PDF; x=y", "2"),
      file(ZIP, "application/java-archive", "3"),
      file("hello", "", "4"),
      file("", "image/png", "5"),
      file(ELF, "application/octet-stream", "6"),
      { ...file(PNG, "", "7"), contentType: "IMAGE/PNG" },
    ),
    [
      "image/png",
      "application/pdf",
      "application/java-archive",
      "application/octet-stream",
      "image/png",
      "application/octet-stream",
      "image/png",
    ],
  );
  const path = await market.file("on disk", ELF);
  assert.deepEqual(await declared(await fileSource(path)), ["application/x-executable"]);
  const contentType = "application/octet-stream";
  assert.deepEqual(await declared(await fileSource(path, { contentType })), [contentType]);
  await assert.rejects(upload({ ...file("x"), contentType: "image" }), {
    code: "invalid_argument",
  });
});

test("lengths that a crafted file states, beyond 32 bits together, hold nobody up", async () => {
  const frame = file(starting("\x50\x2a\x4d\x18\xf8\xff\xff\xff"), "", "frame");
  const start = Buffer.alloc(30);
  start.write("PK\x03\x04", "latin1");
  start.writeUInt32LE(0xffff_ffc0, 18);
  const zip = file(Buffer.concat([start, starting("[Content_Types].xml")]), "", "zip");
  assert.deepEqual(await declared(frame, zip), ["application/octet-stream", "application/zip"]);
});

test("a found type that the server does not take is refused by the server", async () => {
  const program = file(starting("MZ\x90\0\x03"));
  await assert.rejects(upload(program), { code: "type_not_allowed" });
});

/** A file whose seller's client is shown other first bytes than it seals. @param {Buffer} shown @param {Buffer} sealed */
function bent(shown, sealed) {
  const long = (/** @type {Buffer} */ bytes) => Buffer.concat([bytes, Buffer.alloc(20_000, 1)]);
  const [mask, truth] = [
    file(long(shown), "image/png", "cat.png"),
    file(long(sealed), "image/png"),
  ];
  return {
    ...mask,
    read: (/** @type {number} */ start, /** @type {number} */ end) =>
      (end <= 8_192 ? mask : truth).read(start, end),
    sha256: truth.sha256,
  };
}

test("a buyer is told of a file that is not what it is called, and has it all the same", async () => {
  const buyer = await market.join();
  const release = await upload(bent(PNG, ELF), file(PNG, "image/png", "dog.png"));
  const { transfer_id: id } = await seller.offer({
    releaseId: release.release_id,
    buyer: buyer.identity.id,
    title: "Cats",
  });
  await buyer.accept(id);
  const told = [
    ["cat.png", "image/png", "application/x-executable"],
    ["dog.png", "image/png", undefined],
  ];
  /** @param {readonly import("claimcheck").DownloadedFile[]} files */
  const facts = (files) =>
    files.map(({ path, contentType, typeFound }) => [path, contentType, typeFound]);
  const folder = join(market.folder, "bought");
  assert.deepEqual(facts((await buyer.download(id, new FolderSink(folder))).files), told);
  assert.deepEqual(readFileSync(join(folder, "cat.png")).subarray(0, ELF.length), ELF);
  assert.equal((await seller.transfer(id)).status, "acknowledged");

  const { url } = await seller.createLink({ releaseId: release.release_id });
  const linked = await (
    await openLink(url)
  ).download(new FolderSink(join(market.folder, "by a link")));
  assert.deepEqual(facts(linked.files), told);
});

test("a seller is told of it where a buyer's file is not what it is called", async () => {
  const buyer = await market.join();
  const release = await upload(file("hello"));
  const { transfer_id: id } = await seller.offer({
    releaseId: release.release_id,
    buyer: buyer.identity.id,
    title: "Things",
    requiredInputs: [
      { id: "logo", label: "Logo", type: "file", timing: "pre_payment", required: true },
    ],
  });
  await buyer.submitInputs(id, { logo: bent(PNG, ELF) });
  const sink = new FolderSink(join(market.folder, "given"));
  const { typeFound } = await seller.downloadInput(id, "logo", sink);
  assert.equal(typeFound, "application/x-executable");
});
