import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { sha256 } from "../interop/protocol.mjs";
import { assertProblem, makeProofKey, signJwt } from "./client.mjs";
import { openMarket } from "./market.mjs";
import { CHUNK, chunkKey, newId } from "./release.mjs";
import { Sale, ok, unchanged } from "./sale.mjs";

const SEGMENT = 524_288;
/** A full chunk, and one of two full segments and a short one. */
const SIZE = 4_194_048 + 2 * 524_256 + 100;
const LAST = 2 * SEGMENT + 132;

const { server, seller, buyer, stranger } = await openMarket();

const claimed = (options) => Sale.claimed(seller, buyer, options);
const bodyOf = async (response) => Buffer.from(await response.arrayBuffer());
const firstChunkAt = async (sale) => (await sale.stored()).claims[0].first_chunk_at;

test("every chunk comes as it was stored, with its length, digest and tag", async () => {
  const sale = await claimed({ sizes: [SIZE, 0] });
  for (const { file_id, index, bytes } of sale.release.chunks()) {
    const response = await sale.chunk({ file: file_id, index });
    assert.equal(response.status, 200);
    const { headers } = response;
    assert.equal(headers.get("content-length"), String(bytes.length));
    assert.equal(headers.get("content-type"), "application/octet-stream");
    assert.equal(headers.get("cache-control"), "private, no-store");
    assert.equal(headers.get("accept-ranges"), "bytes");
    assert.equal(headers.get("repr-digest"), `sha-256=:${sha256(bytes).toString("base64")}:`);
    assert.match(headers.get("etag"), /^"[^"]+"$/);
    assert.deepEqual(await bodyOf(response), bytes);
  }
});

test("the manifest comes as it was signed, and uses nothing up", async () => {
  const sale = await claimed({ sizes: [SIZE, 0] });
  const answer = await ok(await sale.manifest());
  assert.equal(answer.chunk_size, CHUNK);
  assert.deepEqual(answer.manifest, sale.release.completed.manifest);
  assert.equal(await firstChunkAt(sale), null);
});

test("whole segments of a chunk come by range", async () => {
  const sale = await claimed({ sizes: [SIZE] });
  const [, last] = sale.release.chunks();
  assert.equal(last.bytes.length, LAST);
  const ranges = {
    "bytes=0-524287": [0, SEGMENT - 1],
    "bytes=524288-1048575": [SEGMENT, 2 * SEGMENT - 1],
    "bytes=524288-": [SEGMENT, LAST - 1],
    "bytes=-132": [2 * SEGMENT, LAST - 1],
    "bytes=0-99999999": [0, LAST - 1],
  };
  for (const [range, [start, end]] of Object.entries(ranges)) {
    const response = await sale.chunk({ index: 1, headers: { range } });
    assert.equal(response.status, 206, range);
    assert.equal(response.headers.get("content-range"), `bytes ${start}-${end}/${LAST}`);
    assert.equal(response.headers.get("content-length"), String(end - start + 1));
    assert.equal(
      response.headers.get("repr-digest"),
      `sha-256=:${sha256(last.bytes).toString("base64")}:`,
    );
    assert.deepEqual(await bodyOf(response), last.bytes.subarray(start, end + 1));
  }
});

test("a range that is not whole segments of the chunk is refused, and uses nothing up", async () => {
  const sale = await claimed({ sizes: [SIZE] });
  const crooked = ["bytes=1-", "bytes=0-1", "bytes=-1", "bytes=-0"];
  const beyond = ["bytes=1048708-", "bytes=9223372036854775807-", "bytes=99999999999999999999-"];
  for (const range of [...crooked, ...beyond]) {
    const response = await sale.chunk({ index: 1, headers: { range } });
    assert.equal(response.headers.get("content-range"), `bytes */${LAST}`);
    await assertProblem(response, 416, "range_not_satisfiable");
  }
  assert.equal(await firstChunkAt(sale), null);
});

test("several ranges, and what is none, are passed over", async () => {
  const sale = await claimed({ sizes: [SIZE] });
  const several = "bytes=0-524287,524288-1048575";
  for (const range of [several, "bytes=524288-0", "bytes=x", "bytes", "pages=1-2"]) {
    const response = await sale.chunk({ index: 1, headers: { range } });
    assert.equal(response.status, 200, range);
    assert.equal((await bodyOf(response)).length, LAST);
  }
});

