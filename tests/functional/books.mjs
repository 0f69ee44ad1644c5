// Whether bucket and books agree, both ways.
import assert from "node:assert/strict";

/** Every key in the bucket. */
export async function allKeys(blobs) {
  const keys = [];
  let cursor;
  do {
    const page = await blobs.list({ cursor });
    keys.push(...page.objects.map(({ key }) => key));
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return keys;
}

const sizeOf = async (blobs, prefix) => {
  const sizes = [];
  let cursor;
  do {
    const page = await blobs.list({ prefix, cursor });
    sizes.push(...page.objects.map(({ size }) => size));
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return { chunks: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
};

/**
 * Checks that the bucket holds exactly what the books say: all chunks of every release that is kept, with all their
 * bytes, at most some of an upload that is open, and nothing else; and that the reservations are the sum of it.
 */
export async function assertBooksAgree({ db, blobs }) {
  const { results: uploads } = await db
    .prepare(
      `select u.release_id, u.state, u.chunk_count, u.sealed_size, r.deleted_at, v.bytes
       from uploads u left join releases r on r.id = u.release_id left join reservations v on v.release_id = u.release_id`,
    )
    .all();
  const known = new Set();
  for (const upload of uploads) {
    const stored = await sizeOf(blobs, `${upload.release_id}/`);
    const isKept = upload.state === "completed" && upload.deleted_at === null;
    if (isKept) {
      const wanted = { chunks: upload.chunk_count, bytes: upload.sealed_size };
      assert.deepEqual(stored, wanted, upload.release_id);
    } else if (upload.state === "open") {
      assert.ok(stored.chunks <= upload.chunk_count, upload.release_id);
    } else {
      assert.deepEqual(stored, { chunks: 0, bytes: 0 }, upload.release_id);
    }
    const holds = isKept || upload.state === "open";
    assert.equal(upload.bytes, holds ? upload.sealed_size : null, upload.release_id);
    if (holds) known.add(upload.release_id);
  }
  const strangers = (await allKeys(blobs)).filter((key) => !known.has(key.split("/")[0]));
  assert.deepEqual(strangers, []);
}
