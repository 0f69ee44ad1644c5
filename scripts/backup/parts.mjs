/** The statements of a restore in files that `wrangler d1 execute --file` takes. */

import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Bytes of a file; wrangler holds a file in memory several times over, and D1 runs it as one transaction. */
const LARGEST_PART = 16_000_000;

/**
 * @param {Iterable<string>} statements
 * @param {string} folder
 * @param {number} [largest]
 * @returns {string[]} the files, in the order to be run in
 */
export function writeParts(statements, folder, largest = LARGEST_PART) {
  /** @type {string[]} */
  const files = [];
  let file = -1;
  let size = Infinity;
  for (const statement of statements) {
    if (size + Buffer.byteLength(statement) > largest) {
      if (file >= 0) closeSync(file);
      const path = join(folder, `part-${files.length + 1}.sql`);
      files.push(path);
      file = openSync(path, "w", 0o600);
      // Rows of one table may refer to each other.
      size = writeSync(file, "pragma defer_foreign_keys = on;\n");
    }
    size += writeSync(file, `${statement}\n`);
  }
  if (file >= 0) closeSync(file);
  return files;
}
