// Files that buyers upload for a sale: who may, when, what they must be, and what becomes of them.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { sha256, statementHash, text } from "../interop/protocol.mjs";
import { Attachment, completeAttachment, openAttachment } from "./attachment.mjs";
import { assertProblem } from "./client.mjs";
import { openMarket } from "./market.mjs";
import { answer, countRows, newId, openRelease, storedKeys } from "./release.mjs";
import { Sale, ok, unchanged } from "./sale.mjs";

const FULL_CHUNK = 4_194_048;
const SEGMENT = 524_288;

const file = (id, changes = {}) => ({
  id,
  label: `Your ${id}`,
  type: "file",
  timing: "pre_payment",
  required: true,
  ...changes,
});
const POST = { timing: "post_payment_pre_grant" };
const NOTE = { ...file("note"), type: "text" };

const { server, seller, buyer, stranger } = await openMarket();

const offered = (required_inputs, { offer, ...options } = {}) =>
  Sale.offered(seller, buyer, { offer: { required_inputs, ...offer }, ...options });
const submit = (sale, inputs, client = buyer) =>
  client.call("transfers-requirements-submit", { json: { transfer_id: sale.id, inputs } });
const count = (table, column, value) => countRows(server, table, column, value);

async function bytesOf(response, status = 200) {
  assert.equal(response.status, status);
  return Buffer.from(await response.arrayBuffer());
}

test("a file of no, one and many bytes goes from the buyer to the seller, chunk by chunk", async () => {
  for (const size of [0, 1, 2 * FULL_CHUNK + 1]) {
    const sale = await offered([file("logo")]);
    const attachment = new Attachment(sale, "logo", { size, type: "image/png" });
    const opened = await attachment.open();
    assert.deepEqual(opened, {
      upload_id: attachment.uploadId,
      chunk_size: 4_194_304,
      prefix: attachment.id,
      missing: [
        {
          file_id: attachment.files[0].declared.file_id,
          first: 0,
          last: attachment.chunks().length - 1,
        },
      ],
    });
    await attachment.putAll();
    const completed = await answer(await attachment.complete());
    const { manifest } = attachment.completion();
    assert.deepEqual(completed, {
      attachment_id: attachment.attachmentId,
      transfer_id: sale.id,
      input_id: "logo",
      storage_type: "r2",
      storage_pointer: attachment.id,
      size,
      content_type: "image/png",
      checksum: text(statementHash(manifest.body)),
      manifest,
      completed_at: completed.completed_at,
    });
    const view = await ok(await submit(sale, [attachment.input()]));
    assert.deepEqual(view.missing, []);
    assert.equal((await ok(await sale.invoice())).transfer.status, "delivered");

    for (const client of [seller, buyer]) {
      assert.deepEqual(await answer(await attachment.show(client)), completed);
    }
    for (const { index, bytes } of attachment.chunks()) {
      const response = await attachment.chunk({ index });
      const digest = `sha-256=:${sha256(bytes).toString("base64")}:`;
      assert.equal(response.headers.get("repr-digest"), digest);
      assert.ok((await bytesOf(response)).equals(bytes));
    }
    assert.deepEqual(
      (await storedKeys(server, attachment)).length,
      attachment.chunks().length,
      "nothing else lies there",
    );
  }
});

test("a file that misses keeps the sale where it is, before the payment and after it", async () => {
  const sale = await offered([file("logo"), file("proof", POST)], { sealed: true });
  const problem = await assertProblem(await sale.invoice(), 422, "missing_inputs");
  assert.deepEqual(problem.missing_inputs, ["logo"]);
  const logo = await completeAttachment(sale, "logo");
  await assertProblem(await sale.invoice(), 422, "missing_inputs");
  await assertProblem(await new Attachment(sale, "proof").begin(), 409, "wrong_state");
  await ok(await submit(sale, [logo.input()]));
  assert.equal((await ok(await sale.invoice())).transfer.status, "paid_pending_inputs");
  const proof = await completeAttachment(sale, "proof", { size: 10 });
  assert.equal((await sale.show()).status, "paid_pending_inputs");
  assert.equal((await ok(await submit(sale, [proof.input()]))).status, "delivered");
  assert.equal((await sale.stored()).grants.length, 1);
  assert.deepEqual(
    (await sale.stored()).messages
      .filter(({ notice }) => notice?.includes("inputs_provided"))
      .map(({ to_ailock_id, type, notice }) => [to_ailock_id, type, JSON.parse(notice).ids]),
    [
      [seller.id, "product_offer", ["logo"]],
      [seller.id, "product_offer", ["proof"]],
    ],
  );
});

