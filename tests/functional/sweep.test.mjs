// Bucket and books are compared both ways, after a storm of uploads that were aborted at random points too.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { allKeys, assertBooksAgree } from "./books.mjs";
import { Client } from "./client.mjs";
import { startServer } from "./harness.mjs";
import { seeded } from "./paid_sale.mjs";
import {
  Release,
  chunkKey,
  completeRelease,
  createProduct,
  newId,
  openRelease,
  storedKeys,
} from "./release.mjs";

const HOUR = 3600;
const FULL_CHUNK = 4_194_048;
const [SMALL, LARGE] = process.env.CLAIMCHECK_LONG ? [950, 50] : [120, 10];
const AT_ONCE = 8;

let server;
let seller;
before(async () => {
  server = await startServer();
  seller = await Client.registered(server);
});
after(() => server.close());

const findings = async () =>
  (await server.db.prepare("select * from storage_findings order by kind").all()).results;

/** Runs the cron until both sweeps have seen everything once more. */
async function sweepAll() {
  const rounds = async () => {
    const query = "select sweep, rounds from sweeps where sweep in ('objects', 'rows')";
    const { results } = await server.db.prepare(query).all();
    return Object.fromEntries(results.map(({ sweep, rounds: count }) => [sweep, count]));
  };
  const begin = await rounds();
  for (let runs = 0; runs < 100; runs += 1) {
    await server.scheduled();
    const now = await rounds();
    const isThrough = (sweep) => (now[sweep] ?? 0) > (begin[sweep] ?? 0);
    if (isThrough("objects") && isThrough("rows")) return;
  }
  assert.fail("the sweeps never came to an end");
}

test("an object of no upload, of a purged or of a deleted one is deleted; others stay", async () => {
  const kept = await completeRelease(seller, [FULL_CHUNK + 1]);
  const open = await openRelease(seller, [1]);
  await open.putAll();
  const purged = await openRelease(seller, [1]);
  await purged.abort();
  await server.db
    .prepare("update uploads set purged_at = 1 where id = ?")
    .bind(purged.uploadId)
    .run();
  const unknown = { id: newId("release") };
  const chunk = { file_id: newId("file"), index: 0 };
  for (const release of [purged, unknown])
    await server.blobs.put(chunkKey(release, chunk), Buffer.alloc(33));
  await sweepAll();
  for (const release of [purged, unknown]) assert.deepEqual(await storedKeys(server, release), []);
  assert.equal((await storedKeys(server, kept)).length, 2);
  assert.equal((await storedKeys(server, open)).length, 1);
  assert.deepEqual(await findings(), []);
  await assertBooksAgree(server);
});

test("a release without its chunks, and an object that is nobody's, are reported once and left alone", async () => {
  const [whole, short, other] = [
    await completeRelease(seller, [1]),
    await completeRelease(seller, [FULL_CHUNK + 1]),
    await completeRelease(seller, [5]),
  ];
  await server.blobs.delete(chunkKey(short, short.chunks()[1]));
  const [chunk] = other.chunks();
  await server.blobs.put(chunkKey(other, chunk), Buffer.alloc(7));
  await server.blobs.put('notes "of" mine/x', "x");
  await sweepAll();
  const seen = await findings();
  assert.deepEqual(
    new Map(seen.map(({ subject, kind, detail }) => [subject, [kind, detail]])),
    new Map([
      [short.id, ["chunks_missing", "1 of 2 chunks, 4194304 of 4194337 bytes"]],
      [other.id, ["chunks_missing", "1 of 1 chunks, 7 of 37 bytes"]],
      ["notesofmine", ["foreign_object", "not a chunk's key"]],
    ]),
  );
  await sweepAll();
  assert.equal((await findings()).length, 3);
  assert.ok(!seen.some(({ subject }) => subject === whole.id));
  assert.ok((await allKeys(server.blobs)).includes('notes "of" mine/x'));

  await server.blobs.delete('notes "of" mine/x');
  await server.blobs.put(chunkKey(other, chunk), chunk.bytes);
  const lost = short.chunks()[1];
  await server.blobs.put(chunkKey(short, lost), lost.bytes);
  await sweepAll();
  const kinds = (await findings()).map(({ kind }) => kind);
  assert.deepEqual(kinds, ["foreign_object"], "what is whole again is no finding any more");
  await server.db.exec("delete from storage_findings");
  await assertBooksAgree(server);
});

