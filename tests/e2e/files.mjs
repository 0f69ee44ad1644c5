// Files to be sold, the same in every run, and the SHA-256 of what came of them.
import { createCipheriv, createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";

/**
 * Bytes that no two names share and nothing compresses.
 *
 * @param {string} name
 * @param {number} size
 */
function bytesOf(name, size) {
  const key = createHash("sha256").update(name).digest();
  return createCipheriv("aes-256-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(size));
}

export const makeFolder = () => mkdtemp(join(tmpdir(), "claimcheck-e2e-"));

/**
 * @param {string} folder
 * @param {Record<string, number>} sizes by path
 * @returns {Promise<string[]>} full paths
 */
export async function makeFiles(folder, sizes) {
  const made = Object.entries(sizes).map(async ([path, size]) => {
    const full = join(folder, path);
    await mkdir(dirname(full), { recursive: true });
    await writeFile(full, bytesOf(path, size));
    return full;
  });
  return Promise.all(made);
}

/** @param {string} path */
export async function sha256(path) {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
