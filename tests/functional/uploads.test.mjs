import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { sha256, text } from "../interop/protocol.mjs";
import { assertProblem } from "./client.mjs";
import { openMarket } from "./market.mjs";
import {
  Release,
  answer,
  chunkKey,
  completeRelease,
  countRows,
  createProduct,
  newId,
  openRelease,
} from "./release.mjs";

const FULL_CHUNK = 4_194_048;

const { server, seller, stranger } = await openMarket({
  vars: { MAX_FILE_BYTES: "20000000", MAX_RELEASE_BYTES: "30000000" },
});

const newRelease = async (sizes) => new Release(seller, await createProduct(seller), sizes);

const opened = (sizes) => openRelease(seller, sizes);
const init = (json, client = seller) => client.call("products-upload-init", { json });
const count = (table, column, value) => countRows(server, table, column, value);
test("init opens an upload and says what it misses; the same body finds the same upload", async () => {
  const release = await newRelease([FULL_CHUNK * 2 + 1, 0]);
  const [large, empty] = release.files.map(({ declared }) => declared.file_id);
  const first = await release.open();
  assert.match(first.upload_id, /^upload_/);
  assert.deepEqual(first, {
    upload_id: first.upload_id,
    chunk_size: 4_194_304,
    prefix: release.id,
    missing: [
      { file_id: large, first: 0, last: 2 },
      { file_id: empty, first: 0, last: 0 },
    ],
  });
  const [, middle] = release.chunks();
  await answer(await release.put(middle));
  const again = await release.open();
  assert.deepEqual(again, {
    ...first,
    missing: [
      { file_id: large, first: 0, last: 0 },
      { file_id: large, first: 2, last: 2 },
      { file_id: empty, first: 0, last: 0 },
    ],
  });
  assert.equal(await count("uploads", "release_id", release.id), 1);
});

test("a release id stands for one body and one owner", async () => {
  const release = await opened([5]);
  const other = await newRelease([6]);
  await assertProblem(await init({ ...other.init, release_id: release.id }), 409, "id_conflict");
  const theirs = new Release(stranger, await createProduct(stranger), [5]);
  await assertProblem(
    await init({ ...theirs.init, release_id: release.id }, stranger),
    409,
    "id_conflict",
  );
});

test("20 inits at once open one upload", async () => {
  const release = await newRelease([5, 6, 7]);
  const answers = await Promise.all(
    Array.from({ length: 20 }, async () => answer(await init(release.init))),
  );
  assert.equal(new Set(answers.map(({ upload_id }) => upload_id)).size, 1);
  assert.equal(await count("upload_files", "upload_id", answers[0].upload_id), 3);
});

test("a file id names one file for ever", async () => {
  const running = await opened([5]);
  const done = await completeRelease(seller, [5]);
  for (const taken of [running, done]) {
    const release = await newRelease([8]);
    release.files[0].declared.file_id = taken.files[0].declared.file_id;
    await assertProblem(await init(release.init), 409, "id_conflict");
    assert.equal(await count("uploads", "release_id", release.id), 0, "nothing of it is left");
  }
});

test("an upload into a product of another, or into none, is not found", async () => {
  const release = await newRelease([5]);
  await assertProblem(await init(release.init, stranger), 404, "not_found");
  await assertProblem(
    await init({ ...release.init, product_id: newId("product") }),
    404,
    "not_found",
  );
  assert.equal(await count("uploads", "release_id", release.id), 0);
});

test("sizes, counts and types are checked before anything is stored", async () => {
  const release = await newRelease([5]);
  const [{ declared }] = release.files;
  const withFile = (changes) => ({ ...release.init, files: [{ ...declared, ...changes }] });
  const sized = (plaintext_size) => ({
    plaintext_size,
    segment_count: Math.ceil(plaintext_size / 524_256),
  });
  const three = [1, 2, 3].map(() => ({
    ...declared,
    ...sized(10_000_001),
    file_id: newId("file"),
  }));
  const many = Array.from({ length: 1001 }, () => ({ ...declared, file_id: newId("file") }));
  for (const body of [
    withFile(sized(20_000_001)),
    { ...release.init, files: three },
    { ...release.init, files: many },
  ]) {
    await assertProblem(await init(body), 413, "too_large");
  }
  for (const body of [
    { ...release.init, files: [] },
    { ...release.init, files: [declared, declared] },
    withFile({ segment_count: 2 }),
    withFile({ segment_count: 0 }),
    withFile({ header: text(randomBytes(74)) }),
    withFile({ plaintext_size: 524_256, segment_count: 2 }),
  ]) {
    await assertProblem(await init(body), 422, "unprocessable");
  }
  await assertProblem(
    await init(withFile({ declared_type: "application/x-msdownload" })),
    422,
    "type_not_allowed",
  );
  for (const change of [
    { header: text(randomBytes(73)) },
    { declared_type: "text" },
    { plaintext_size: -1 },
    { name: "x" },
  ]) {
    await assertProblem(await init(withFile(change)), 400, "invalid_request");
  }
  assert.equal(await count("uploads", "release_id", release.id), 0);
});

test("status lists what is stored and what is missing, to the owner only", async () => {
  const release = await opened([FULL_CHUNK + 1, 1]);
  const [first, second, third] = release.chunks();
  await answer(await release.put(second));
  await answer(await release.put(third));
  assert.deepEqual(await answer(await release.status()), {
    upload_id: release.uploadId,
    release_id: release.id,
    state: "open",
    chunk_size: 4_194_304,
    stored: [second, third]
      .map(({ file_id, index, bytes }) => ({ file_id, index, sha256: text(sha256(bytes)) }))
      .sort((a, b) => (a.file_id < b.file_id ? -1 : 1)),
    missing: [{ file_id: first.file_id, first: 0, last: 0 }],
  });
  await assertProblem(await release.status(stranger), 404, "not_found");
  await assertProblem(
    await seller.call(`products-upload-status?upload_id=${newId("upload")}`),
    404,
    "not_found",
  );
});

test("an object that this server did not check counts as missing", async () => {
  const release = await opened([1]);
  const [chunk] = release.chunks();
  await server.blobs.put(chunkKey(release, chunk), chunk.bytes);
  const status = await answer(await release.status());
  assert.deepEqual(status.stored, []);
  const problem = await assertProblem(await release.complete(), 422, "unprocessable");
  assert.match(problem.detail, /chunk 0 of file_/);
});
