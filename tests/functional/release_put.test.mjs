// POST uploads: a whole sealed release as one body.
import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";
import { sha256, text } from "../interop/protocol.mjs";
import { assertProblem } from "./client.mjs";
import { openMarket } from "./market.mjs";
import { CHUNK, answer, chunkKey, openRelease, storedKeys } from "./release.mjs";

const { server, seller, stranger } = await openMarket({ vars: { MAX_FILE_BYTES: "200000000" } });

const SEGMENTS_OF_CHUNK = 8;
const FULL = CHUNK - 32 * SEGMENTS_OF_CHUNK;
const bodyOf = (release) => Buffer.concat(release.chunks().map(({ bytes }) => bytes));
const path = (release) => `uploads?upload_id=${release.uploadId}`;
const send = (release, body = bodyOf(release), { client = seller, ...options } = {}) =>
  client.call(path(release), { method: "POST", body, ...options });
const stored = (release) =>
  release.chunks().map(({ file_id, index, bytes }) => ({
    file_id,
    index,
    sha256: text(sha256(bytes)),
    size: bytes.length,
  }));

test("every size of file is cut into its chunks, and the release completes", async () => {
  const sizes = [0, 1, FULL - 1, FULL, FULL + 1, 524_256, 524_257, 3 * FULL + 17, 0, 40];
  const release = await openRelease(seller, sizes);
  const { chunks, upload_id } = await answer(await send(release));
  assert.equal(upload_id, release.uploadId);
  assert.deepEqual(chunks, stored(release));
  for (const chunk of release.chunks()) {
    const object = await server.blobs.get(chunkKey(release, chunk));
    assert.ok(Buffer.from(await object.arrayBuffer()).equals(chunk.bytes));
  }
  await answer(await release.complete());
  await assertProblem(await send(release), 409, "upload_closed");
});

test("the same body again answers the same; chunks that are there already are kept", async () => {
  const release = await openRelease(seller, [FULL + 5, 9]);
  const [first] = release.chunks();
  await answer(await release.put(first));
  const once = await answer(await send(release));
  assert.deepEqual(await answer(await send(release)), once);
  assert.deepEqual((await answer(await release.status())).missing, []);
});

test("other bytes than those of a stored chunk are a conflict, and change nothing", async () => {
  const release = await openRelease(seller, [FULL + 5, 9]);
  await answer(await send(release));
  const body = bodyOf(release);
  body[CHUNK + 1] ^= 1;
  const problem = await assertProblem(await send(release, body), 409, "chunk_conflict");
  assert.equal(problem.stored_sha256, text(sha256(release.chunks()[1].bytes)));
  await answer(await release.complete());
});

test("a body of another length is refused before anything is stored", async () => {
  const release = await openRelease(seller, [10, 20]);
  const body = bodyOf(release);
  for (const other of [body.subarray(1), Buffer.concat([body, Buffer.from([0])]), Buffer.alloc(0)])
    await assertProblem(await send(release, other), 422, "wrong_chunk_length");
  assert.deepEqual(await storedKeys(server, release), []);
});

test("without Content-Length there is a 411", async () => {
  const release = await openRelease(seller, [10]);
  const body = new ReadableStream({
    start: (controller) => {
      controller.enqueue(bodyOf(release));
      controller.close();
    },
  });
  await assertProblem(await send(release, body, { duplex: "half" }), 411, "length_required");
});

test("a connection that breaks leaves whole chunks only, and the same body goes on", async () => {
  const release = await openRelease(seller, [FULL * 2 + 5]);
  const body = bodyOf(release);
  await broken(release, body, CHUNK + 100);
  const keys = await storedKeys(server, release);
  assert.ok(keys.length <= 1, keys.join());
  const { chunks } = await answer(await send(release));
  assert.deepEqual(chunks, stored(release));
  await answer(await release.complete());
});

test("more than 95,000,000 bytes, or 900 chunks, go chunk by chunk", async () => {
  // 95,000,000 with 32 bytes for each of 182 segments.
  const most = await openRelease(seller, [95_000_000 - 32 * 182]);
  const { chunks } = await answer(await send(most));
  assert.equal(chunks.length, 23);
  await answer(await most.abort());
  const over = await openRelease(seller, [95_000_001 - 32 * 182]);
  await assertProblem(await send(over), 413, "too_large");
  await answer(await over.abort());
  const many = await openRelease(seller, Array(901).fill(1));
  await assertProblem(await send(many), 413, "too_large");
  assert.deepEqual(await storedKeys(server, many), []);
  await answer(await many.abort());
  await assertProblem(await send(many), 409, "upload_closed");
});

test("900 files of one byte go in one body", async () => {
  const release = await openRelease(seller, Array(900).fill(1));
  const { chunks } = await answer(await send(release));
  assert.deepEqual(chunks, stored(release));
  await answer(await release.complete());
});

test("nobody but the owner uploads, and only with a fresh proof", async () => {
  const release = await openRelease(seller, [10]);
  await assertProblem(await send(release, undefined, { client: stranger }), 404, "not_found");
  await assertProblem(
    await seller.call("uploads?upload_id=upload_01h455vb4pex5vsknk084sn02q", {
      method: "POST",
      body: bodyOf(release),
    }),
    404,
    "not_found",
  );
  await assertProblem(
    await seller.call("uploads", { method: "POST", body: "x" }),
    400,
    "invalid_request",
  );
  assert.deepEqual(await storedKeys(server, release), []);
});

/** Sends the first `length` bytes of a body that promises all of them, waits until the server has them, and hangs up. */
async function broken(release, body, length) {
  const url = `${server.url}/api/${path(release)}`;
  const token = await seller.token();
  const dpop = await seller.proof({ method: "POST", url, token });
  const outgoing = request(url, {
    method: "POST",
    headers: { authorization: `DPoP ${token}`, dpop, "content-length": body.length },
  });
  const closed = new Promise((resolve) => outgoing.once("close", resolve));
  outgoing.on("error", () => {});
  await new Promise((resolve) => outgoing.write(body.subarray(0, length), resolve));
  outgoing.destroy();
  await closed;
}