test("a file that is sent back is uploaded anew, under a new id", async () => {
  const sale = await offered([file("logo")]);
  const first = await completeAttachment(sale, "logo");
  await ok(await submit(sale, [first.input()]));
  const rejection = { transfer_id: sale.id, input_id: "logo", reason: "too blurred" };
  await ok(await seller.call("transfers-requirements-reject", { json: rejection }));
  const second = await completeAttachment(sale, "logo", { size: 3 });
  const view = await ok(await submit(sale, [second.input()]));
  assert.equal(view.requirements[0].provided.body.attachment.attachment_id, second.attachmentId);
  assert.ok((await bytesOf(await second.chunk())).equals(second.chunks()[0].bytes));
});

test("each call again is the same call, and another body under its id is none", async () => {
  const sale = await offered([file("logo")]);
  const attachment = new Attachment(sale, "logo", { size: 5 });
  const answers = await Promise.all(Array.from({ length: 5 }, () => attachment.begin()));
  const opened = await Promise.all(answers.map((response) => answer(response)));
  attachment.uploadId = opened[0].upload_id;
  for (const other of opened) assert.deepEqual(other, opened[0]);
  assert.equal(await count("attachments", "id", attachment.attachmentId), 1);

  for (const changes of [
    { file: { ...attachment.init.file, plaintext_size: 6 } },
    { file: { ...attachment.init.file, declared_type: "text/plain" } },
  ]) {
    const answer = await attachment.begin({ ...attachment.init, ...changes });
    await assertProblem(answer, 409, "id_conflict");
  }
  const other = await offered([file("logo")]);
  const elsewhere = { ...attachment.init, transfer_id: other.id };
  await assertProblem(await attachment.begin(elsewhere), 409, "id_conflict");
  const stolen = new Attachment(other, "logo");
  stolen.files[0].declared.file_id = attachment.init.file.file_id;
  await assertProblem(await stolen.begin(), 409, "id_conflict");

  const [chunk] = attachment.chunks();
  await answer(await attachment.put(chunk));
  await answer(await attachment.put(chunk));
  await assertProblem(
    await attachment.put({ ...chunk, bytes: randomBytes(chunk.bytes.length) }),
    409,
    "chunk_conflict",
  );
  const completion = attachment.completion();
  const completed = await answer(await attachment.complete(completion));
  assert.deepEqual(await answer(await attachment.complete(completion)), completed);
  assert.deepEqual((await answer(await attachment.begin())).upload_id, attachment.uploadId);
  const another = attachment.completion({ commitment: text(randomBytes(32)) });
  await assertProblem(await attachment.complete(another), 409, "upload_closed");

  const input = attachment.input();
  await ok(await submit(sale, [input]));
  await unchanged(sale, async () => void (await ok(await submit(sale, [input]))));
  assert.deepEqual((await answer(await attachment.begin())).upload_id, attachment.uploadId);
});

test("only the buyer uploads, only the sides of the sale read, and others see nothing", async () => {
  const sale = await offered([file("logo")]);
  const attachment = new Attachment(sale, "logo");
  await assertProblem(await attachment.begin(attachment.init, seller), 403, "forbidden");
  await assertProblem(await attachment.begin(attachment.init, stranger), 404, "not_found");
  const absent = { ...attachment.init, transfer_id: newId("transfer") };
  await assertProblem(await attachment.begin(absent), 404, "not_found");

  await attachment.open();
  const [chunk] = attachment.chunks();
  for (const client of [seller, stranger]) {
    await assertProblem(await attachment.put(chunk, { client }), 404, "not_found");
    const own = { upload_id: attachment.uploadId, manifest: attachment.completion().manifest };
    await assertProblem(await attachment.complete(own, client), 404, "not_found");
    await assertProblem(await attachment.abort(client), 404, "not_found");
  }
  // Not complete: nobody reads it.
  for (const client of [buyer, seller, stranger]) {
    await assertProblem(await attachment.show(client), 404, "not_found");
    await assertProblem(await attachment.chunk({ client }), 404, "not_found");
  }
  await attachment.putAll();
  await answer(await attachment.complete());
  await assertProblem(await attachment.show(stranger), 404, "not_found");
  await assertProblem(await attachment.chunk({ client: stranger }), 404, "not_found");
  await bytesOf(await attachment.chunk({ client: buyer }));
  for (const [name, method] of [
    ["attachments-upload-init", "POST"],
    ["attachments-upload-chunk", "PUT"],
    ["attachments-upload-complete", "POST"],
    ["attachments", "GET"],
    ["attachments-download-chunk", "GET"],
  ]) {
    const anonymous = await fetch(`${server.url}/api/${name}`, { method });
    await assertProblem(anonymous, 401, "authentication_required");
  }
});

