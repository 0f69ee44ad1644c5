/** What was sold, opened with the key from the evidence and held to what the seller signed. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Hasher, examineContent } from "claimcheck";
import { FolderSink } from "claimcheck/node";
import { printLines } from "../verify/print.mjs";

/** Writes nothing down, and computes what a file's SHA-256 is. */
class HashOnly {
  #hasher = new Hasher();

  async open() {}

  /** @param {number} _file @param {number} _offset @param {Uint8Array<ArrayBuffer>} bytes */
  async write(_file, _offset, bytes) {
    this.#hasher.update(bytes);
  }

  async finishFile() {
    return this.#hasher.digest();
  }

  async finish() {
    this.#hasher.stop();
  }

  async abort() {
    this.#hasher.stop();
  }
}

/**
 * @typedef {object} Case
 * @property {import("claimcheck").Identity} arbiter
 * @property {import("claimcheck").Claimcheck | "" | undefined} client
 * @property {Uint8Array} packet
 * @property {{ transfer_id: string, manifest: { body: { release_id: string } } | null }} body of the packet
 * @property {string} dispute
 * @property {string | undefined} chunks a folder laid out like the bucket
 * @property {string | undefined} save
 */

/** @param {Case} found */
export async function checkContent({ arbiter, client, packet, body, dispute, chunks, save }) {
  const release = body.manifest?.body.release_id ?? "";
  const chunk = async (/** @type {string} */ file, /** @type {number} */ index) => {
    if (client) return client.disputedChunk(body.transfer_id, file, index);
    if (chunks === undefined) throw new Error("neither --server nor --chunks was given");
    return new Uint8Array(
      readFileSync(join(chunks, release, file, String(index).padStart(8, "0"))),
    );
  };
  const sink = save === undefined ? new HashOnly() : new FolderSink(join(save, "files", dispute));
  process.stdout.write(`\n${dispute}: the files, opened with the key from the evidence\n`);
  const lines = await examineContent(arbiter, packet, dispute, chunk, sink);
  printLines(lines);
  return lines;
}
