// Products and releases as a seller makes them. The server cannot tell ciphertext from random bytes, so chunks are
// random bytes of the right lengths, under well-formed headers, hashes and signatures.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  envelopeInfo,
  envelopeInput,
  makeId,
  sha256,
  sign,
  signStatement,
  statementHash,
  text,
} from "../interop/protocol.mjs";

export const CHUNK = 4_194_304;
const SEGMENT = 524_288;
const OVERHEAD = 32;

/** A TypeID over a UUIDv7 of now. */
export function newId(prefix) {
  const id = randomBytes(16);
  id.writeUIntBE(Date.now(), 0, 6);
  id[6] = (id[6] & 0x0f) | 0x70;
  id[8] = (id[8] & 0x3f) | 0x80;
  return makeId(prefix, id);
}

/** FLOE's header with the protocol's parameters. */
export const newHeader = () =>
  Buffer.concat([Buffer.from("00000008000000000020", "hex"), randomBytes(64)]);

/** The JSON of an answer that must be 200. */
export async function answer(response) {
  const body = await response.json();
  assert.equal(response.status, 200, JSON.stringify(body));
  return body;
}

/** Creates a product of `client`, and gives its id. */
export async function createProduct(client, changes = {}) {
  const product_id = newId("product");
  const json = { product_id, title: "A product", ...changes };
  await answer(await client.call("products-create", { json }));
  return product_id;
}

/** One file: what is declared of it, and its chunks. */
function makeFile(plaintext_size, declared_type) {
  const segment_count = Math.max(1, Math.ceil(plaintext_size / (SEGMENT - OVERHEAD)));
  const sealed = randomBytes(plaintext_size + OVERHEAD * segment_count);
  const chunks = [];
  for (let at = 0; at < sealed.length; at += CHUNK) chunks.push(sealed.subarray(at, at + CHUNK));
  const file_id = newId("file");
  return {
    declared: { file_id, header: text(newHeader()), segment_count, plaintext_size, declared_type },
    chunks,
  };
}

/** A release that is not uploaded yet. */
export class Release {
  constructor(client, productId, sizes, { type = "application/octet-stream" } = {}) {
    this.client = client;
    this.productId = productId;
    this.id = newId("release");
    this.files = sizes.map((size) => makeFile(size, type));
    this.uploadId = null;
  }

  /** The body of products-upload-init. */
  get init() {
    return {
      product_id: this.productId,
      release_id: this.id,
      files: this.files.map(({ declared }) => declared),
    };
  }

  /** Opens the upload, and gives the answer's body. */
  async open() {
    const body = await answer(await this.client.call("products-upload-init", { json: this.init }));
    this.uploadId = body.upload_id;
    return body;
  }

  /** Every chunk: {file_id, index, bytes}. */
  chunks() {
    return this.files.flatMap(({ declared: { file_id }, chunks }) =>
      chunks.map((bytes, index) => ({ file_id, index, bytes })),
    );
  }

  /** PUTs one chunk; `headers` are over what it would send, `bytes` and `digest` instead of the chunk's. */
  put(
    { file_id, index, bytes, digest = sha256(bytes) },
    { headers = {}, client = this.client, ...options } = {},
  ) {
    return client.call(chunkPath(this.uploadId, file_id, index), {
      method: "PUT",
      body: bytes,
      headers: { "repr-digest": `sha-256=:${digest.toString("base64")}:`, ...headers },
      ...options,
    });
  }

  async putAll() {
    for (const chunk of this.chunks()) await answer(await this.put(chunk));
  }

  /** The manifest's body; `changes` override members. */
  manifest(changes = {}) {
    return {
      v: 1,
      release_id: this.id,
      product_id: this.productId,
      seller: this.client.id,
      files: this.files.map(({ declared, chunks }) => ({
        ...declared,
        chunks: chunks.map((chunk) => text(sha256(chunk))),
      })),
      commitment: text(sha256(Buffer.from(this.id))),
      sealed_meta: text(sha256(Buffer.from(`meta of ${this.id}`))),
      ...changes,
    };
  }

  /** The body of products-upload-complete. */
  completion(changes = {}, { ailock = this.client.ailock } = {}) {
    const body = this.manifest(changes);
    const signature = text(signStatement(ailock.signing, "manifest", body));
    return {
      upload_id: this.uploadId,
      manifest: { body, signature },
      self_envelope: this.selfEnvelope(statementHash(body), ailock),
    };
  }

  selfEnvelope(manifestHash, ailock = this.client.ailock) {
    const sealed = randomBytes(80);
    const info = envelopeInfo({
      subject: this.id,
      manifestHash,
      seller: ailock,
      recipient: ailock,
    });
    return {
      sealed: text(sealed),
      signature: text(sign(ailock.signing, envelopeInput(info, sealed))),
    };
  }

  complete(completion = this.completion()) {
    return this.client.call("products-upload-complete", { json: completion });
  }

  status(client = this.client) {
    return client.call(`products-upload-status?upload_id=${this.uploadId}`);
  }

  abort(client = this.client) {
    return client.call("products-upload-abort", { json: { upload_id: this.uploadId } });
  }
}

export const chunkPath = (uploadId, fileId, index) =>
  `products-upload-chunk?upload_id=${uploadId}&file=${fileId}&index=${index}`;

/** Where a chunk lies in the bucket. */
export const chunkKey = (release, { file_id, index }) =>
  `${release.id}/${file_id}/${String(index).padStart(8, "0")}`;

/** A release of a fresh product, opened for upload. */
export async function openRelease(client, sizes, options) {
  const release = new Release(client, await createProduct(client), sizes, options);
  await release.open();
  return release;
}

/** A product with a release of files of these sizes, uploaded and completed. */
export async function completeRelease(client, sizes, options) {
  const release = await openRelease(client, sizes, options);
  await release.putAll();
  release.completed = await answer(await release.complete());
  return release;
}

/** How many rows of a table have a value. */
export async function countRows(server, table, column, value) {
  const query = server.db.prepare(`select count(*) as count from ${table} where ${column} = ?`);
  return (await query.bind(value).first()).count;
}

/** Keys in the bucket under a release. */
export async function storedKeys(server, release) {
  const { objects } = await server.blobs.list({ prefix: `${release.id}/` });
  return objects.map(({ key }) => key);
}
