import assert from "node:assert/strict";
import { once } from "node:events";
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { test } from "node:test";
import { sha256, text } from "../interop/protocol.mjs";
import { assertProblem } from "./client.mjs";
import { openMarket } from "./market.mjs";
import { CHUNK, answer, chunkKey, chunkPath, newId, openRelease, storedKeys } from "./release.mjs";

const FULL_CHUNK = 4_194_048;

const { server, seller, stranger } = await openMarket();

const opened = (sizes) => openRelease(seller, sizes);

const digestOf = (bytes) => `sha-256=:${sha256(bytes).toString("base64")}:`;

async function assertStored(release, chunk) {
  const object = await server.blobs.get(chunkKey(release, chunk));
  assert.deepEqual(Buffer.from(await object.arrayBuffer()), Buffer.from(chunk.bytes));
}

test("a chunk is stored as it was sent, with PUT or POST, and again is the same", async () => {
  const release = await opened([FULL_CHUNK * 2 + 1]);
  const chunks = release.chunks();
  assert.deepEqual(
    chunks.map(({ bytes }) => bytes.length),
    [CHUNK, CHUNK, 33],
  );
  for (const [i, chunk] of chunks.entries()) {
    const expected = {
      file_id: chunk.file_id,
      index: i,
      sha256: text(sha256(chunk.bytes)),
      size: chunk.bytes.length,
    };
    assert.deepEqual(
      await answer(await release.put(chunk, { method: i === 1 ? "POST" : "PUT" })),
      expected,
    );
    assert.deepEqual(await answer(await release.put(chunk)), expected);
    await assertStored(release, chunk);
  }
});

test("other bytes for a stored chunk are a conflict that names the stored hash", async () => {
  const release = await opened([1]);
  const [chunk] = release.chunks();
  await answer(await release.put(chunk));
  const other = { ...chunk, bytes: randomBytes(33) };
  const problem = await assertProblem(await release.put(other), 409, "chunk_conflict");
  assert.equal(problem.stored_sha256, text(sha256(chunk.bytes)));
  await assertStored(release, chunk);
});

test("bytes that do not have the digest are not stored", async () => {
  const release = await opened([1]);
  const [chunk] = release.chunks();
  const lied = { ...chunk, digest: randomBytes(32) };
  await assertProblem(await release.put(lied), 400, "digest_mismatch");
  assert.deepEqual(await storedKeys(server, release), []);
  await answer(await release.put(chunk));
});

test("a chunk without a sha-256 digest is refused", async () => {
  const release = await opened([1]);
  const [chunk] = release.chunks();
  for (const header of [
    undefined,
    "sha-512=:AAAA:",
    "sha-256=:AAAA:",
    `sha-256=${sha256(chunk.bytes).toString("base64")}`,
    // Of 32 bytes, but in the other alphabet.
    `sha-256=:${"_".repeat(43)}:`,
  ]) {
    await assertProblem(
      await release.put(chunk, { headers: { "repr-digest": header } }),
      400,
      "digest_required",
    );
  }
  assert.deepEqual(await storedKeys(server, release), []);
  const both = `sha-512=:AAAA:, ${digestOf(chunk.bytes)}`;
  await answer(await release.put(chunk, { headers: { "repr-digest": both } }));
});

test("a part of a chunk, or a chunk in another coding, is refused", async () => {
  const release = await opened([1]);
  const [chunk] = release.chunks();
  const part = { "content-range": `bytes 0-${chunk.bytes.length - 1}/${chunk.bytes.length}` };
  await assertProblem(await release.put(chunk, { headers: part }), 400, "invalid_request");
  const coded = { "content-encoding": "gzip" };
  await assertProblem(await release.put(chunk, { headers: coded }), 415, "unsupported_media_type");
  assert.deepEqual(await storedKeys(server, release), []);
  await answer(await release.put(chunk, { headers: { "content-encoding": "identity" } }));
});

test("a body without a length is refused", async () => {
  const release = await opened([1]);
  const [chunk] = release.chunks();
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new Uint8Array(chunk.bytes));
      controller.close();
    },
  });
  const response = await release.put({ ...chunk, bytes: body, digest: sha256(chunk.bytes) });
  await assertProblem(response, 411, "length_required");
  assert.deepEqual(await storedKeys(server, release), []);
});

test("each place has one length", async () => {
  const release = await opened([FULL_CHUNK + 10, 0]);
  const [full, last, empty] = release.chunks();
  for (const [chunk, length] of [
    [full, CHUNK - 1],
    [full, CHUNK + 1],
    [full, 0],
    [last, CHUNK],
    [last, 41],
    [last, 43],
    [empty, 33],
    [empty, 31],
  ]) {
    const bytes = randomBytes(length);
    const problem = await assertProblem(
      await release.put({ ...chunk, bytes }),
      422,
      "wrong_chunk_length",
    );
    assert.match(problem.detail, new RegExp(`${chunk.bytes.length} bytes`));
  }
  assert.deepEqual(await storedKeys(server, release), []);
  await release.putAll();
});

