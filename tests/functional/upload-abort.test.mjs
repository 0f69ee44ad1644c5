import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256 } from "../interop/protocol.mjs";
import { assertProblem } from "./client.mjs";
import { openMarket } from "./market.mjs";
import { answer, chunkKey, countRows, newId, openRelease, storedKeys } from "./release.mjs";

const FULL_CHUNK = 4_194_048;

const { server, seller, stranger } = await openMarket();

const opened = (sizes) => openRelease(seller, sizes);
const count = (table, column, value) => countRows(server, table, column, value);

test("abort deletes the chunks, closes the upload, and may be repeated", async () => {
  const release = await opened([FULL_CHUNK + 1, 1]);
  await release.putAll();
  const closed = {
    upload_id: release.uploadId,
    release_id: release.id,
    state: "aborted",
    chunk_size: 4_194_304,
    stored: [],
    missing: [],
  };
  assert.deepEqual(await answer(await release.abort()), closed);
  assert.deepEqual(await storedKeys(server, release), []);
  assert.deepEqual(await answer(await release.status()), closed);
  assert.deepEqual(await answer(await release.abort()), closed);

  await assertProblem(await release.put(release.chunks()[0]), 409, "upload_closed");
  await assertProblem(await release.complete(), 409, "upload_closed");
  await assertProblem(
    await seller.call("products-upload-init", { json: release.init }),
    409,
    "upload_closed",
  );
  assert.deepEqual(await storedKeys(server, release), []);
});

test("abort leaves the chunks of other releases alone", async () => {
  const [kept, gone] = [await opened([1]), await opened([1])];
  await kept.putAll();
  await gone.putAll();
  await answer(await gone.abort());
  assert.equal((await storedKeys(server, kept)).length, 1);
  await answer(await kept.complete());
});

test("abort and completion at once: one of them holds", async () => {
  for (let round = 0; round < 5; round += 1) {
    const release = await opened([10]);
    await release.putAll();
    const [completed, aborted] = await Promise.all([release.complete(), release.abort()]);
    const { state } = await answer(await release.status());
    const stored = await storedKeys(server, release);
    if (state === "completed") {
      assert.deepEqual([completed.status, aborted.status, stored.length], [200, 409, 1]);
    } else {
      assert.deepEqual([completed.status, aborted.status, stored.length], [409, 200, 0]);
      assert.equal(await count("releases", "id", release.id), 0);
    }
  }
});

test("a chunk that arrives while the upload is aborted is gone after the next abort", async () => {
  const release = await opened([FULL_CHUNK * 3]);
  const puts = release.chunks().map((chunk) => release.put(chunk));
  await answer(await release.abort());
  for (const response of await Promise.all(puts)) assert.ok([200, 409].includes(response.status));
  await answer(await release.abort());
  assert.deepEqual(await storedKeys(server, release), []);
});

test("more chunks than R2 lists at once are all seen, and all deleted", async () => {
  const sizes = [FULL_CHUNK + 1, ...Array(999).fill(0)];
  const release = await opened(sizes);
  const chunks = release.chunks();
  assert.equal(chunks.length, 1001);
  // Straight into the bucket: what is tested is how they are listed.
  for (let at = 0; at < chunks.length; at += 50) {
    const batch = chunks.slice(at, at + 50);
    await Promise.all(
      batch.map((chunk) =>
        server.blobs.put(chunkKey(release, chunk), chunk.bytes, { sha256: sha256(chunk.bytes) }),
      ),
    );
  }
  const { stored, missing } = await answer(await release.status());
  assert.deepEqual([stored.length, missing], [1001, []]);
  const aborted = await answer(await release.abort());
  assert.deepEqual([aborted.state, aborted.stored], ["aborted", []]);
});

test("an upload of another, or none, is not aborted", async () => {
  const release = await opened([1]);
  await release.putAll();
  await assertProblem(await release.abort(stranger), 404, "not_found");
  const unknown = { upload_id: newId("upload") };
  await assertProblem(
    await seller.call("products-upload-abort", { json: unknown }),
    404,
    "not_found",
  );
  assert.equal((await storedKeys(server, release)).length, 1);
});

// Last: the clock stays ahead.
test("the cron deletes what came after an abort, and again once no PUT can still be running", async () => {
  await server.clock.advance(0);
  const release = await opened([1]);
  await answer(await release.abort());
  const [chunk] = release.chunks();
  await server.blobs.put(chunkKey(release, chunk), chunk.bytes);
  const purgedAt = async () =>
    (
      await server.db
        .prepare("select purged_at from uploads where id = ?")
        .bind(release.uploadId)
        .first()
    ).purged_at;

  await server.clock.advance(3600);
  await server.scheduled();
  assert.deepEqual([await purgedAt(), await storedKeys(server, release)], [null, []]);
  await server.blobs.put(chunkKey(release, chunk), chunk.bytes);
  await server.clock.advance(1);
  const kept = await opened([1]);
  await kept.putAll();
  await server.scheduled();
  assert.deepEqual([await purgedAt(), await storedKeys(server, release)], [server.clock.now(), []]);
  assert.equal((await storedKeys(server, kept)).length, 1, "an open upload is left alone");
});
