/** How large the Worker is as Cloudflare counts it: every module, compressed. */

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** The limit of this project, in bytes. Cloudflare's own is 3 MB, and a larger Worker starts slower. */
export const LARGEST_WORKER = 1_000_000;

/**
 * Bytes of a bundle, compressed.
 *
 * @param {string} folder that `wrangler deploy --dry-run --outdir` wrote
 */
export function compressedSize(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(js|mjs|wasm)$/.test(entry.name))
    .map(({ name }) => gzipSync(readFileSync(join(folder, name)), { level: 9 }).length)
    .reduce((sum, size) => sum + size, 0);
}