test("another's attachment, or one of another input or sale, or an incomplete one, is no input", async () => {
  const sale = await offered([file("logo"), file("proof")]);
  const theirs = await Sale.offered(seller, stranger, {
    offer: { required_inputs: [file("logo")] },
  });
  const open = await openAttachment(sale, "logo");
  const mine = await completeAttachment(sale, "logo");
  const other = await completeAttachment(theirs, "logo");
  const elsewhere = await completeAttachment(await offered([file("logo")]), "logo");
  const refer = (attachment, changes = {}) => ({
    attachment: { ...attachment.input().body.attachment, ...changes },
  });
  await unchanged(sale, async () => {
    for (const input of [
      mine.input(refer(open)),
      mine.input(refer(other)),
      mine.input(refer(elsewhere)),
      mine.input(refer(mine, { attachment_id: newId("attachment") })),
      mine.input(refer(mine, { manifest_hash: text(randomBytes(32)) })),
      mine.input({ id: "proof" }),
    ]) {
      await assertProblem(await submit(sale, [input]), 404, "not_found");
    }
    await assertProblem(
      await submit(sale, [mine.input({ ailock: stranger.ailock })]),
      422,
      "invalid_statement",
    );
    for (const [length, status, code] of [
      [79, 422, "invalid_statement"],
      [81, 413, "too_large"],
    ]) {
      const input = mine.input({ sealed: text(randomBytes(length)) });
      await assertProblem(await submit(sale, [input]), status, code);
    }
  });
  await ok(await submit(sale, [mine.input()]));
});

test("a text is no file and a file no text", async () => {
  const sale = await offered([file("logo"), NOTE]);
  const logo = await completeAttachment(sale, "logo");
  await assertProblem(await new Attachment(sale, "note").begin(), 422, "unprocessable");
  await assertProblem(await new Attachment(sale, "unasked").begin(), 422, "unknown_input");
  await unchanged(sale, async () => {
    await assertProblem(await submit(sale, [logo.input({ id: "note" })]), 422, "unprocessable");
    const bare = logo.input({ attachment: undefined });
    delete bare.body.attachment;
    await assertProblem(await submit(sale, [bare]), 422, "unprocessable");
  });
});

test("type and size are held to the offer, and to what the deployment takes", async () => {
  const constraints = { mime_types: ["image/*", "application/pdf"], max_size_mb: 1 };
  const sale = await offered([file("logo", { constraints }), file("any")]);
  const begin = (inputId, size, type) => new Attachment(sale, inputId, { size, type }).begin();
  for (const [inputId, size, type, status, code] of [
    ["logo", 1, "text/plain", 422, "type_not_allowed"],
    ["logo", 1_000_001, "image/png", 413, "too_large"],
    ["any", 1, "application/x-msdownload", 422, "type_not_allowed"],
  ]) {
    await assertProblem(await begin(inputId, size, type), status, code);
  }
  for (const [inputId, size, type] of [
    ["logo", 1_000_000, "image/png"],
    ["logo", 1, "application/pdf"],
    ["any", 1, "text/plain"],
  ]) {
    await answer(await begin(inputId, size, type));
  }
});

test("an attachment is asked for when it is due", async () => {
  const sale = await offered([file("logo")]);
  await ok(await submit(sale, [(await completeAttachment(sale, "logo")).input()]));
  for (const status of [
    "invoiced",
    "payment_processing",
    "delivered",
    "revoked",
    "expired",
    "cancelled",
    "refunded",
  ]) {
    await sale.force(status);
    await assertProblem(await new Attachment(sale, "logo").begin(), 409, "wrong_state");
  }
});