test("chunks that a kept release does not have are deleted", async () => {
  const release = await completeRelease(seller, [FULL_CHUNK + 1]);
  const [{ file_id }] = release.chunks();
  const strangers = [
    { file_id, index: 2 },
    { file_id: newId("file"), index: 0 },
  ];
  for (const chunk of strangers) await server.blobs.put(chunkKey(release, chunk), Buffer.alloc(33));
  await sweepAll();
  const own = release.chunks().map((chunk) => chunkKey(release, chunk));
  assert.deepEqual((await storedKeys(server, release)).sort(), own.sort());
  assert.deepEqual(await findings(), []);
});

test("a PUT, or a whole body, that runs beside an abort leaves nothing", async () => {
  for (const send of [
    (release) => release.chunks().map((chunk) => release.put(chunk)),
    (release) => [
      seller.call(`uploads?upload_id=${release.uploadId}`, {
        method: "POST",
        body: Buffer.concat(release.chunks().map(({ bytes }) => bytes)),
      }),
    ],
  ]) {
    const release = await openRelease(seller, [FULL_CHUNK + 1, 1, 70_000]);
    const sent = send(release);
    assert.equal((await release.abort()).status, 200);
    for (const answer of await Promise.all(sent)) assert.ok([200, 409].includes(answer.status));
    assert.deepEqual(await storedKeys(server, release), []);
  }
});

test("what an abort that died left in the bucket goes at the next run", async () => {
  const release = await openRelease(seller, [1]);
  await release.abort();
  const [chunk] = release.chunks();
  await server.blobs.put(chunkKey(release, chunk), chunk.bytes);
  await sweepAll();
  assert.deepEqual(await storedKeys(server, release), []);
});

test(`${SMALL} uploads of one chunk and ${LARGE} of several, aborted at random points`, async (t) => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32));
  t.diagnostic(`seed ${seed}`);
  const random = seeded(seed);
  const product = await createProduct(seller);
  const sizes = [
    ...Array.from({ length: SMALL }, () => [1 + Math.floor(random() * 1000)]),
    ...Array.from({ length: LARGE }, () => [FULL_CHUNK + 1, Math.floor(random() * 1000)]),
  ];
  const plans = sizes.map((files) => ({ files, end: random(), point: random() }));
  const tally = { completed: 0, aborted: 0, abandoned: 0 };

  /** One upload: completed, left open, or aborted before, beside or after its PUTs. */
  async function upload({ files, end, point }) {
    const release = new Release(seller, product, files);
    await release.open();
    const chunks = release.chunks();
    if (end < 0.2) {
      await release.putAll();
      assert.equal((await release.complete()).status, 200);
      tally.completed += 1;
      return;
    }
    const before = chunks.slice(0, Math.floor(point * (chunks.length + 1)));
    const beside = chunks.slice(before.length);
    for (const chunk of before) assert.equal((await release.put(chunk)).status, 200);
    if (end < 0.3) {
      tally.abandoned += 1;
      return;
    }
    const late = beside.map((chunk) => release.put(chunk));
    const [aborted, ...puts] = await Promise.all([release.abort(), ...late]);
    assert.equal(aborted.status, 200);
    for (const { status } of puts) assert.ok([200, 409].includes(status), String(status));
    tally.aborted += 1;
  }

  const queue = [...plans];
  const lane = async () => {
    for (let plan = queue.pop(); plan; plan = queue.pop()) await upload(plan);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  t.diagnostic(JSON.stringify(tally));
  assert.ok(tally.completed > 0 && tally.aborted > 0 && tally.abandoned > 0);

  // Past the day after which an open upload is abandoned, and the hour in which a PUT may still come.
  await server.clock.advance(24 * HOUR);
  const rows = async (where) =>
    (await server.db.prepare(`select count(*) as count from uploads where ${where}`).first()).count;
  for (let runs = 0; (await rows("state = 'open'")) > 0; runs += 1) {
    assert.ok(runs < 100);
    await server.scheduled();
  }
  await server.clock.advance(2 * HOUR);
  for (let runs = 0; (await rows("state = 'aborted' and purged_at is null")) > 0; runs += 1) {
    assert.ok(runs < 100);
    await server.scheduled();
  }
  await sweepAll();
  await assertBooksAgree(server);
  assert.deepEqual(await findings(), []);
});
