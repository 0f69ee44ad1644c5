import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { identity, signStatement, statementHash, text } from "../interop/protocol.mjs";
import { assertProblem } from "./client.mjs";
import { openMarket } from "./market.mjs";
import {
  Release,
  answer,
  chunkKey,
  completeRelease,
  countRows,
  newId,
  openRelease,
  storedKeys,
} from "./release.mjs";

const FULL_CHUNK = 4_194_048;

const { server, seller, stranger } = await openMarket();

const opened = (sizes) => openRelease(seller, sizes);
const count = (table, column, value) => countRows(server, table, column, value);

for (const size of [0, 1, 524_255, 524_256, 524_257, FULL_CHUNK, FULL_CHUNK + 1, 8 * 1024 * 1024]) {
  test(`a file of ${size} bytes is uploaded and completed`, async () => {
    const release = await completeRelease(seller, [size], { type: "image/png" });
    const manifest = release.manifest();
    const { completed } = release;
    assert.equal(completed.manifest_hash, text(statementHash(manifest)));
    assert.deepEqual(completed.manifest.body, manifest);
    assert.equal(
      completed.manifest.signature,
      text(signStatement(seller.ailock.signing, "manifest", manifest)),
    );
    assert.equal(completed.expires_at, completed.completed_at + 7 * 86_400);
    assert.deepEqual(
      await storedKeys(server, release),
      release.chunks().map((chunk) => chunkKey(release, chunk)),
    );

    const product = await answer(await seller.call(`products?product_id=${release.productId}`));
    assert.deepEqual([product.release_id, product.size], [release.id, size]);
    const file = await server.db
      .prepare("select * from digital_files where release_id = ?")
      .bind(release.id)
      .first();
    assert.deepEqual(
      [
        file.immutable_id,
        file.file_size,
        file.mime_type,
        file.file_path,
        file.checksum,
        file.filename,
      ],
      [
        release.files[0].declared.file_id,
        size,
        "image/png",
        `${release.id}/${release.files[0].declared.file_id}`,
        manifest.commitment,
        "sealed_meta#/files/0",
      ],
    );
    const row = await server.db
      .prepare("select * from digital_products where id = ?")
      .bind(release.productId)
      .first();
    assert.deepEqual(
      [row.content_hash, row.storage_pointer, JSON.parse(row.manifest)],
      [completed.manifest_hash, release.id, manifest],
    );
  });
}

test("a completed upload answers the same completion the same, and nothing else", async () => {
  const release = await completeRelease(seller, [100, 200]);
  assert.deepEqual(
    await answer(await release.complete()),
    release.completed,
    "with an envelope sealed anew",
  );
  await assertProblem(
    await release.complete(release.completion({ sealed_meta: "AA" })),
    409,
    "upload_closed",
  );
  await assertProblem(await release.abort(), 409, "upload_closed");
  for (const chunk of release.chunks())
    await assertProblem(await release.put(chunk), 409, "upload_closed");
  const { state, missing, stored } = await answer(await release.status());
  assert.deepEqual([state, missing, stored.length], ["completed", [], 2]);
  assert.deepEqual((await release.open()).missing, []);
});

test("a new release is the product's newest; the one before stays", async () => {
  const first = await completeRelease(seller, [10]);
  const second = new Release(seller, first.productId, [20]);
  await second.open();
  await second.putAll();
  await answer(await second.complete());
  const product = await answer(await seller.call(`products?product_id=${first.productId}`));
  assert.deepEqual([product.release_id, product.size], [second.id, 20]);
  assert.deepEqual(
    await answer(await seller.call(`products?release_id=${first.id}`)),
    first.completed,
  );
});

test("completion waits for every chunk", async () => {
  const release = await opened([FULL_CHUNK * 2 + 1, 1]);
  assert.equal(
    (await assertProblem(await release.complete(), 409, "upload_incomplete")).missing_chunks,
    4,
  );
  const [first, ...others] = release.chunks();
  for (const chunk of others) await answer(await release.put(chunk));
  assert.equal(
    (await assertProblem(await release.complete(), 409, "upload_incomplete")).missing_chunks,
    1,
  );
  await answer(await release.put(first));
  await answer(await release.complete());
});