test("an upload that is aborted is nobody's attachment, and the other way of completing takes none", async () => {
  const sale = await offered([file("logo")]);
  const attachment = await openAttachment(sale, "logo", { size: FULL_CHUNK + 1 });
  const [first, second] = attachment.chunks();
  await answer(await attachment.put(first));
  const { missing, state } = await answer(await attachment.status());
  assert.deepEqual([state, missing.map((run) => [run.first, run.last])], ["open", [[1, 1]]]);
  const short = await assertProblem(await attachment.complete(), 409, "upload_incomplete");
  assert.equal(short.missing_chunks, 1);
  await answer(await attachment.put(second));
  const asRelease = {
    ...attachment.completion(),
    self_envelope: attachment.selfEnvelope(randomBytes(32)),
  };
  const answers = await buyer.call("products-upload-complete", { json: asRelease });
  await assertProblem(answers, 422, "unprocessable");

  assert.equal((await answer(await attachment.abort())).state, "aborted");
  assert.deepEqual(await storedKeys(server, attachment), []);
  assert.equal(await count("attachments", "id", attachment.attachmentId), 0);
  await assertProblem(await attachment.complete(), 409, "upload_closed");
  await assertProblem(await attachment.begin(), 409, "upload_closed");
  await assertProblem(await submit(sale, [attachment.input()]), 404, "not_found");

  const release = await openRelease(seller, [1]);
  await release.putAll();
  const { upload_id, manifest } = release.completion();
  const wrongDoor = await seller.call("attachments-upload-complete", {
    json: { upload_id, manifest },
  });
  await assertProblem(wrongDoor, 422, "unprocessable");
  await answer(await release.complete());
});

test("a manifest of something else, or of somebody else, completes nothing", async () => {
  const sale = await offered([file("logo")]);
  const attachment = await openAttachment(sale, "logo");
  await attachment.putAll();
  const [manifestFile] = attachment.manifest().files;
  for (const [completion, code] of [
    [attachment.completion({ release_id: newId("release") }), "unprocessable"],
    [attachment.completion({ product_id: newId("product") }), "unprocessable"],
    [attachment.completion({ seller: seller.id }), "unprocessable"],
    [
      attachment.completion({ files: [{ ...manifestFile, declared_type: "text/x-other" }] }),
      "unprocessable",
    ],
    [
      attachment.completion({ files: [{ ...manifestFile, chunks: [text(randomBytes(32))] }] }),
      "unprocessable",
    ],
    [attachment.completion({}, { ailock: seller.ailock }), "invalid_statement"],
  ]) {
    await assertProblem(await attachment.complete(completion), 422, code);
  }
  const extra = { ...attachment.completion(), x: 1 };
  await assertProblem(await attachment.complete(extra), 400, "invalid_request");
  await assertProblem(await attachment.begin({ ...attachment.init, x: 1 }), 400, "invalid_request");
  await answer(await attachment.complete());
});

test("whole segments of a chunk can be read, and its facts without it", async () => {
  const sale = await offered([file("logo")]);
  const attachment = await completeAttachment(sale, "logo", { size: 3 * SEGMENT });
  const [{ bytes }] = attachment.chunks();
  const part = await attachment.chunk({
    headers: { range: `bytes=${SEGMENT}-${2 * SEGMENT - 1}` },
  });
  assert.equal(
    part.headers.get("content-range"),
    `bytes ${SEGMENT}-${2 * SEGMENT - 1}/${bytes.length}`,
  );
  assert.ok((await bytesOf(part, 206)).equals(bytes.subarray(SEGMENT, 2 * SEGMENT)));
  const crooked = await attachment.chunk({ headers: { range: "bytes=1-2" } });
  assert.equal(crooked.headers.get("content-range"), `bytes */${bytes.length}`);
  await assertProblem(crooked, 416, "range_not_satisfiable");
  const other = { range: `bytes=0-${SEGMENT - 1}`, "if-range": '"other"' };
  assert.ok((await bytesOf(await attachment.chunk({ headers: other }))).equals(bytes));
  const head = await attachment.chunk({ method: "HEAD" });
  assert.deepEqual(
    [head.status, head.headers.get("content-length"), (await bytesOf(head)).length],
    [200, String(bytes.length), 0],
  );
  await assertProblem(await attachment.chunk({ index: 1 }), 404, "not_found");
  for (const query of ["", `?attachment_id=${attachment.attachmentId}&index=x`, "?x=1"]) {
    const answer = await seller.call(`attachments-download-chunk${query}`);
    await assertProblem(answer, 400, "invalid_request");
  }
});

test("what was deleted says so", async () => {
  const sale = await offered([file("logo")]);
  const attachment = await completeAttachment(sale, "logo");
  const set = server.db.prepare("update attachments set deleted_at = 1 where id = ?");
  await set.bind(attachment.attachmentId).run();
  await assertProblem(await attachment.show(), 410, "release_gone");
  await assertProblem(await attachment.chunk(), 410, "release_gone");
  await assertProblem(await submit(sale, [attachment.input()]), 404, "not_found");
});

// Last: the clock does not go back, for tokens of the future would be refused.
test("an offer whose time has passed takes no files", async () => {
  const sale = await offered([file("logo")]);
  await server.clock.set(sale.offer.expires_at);
  await assertProblem(await new Attachment(sale, "logo").begin(), 409, "offer_expired");
});
