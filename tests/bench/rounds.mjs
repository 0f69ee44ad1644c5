// The calls of a round, ready to go: proofs are signed before the clock runs, and both sides get the same bytes.
import { CHUNK, answer, chunkPath, openRelease } from "../functional/release.mjs";
import { Sale, ok } from "../functional/sale.mjs";
import { sha256 } from "../interop/protocol.mjs";

const SEGMENT = 524_288;
const OVERHEAD = 32;
/** Keys that R2 deletes in one call. */
const PAGE = 1_000;

/**
 * Files of `count` chunks of `bytes`: one file of full chunks, or files of one smaller chunk each.
 *
 * @param {{ count: number, bytes: number }} shape
 * @returns {number[]} plaintext bytes of each
 */
export function fileSizes({ count, bytes }) {
  const plain = bytes - OVERHEAD * Math.ceil(bytes / SEGMENT);
  return bytes === CHUNK ? [plain * count] : Array(count).fill(plain);
}

export class Rounds {
  /** The release of the last round of PUTs, at the Worker and at the floor. */
  #release = null;
  #sale = null;

  /**
   * @param {object} sides
   * @param {import("./servers.mjs").Server} sides.floor
   * @param {import("../functional/client.mjs").Client} sides.seller
   * @param {import("../functional/client.mjs").Client} sides.buyer
   * @param {{ count: number, bytes: number }} shape
   */
  constructor({ floor, seller, buyer }, shape) {
    Object.assign(this, { floor, seller, buyer, sizes: fileSizes(shape) });
  }

  /** @returns {Promise<Record<"worker" | "floor", import("./load.mjs").Call[]>>} PUTs of a fresh upload */
  async puts() {
    await this.#clear();
    const release = await openRelease(this.seller, this.sizes);
    this.#release = release;
    const chunks = release.chunks().map((chunk) => ({ ...chunk, digest: sha256(chunk.bytes) }));
    const worker = chunks.map(async ({ file_id, index, bytes, digest }) => {
      const call = await signed(this.seller, "PUT", chunkPath(release.uploadId, file_id, index));
      const headers = { ...call.headers, "repr-digest": `sha-256=:${digest.toString("base64")}:` };
      return { ...call, headers, body: bytes };
    });
    const floor = chunks.map(({ bytes, digest, ...chunk }) => ({
      method: "PUT",
      url: `${this.floor.url}/${floorKey(release, chunk)}`,
      headers: { "x-sha256": digest.toString("hex") },
      body: bytes,
    }));
    return { worker: await Promise.all(worker), floor };
  }

  /** @returns {Promise<Record<"worker" | "floor", import("./load.mjs").Call[]>>} GETs of the last upload, as it was sold */
  async gets() {
    this.#sale ??= await this.#sell();
    const { ticket, claim_id } = await ok(await this.#sale.claim());
    const chunks = this.#release.chunks();
    const worker = chunks.map(async ({ file_id, index, bytes }) => {
      const path = `products-download-chunk?claim_id=${claim_id}&file=${file_id}&index=${index}`;
      return { ...(await signed(this.buyer, "GET", path, ticket)), length: bytes.length };
    });
    const floor = chunks.map(({ bytes, ...chunk }) => ({
      method: "GET",
      url: `${this.floor.url}/${floorKey(this.#release, chunk)}`,
      headers: {},
      length: bytes.length,
    }));
    return { worker: await Promise.all(worker), floor };
  }

  /** Completes the last upload and sells it at price 0. */
  async #sell() {
    this.#release.completed = await answer(await this.#release.complete());
    const sale = new Sale(this.seller, this.buyer, this.#release);
    await ok(await sale.makeOffer());
    await ok(await sale.invoice());
    return sale;
  }

  /** Takes the upload before away on both sides, so that the disk does not fill. */
  async #clear() {
    if (this.#release === null) return;
    await answer(await this.#release.abort());
    const keys = this.#release.chunks().map((chunk) => floorKey(this.#release, chunk));
    const bucket = await this.floor.miniflare.getR2Bucket("BLOBS");
    for (let at = 0; at < keys.length; at += PAGE) await bucket.delete(keys.slice(at, at + PAGE));
  }
}

const floorKey = (release, { file_id, index }) => `${release.id}/${file_id}/${index}`;

/** A call of the Worker with token, or ticket, and proof. */
async function signed(client, method, path, ticket) {
  const url = `${client.server.url}/api/${path}`;
  const token = ticket ?? (await client.token());
  const dpop = await client.proof({ method, url, token });
  return { method, url, headers: { authorization: `DPoP ${token}`, dpop } };
}