test("completion refuses a manifest that is not the upload's", async () => {
  const release = await opened([10, 20]);
  await release.putAll();
  const { files } = release.manifest();
  const altered = (changes) => files.map((file, i) => (i === 0 ? { ...file, ...changes } : file));
  for (const changes of [
    { release_id: newId("release") },
    { product_id: newId("product") },
    { seller: stranger.id },
    { files: [...files].reverse() },
    { files: files.slice(1) },
    { files: [...files, { ...files[0], file_id: newId("file") }] },
    { files: altered({ file_id: newId("file") }) },
    {
      files: altered({
        header: text(Buffer.concat([Buffer.from("00000008000000000020", "hex"), randomBytes(64)])),
      }),
    },
    { files: altered({ plaintext_size: 11 }) },
    { files: altered({ declared_type: "text/plain" }) },
    { files: altered({ chunks: [text(randomBytes(32))] }) },
  ]) {
    await assertProblem(await release.complete(release.completion(changes)), 422, "unprocessable");
  }
  assert.equal(await count("releases", "id", release.id), 0);
  await answer(await release.complete());
});

test("completion refuses a manifest that breaks a rule or is not signed by the caller", async () => {
  const release = await opened([10]);
  await release.putAll();
  const good = release.completion();
  const { files } = good.manifest.body;
  const eve = identity(randomBytes(32));
  const wrong = {
    "another's signature": release.completion({}, { ailock: eve }),
    "a signature of another kind": {
      ...good,
      manifest: {
        ...good.manifest,
        signature: text(signStatement(seller.ailock.signing, "offer", good.manifest.body)),
      },
    },
    "an altered body": {
      ...good,
      manifest: { ...good.manifest, body: { ...good.manifest.body, sealed_meta: "AA" } },
    },
    "no files": release.completion({ files: [] }),
    "a count that contradicts the size": release.completion({
      files: [{ ...files[0], segment_count: 2 }],
    }),
    "too many chunks": release.completion({
      files: [{ ...files[0], chunks: [...files[0].chunks, ...files[0].chunks] }],
    }),
    "an envelope for another manifest": {
      ...good,
      self_envelope: release.selfEnvelope(randomBytes(32)),
    },
    "an envelope signed by another": {
      ...good,
      self_envelope: release.selfEnvelope(statementHash(good.manifest.body), eve),
    },
  };
  for (const [name, completion] of Object.entries(wrong)) {
    await assertProblem(await release.complete(completion), 422, "invalid_statement");
    assert.equal(await count("releases", "id", release.id), 0, name);
  }
  await assertProblem(await release.complete({ ...good, price: 0 }), 400, "invalid_request");
  const v2 = { ...good, manifest: { ...good.manifest, body: { ...good.manifest.body, v: 2 } } };
  await assertProblem(await release.complete(v2), 400, "invalid_request");
});

test("an upload of another cannot be completed", async () => {
  const release = await opened([10]);
  await release.putAll();
  const theirs = await stranger.call("products-upload-complete", { json: release.completion() });
  await assertProblem(theirs, 404, "not_found");
  await answer(await release.complete());
});

test("10 completions at once give one release and one answer", async () => {
  const release = await opened([10, FULL_CHUNK + 1]);
  await release.putAll();
  const answers = await Promise.all(
    Array.from({ length: 10 }, async () => answer(await release.complete())),
  );
  answers.forEach((body) => assert.deepEqual(body, answers[0]));
  assert.equal(await count("digital_files", "release_id", release.id), 2);
  assert.equal(await count("upload_files", "upload_id", release.uploadId), 0);
});

test("of two different completions at once, one wins and the other is told so", async () => {
  const release = await opened([10]);
  await release.putAll();
  const answers = await Promise.all(
    ["AA", "AQ"].map((sealed_meta) => release.complete(release.completion({ sealed_meta }))),
  );
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
  const bodies = await Promise.all(answers.map((response) => response.json()));
  const won = bodies.find((body) => body.manifest);
  assert.equal(bodies.find((body) => body.code).code, "upload_closed");
  assert.deepEqual(await answer(await seller.call(`products?release_id=${release.id}`)), won);
});

test("the last chunk and completion at once: a release is complete or it is none", async () => {
  const release = await opened([FULL_CHUNK + 1]);
  const [first, last] = release.chunks();
  await answer(await release.put(first));
  const [put, completed] = await Promise.all([release.put(last), release.complete()]);
  assert.equal(put.status, 200);
  if (completed.status === 409) assert.equal((await completed.json()).code, "upload_incomplete");
  await answer(await release.complete());
  assert.equal((await storedKeys(server, release)).length, 2);
});