test("a range is given only of what the caller has the rest of", async () => {
  const sale = await claimed({ sizes: [SIZE] });
  const get = (headers) => sale.chunk({ index: 1, headers });
  const whole = await get({});
  const [etag, date] = ["etag", "date"].map((name) => whole.headers.get(name));
  const range = "bytes=0-524287";
  const part = await get({ range, "if-range": etag });
  assert.deepEqual([part.status, (await bodyOf(part)).length], [206, 524_288]);
  await assertProblem(
    await get({ range: "bytes=1-", "if-range": etag }),
    416,
    "range_not_satisfiable",
  );
  for (const other of [`W/${etag}`, '"other"', etag.slice(1, -1), date])
    for (const asked of [range, "bytes=1-"]) {
      const response = await get({ range: asked, "if-range": other });
      assert.equal(response.status, 200, other);
      assert.equal(response.headers.get("content-range"), null);
      assert.equal((await bodyOf(response)).length, LAST);
    }
  assert.equal((await get({ "if-range": '"other"' })).status, 200);
});

test("HEAD tells the length and uses nothing up", async () => {
  const sale = await claimed({ sizes: [SIZE] });
  const [chunk] = sale.release.chunks();
  const response = await sale.chunk({ method: "HEAD" });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-length"), String(CHUNK));
  assert.equal(
    response.headers.get("repr-digest"),
    `sha-256=:${sha256(chunk.bytes).toString("base64")}:`,
  );
  assert.equal((await sale.chunk({ method: "HEAD", index: 2 })).status, 404);
  assert.equal(await firstChunkAt(sale), null);
  await ok(await sale.cancel());
});

test("the first chunk uses the claim up, once for all chunks and in the audit log", async () => {
  const sale = await claimed({ sizes: [3 * 4_194_048] });
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, i) => sale.chunk({ index: i % 3 })),
  );
  for (const answer of answers) assert.equal(answer.status, 200);
  await Promise.all(answers.map((answer) => answer.arrayBuffer()));
  const { claims, audit, transfers } = await sale.stored();
  assert.notEqual(claims[0].first_chunk_at, null);
  assert.deepEqual(
    audit.map(({ action }) => action),
    ["offer", "invoice", "claim_begun", "first_chunk_served"],
  );
  assert.equal(JSON.parse(transfers[0].machine).chunks_served, true);
  await unchanged(sale, async () => {
    assert.equal((await sale.chunk()).status, 200);
  });
});

test("a chunk or a file that the release does not have is not found", async () => {
  const sale = await claimed({ sizes: [SIZE, 1] });
  const other = await claimed();
  const [first, second] = sale.release.files.map(({ declared }) => declared.file_id);
  const misses = [
    { file: first, index: 2 },
    { file: second, index: 1 },
    { file: newId("file") },
    { file: other.release.files[0].declared.file_id },
  ];
  for (const miss of misses) await assertProblem(await sale.chunk(miss), 404, "not_found");
  assert.equal(await firstChunkAt(sale), null);
  const { claim_id } = sale.claimed;
  const unreadable = [
    "",
    `&file=x&index=0`,
    `&file=${first}`,
    `&file=${first}&index=-1`,
    `&file=${first}&index=0&x=1`,
  ];
  for (const rest of unreadable) {
    const response = await sale.withTicket(`products-download-chunk?claim_id=${claim_id}${rest}`);
    await assertProblem(response, 400, "invalid_request");
  }
});

test("a ticket opens its own claim only, with its own key only, and nothing else", async () => {
  const sale = await claimed({ policy: { max_downloads: 2 } });
  const second = await ok(await sale.claim({ claim_id: newId("claim") }));
  const theirs = await Sale.claimed(seller, stranger);
  const calls = [(options) => sale.chunk(options), (options) => sale.manifest(options)];
  for (const call of calls) {
    for (const ticket of [second.ticket, theirs.claimed.ticket, await buyer.token()]) {
      await assertProblem(await call({ token: ticket }), 401, "invalid_ticket");
    }
    const key = await makeProofKey();
    await assertProblem(await call({ proofOptions: { key } }), 401, "invalid_ticket");
    await assertProblem(await call({ client: stranger }), 401, "invalid_ticket");
    await assertProblem(await call({ headers: { dpop: undefined } }), 401, "invalid_dpop_proof");
    await assertProblem(
      await call({ headers: { authorization: undefined } }),
      401,
      "authentication_required",
    );
    const bearer = { authorization: `Bearer ${sale.claimed.ticket}` };
    await assertProblem(await call({ headers: bearer }), 401, "invalid_ticket");
    const ath = { claims: { ath: sha256(Buffer.from("other")).toString("base64url") } };
    await assertProblem(await call({ proofOptions: ath }), 401, "invalid_dpop_proof");
  }
  await assertProblem(
    await buyer.call("inbox", { token: sale.claimed.ticket }),
    401,
    "invalid_token",
  );
  assert.equal(await firstChunkAt(sale), null);
});