test("chunks that the upload does not have", async () => {
  const release = await opened([1, 1]);
  const [chunk] = release.chunks();
  await assertProblem(await release.put({ ...chunk, index: 1 }), 422, "unprocessable");
  await assertProblem(await release.put({ ...chunk, file_id: newId("file") }), 404, "not_found");
  const other = await opened([1]);
  const [theirs] = other.chunks();
  await assertProblem(await release.put(theirs), 404, "not_found");
  for (const query of [
    `upload_id=${release.uploadId}&file=${chunk.file_id}`,
    `upload_id=${release.uploadId}&file=${chunk.file_id}&index=-1`,
    `upload_id=${release.uploadId}&file=${chunk.file_id}&index=0x0`,
    `upload_id=${release.uploadId}&file=${chunk.file_id}&index=00`,
    `upload_id=${release.uploadId}&file=${chunk.file_id}&index=%2B0`,
    `upload_id=${release.uploadId}&file=x&index=0`,
    `file=${chunk.file_id}&index=0`,
    `upload_id=${release.uploadId}&index=0`,
  ]) {
    const response = await seller.call(`products-upload-chunk?${query}`, {
      method: "PUT",
      body: chunk.bytes,
      headers: { "repr-digest": digestOf(chunk.bytes) },
    });
    await assertProblem(response, 400, "invalid_request");
  }
  assert.deepEqual(await storedKeys(server, release), []);
});

test("only the owner puts chunks; an upload of another looks like none", async () => {
  const release = await opened([1]);
  const [chunk] = release.chunks();
  const strip = ({ request_id, ...rest }) => rest;
  const foreign = strip(
    await assertProblem(await release.put(chunk, { client: stranger }), 404, "not_found"),
  );
  release.uploadId = newId("upload");
  const unknown = strip(await assertProblem(await release.put(chunk), 404, "not_found"));
  assert.deepEqual(foreign, unknown);
  assert.deepEqual(await storedKeys(server, release), []);
});

test("without credentials nothing is stored", async () => {
  const release = await opened([1]);
  const [chunk] = release.chunks();
  const without = { authorization: undefined, dpop: undefined };
  await assertProblem(
    await release.put(chunk, { headers: without }),
    401,
    "authentication_required",
  );
  assert.deepEqual(await storedKeys(server, release), []);
});

test("8 PUTs of one chunk at once: the same bytes all succeed", async () => {
  const release = await opened([FULL_CHUNK]);
  const [chunk] = release.chunks();
  const answers = await Promise.all(
    Array.from({ length: 8 }, async () => answer(await release.put(chunk))),
  );
  answers.forEach((body) => assert.deepEqual(body, answers[0]));
  await assertStored(release, chunk);
});

test("8 PUTs of one chunk at once: of different bytes one is stored, and the others are told which", async () => {
  const release = await opened([1_000_000]);
  const [chunk] = release.chunks();
  const rivals = Array.from({ length: 8 }, () => ({
    ...chunk,
    bytes: randomBytes(chunk.bytes.length),
  }));
  const answers = await Promise.all(rivals.map((rival) => release.put(rival)));
  const winner = answers.findIndex(({ status }) => status === 200);
  await assertStored(release, rivals[winner]);
  for (const [i, response] of answers.entries()) {
    if (i === winner) continue;
    const problem = await assertProblem(response, 409, "chunk_conflict");
    assert.equal(problem.stored_sha256, text(sha256(rivals[winner].bytes)));
  }
});