test("a ticket that the server did not sign is refused", async () => {
  const sale = await claimed();
  const [head, body] = sale.claimed.ticket
    .split(".", 2)
    .map((part) => JSON.parse(Buffer.from(part, "base64url")));
  const forged = await signJwt(head, body, buyer.ailock.signing.key);
  await assertProblem(await sale.chunk({ token: forged }), 401, "invalid_ticket");
  const signature = sale.claimed.ticket.split(".")[2];
  const altered = Buffer.from(JSON.stringify({ ...body, exp: body.exp + 1 })).toString("base64url");
  const bent = `${sale.claimed.ticket.split(".")[0]}.${altered}.${signature}`;
  await assertProblem(await sale.chunk({ token: bent }), 401, "invalid_ticket");
});

test("a dispute or an end stops a running download at its next chunk", async () => {
  const sale = await claimed({ sizes: [SIZE] });
  assert.equal((await sale.chunk()).status, 200);
  await sale.force("disputed", { claims_state: "frozen" });
  await assertProblem(await sale.chunk({ index: 1 }), 409, "wrong_state");
  await assertProblem(await sale.manifest(), 409, "wrong_state");
  await sale.force("delivered");
  assert.equal((await sale.chunk({ index: 1 })).status, 200);
  await sale.force("revoked", { claims_state: "ended", claims_end: "takedown" });
  const problem = await assertProblem(await sale.chunk({ index: 1 }), 409, "wrong_state");
  assert.match(problem.detail, /takedown/);
  await server.db
    .prepare("update releases set deleted_at = 1 where id = ?")
    .bind(sale.release.id)
    .run();
  await assertProblem(await sale.chunk({ index: 1 }), 409, "wrong_state");
  await sale.force("delivered");
  await assertProblem(await sale.chunk({ index: 1 }), 410, "release_gone");
});

test("a sale that ended before the first chunk serves none and counts none", async () => {
  const sale = await claimed();
  await sale.force("refund_pending", { claims_state: "ended", claims_end: "refunded" });
  await unchanged(sale, async () => {
    await assertProblem(await sale.chunk(), 409, "wrong_state");
  });
});

test("a chunk that was altered in the bucket comes as it is: the buyer's client finds it", async () => {
  const sale = await claimed();
  const [chunk] = sale.release.chunks();
  const other = randomBytes(chunk.bytes.length);
  await server.blobs.put(chunkKey(sale.release, chunk), other);
  const response = await sale.chunk();
  assert.equal(response.status, 200);
  assert.equal(
    response.headers.get("repr-digest"),
    null,
    "nothing is said of bytes nobody checked",
  );
  assert.deepEqual(await bodyOf(response), other);
});

test("a chunk that is missing in the bucket is gone, and uses nothing up", async () => {
  const sale = await claimed({ sizes: [SIZE] });
  const [, chunk] = sale.release.chunks();
  await server.blobs.delete(chunkKey(sale.release, chunk));
  for (const headers of [{}, { range: "bytes=0-524287" }]) {
    const problem = await assertProblem(
      await sale.chunk({ index: 1, headers }),
      410,
      "release_gone",
    );
    assert.match(problem.detail, /missing from storage/);
  }
  assert.equal((await sale.chunk({ index: 1, method: "HEAD" })).status, 410);
  assert.equal(await firstChunkAt(sale), null);
});

// Last: the clock does not go back, for tokens of the future would be refused.
test("a ticket ends after 300 seconds; the claim goes on with a new one", async () => {
  const sale = await claimed({ sizes: [SIZE] });
  const start = server.clock.now();
  await server.clock.set(start + 299);
  assert.equal((await sale.chunk()).status, 200);
  await server.clock.set(start + 302);
  await assertProblem(await sale.chunk(), 401, "invalid_ticket");
  await assertProblem(await sale.manifest(), 401, "invalid_ticket");
  const claim = await ok(await sale.claim());
  assert.equal(claim.claim_id, sale.claimed.claim_id);
  assert.equal((await sale.chunk({ claim, index: 1 })).status, 200);
});