test("a connection cut in the middle of a chunk stores nothing, and the chunk can be sent again", async () => {
  const release = await opened([FULL_CHUNK]);
  const [chunk] = release.chunks();
  const url = new URL(`${server.url}/api/${chunkPath(release.uploadId, chunk.file_id, 0)}`);
  const token = await seller.token();
  const proof = await seller.proof({ method: "PUT", url: url.href, token });
  const socket = connect(Number(url.port), url.hostname);
  await once(socket, "connect");
  const head = [
    `PUT ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    `Authorization: DPoP ${token}`,
    `DPoP: ${proof}`,
    `Repr-Digest: ${digestOf(chunk.bytes)}`,
    `Content-Length: ${chunk.bytes.length}`,
    "",
    "",
  ].join("\r\n");
  socket.write(head);
  await new Promise((resolve) => socket.write(chunk.bytes.subarray(0, CHUNK / 2), resolve));
  socket.destroy();
  await once(socket, "close");
  // A complete PUT of the same chunk comes after whatever the cut one could have done.
  const other = { ...chunk, bytes: randomBytes(CHUNK) };
  await answer(await release.put(other));
  await assertStored(release, other);
});

test("a chunk costs two reads of the database, before and after, and no write", async () => {
  const release = await opened([1, 1]);
  const [first, second] = release.chunks();
  await answer(await release.put(first));
  const rows = async () =>
    (await server.db.prepare("select count(*) as count from replay").first()).count;
  const before = await rows();
  const response = await release.put(second);
  assert.equal(await rows(), before);
  // The test clock is read too.
  assert.match(response.headers.get("server-timing"), /desc="3 statements"/);
});

const form = (fields) => {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields))
    if (value !== undefined) data.set(name, value);
  return data;
};
const sendForm = (fields, client = seller, headers = {}) =>
  client.call("products-upload-chunk", { method: "POST", body: form(fields), headers });

test("a form {uploadId, index, bytes} is a chunk for callers of old", async () => {
  const release = await opened([FULL_CHUNK + 1]);
  for (const chunk of release.chunks()) {
    const fields = {
      uploadId: release.uploadId,
      index: String(chunk.index),
      bytes: new Blob([chunk.bytes]),
    };
    const expected = {
      file_id: chunk.file_id,
      index: chunk.index,
      sha256: text(sha256(chunk.bytes)),
      size: chunk.bytes.length,
    };
    assert.deepEqual(await answer(await sendForm(fields)), expected);
    assert.deepEqual(await answer(await sendForm(fields)), expected);
    await assertStored(release, chunk);
    const other = { ...fields, bytes: new Blob([randomBytes(chunk.bytes.length)]) };
    await assertProblem(await sendForm(other), 409, "chunk_conflict");
  }
  await answer(await release.complete());
});

test("a digest that a form announces is held against its bytes", async () => {
  const release = await opened([1]);
  const [chunk] = release.chunks();
  const fields = { uploadId: release.uploadId, index: "0", bytes: new Blob([chunk.bytes]) };
  const [lie, truth] = [digestOf(randomBytes(33)), digestOf(chunk.bytes)];
  for (const response of [
    await sendForm(fields, seller, { "repr-digest": lie }),
    await sendForm({ ...fields, "repr-digest": lie }),
  ])
    await assertProblem(response, 400, "digest_mismatch");
  assert.deepEqual(await storedKeys(server, release), []);
  await answer(await sendForm(fields, seller, { "repr-digest": truth }));
  await answer(await sendForm({ ...fields, "repr-digest": truth }));
});

test("a form names the file where there are several", async () => {
  const release = await opened([1, 1]);
  const [, second] = release.chunks();
  const fields = { uploadId: release.uploadId, index: "0", bytes: new Blob([second.bytes]) };
  await assertProblem(await sendForm(fields), 400, "invalid_request");
  await answer(await sendForm({ ...fields, file: second.file_id }));
  await assertStored(release, second);
});

test("forms that are no chunk are refused", async () => {
  const release = await opened([1]);
  const [chunk] = release.chunks();
  const fields = { uploadId: release.uploadId, index: "0", bytes: new Blob([chunk.bytes]) };
  for (const changes of [
    { uploadId: undefined },
    { uploadId: "x" },
    { index: "first" },
    { index: "00" },
    { index: "+0" },
    { bytes: undefined },
    { bytes: chunk.bytes.toString("base64") },
    { file: "x" },
  ]) {
    await assertProblem(await sendForm({ ...fields, ...changes }), 400, "invalid_request");
  }
  await assertProblem(
    await sendForm({ ...fields, bytes: new Blob([randomBytes(34)]) }),
    422,
    "wrong_chunk_length",
  );
  await assertProblem(
    await sendForm({ ...fields, bytes: new Blob([randomBytes(CHUNK + 17_000)]) }),
    413,
    "too_large",
  );
  await assertProblem(await sendForm(fields, stranger), 404, "not_found");
  const broken = await seller.call("products-upload-chunk", {
    method: "POST",
    body: "no form",
    headers: { "content-type": "multipart/form-data; boundary=x" },
  });
  await assertProblem(broken, 400, "invalid_request");
  assert.deepEqual(await storedKeys(server, release), []);
});

test("the old address answers the same", async () => {
  const release = await opened([1]);
  const [chunk] = release.chunks();
  const response = await seller.call(
    `/.netlify/functions/${chunkPath(release.uploadId, chunk.file_id, chunk.index)}`,
    { method: "PUT", body: chunk.bytes, headers: { "repr-digest": digestOf(chunk.bytes) } },
  );
  await answer(response);
  await assertStored(release, chunk);
});
