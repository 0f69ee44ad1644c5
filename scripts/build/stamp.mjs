/** Whether a build's inputs are the same as when its output was made. */

import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

/** Folders that hold what a build makes or npm installs, never what a person wrote. */
const OUTPUT_FOLDERS = new Set(["build", "dist", "node_modules", "target", "wasm"]);

/** A stamp lies beside the output, not in it, since the page's output is served. */
const STAMP_SUFFIX = ".inputs";

/**
 * The files below a path, sorted, or the path itself if it is a file; none if it does not exist.
 *
 * @param {string} path
 * @returns {string[]}
 */
export function inputFiles(path) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => !(entry.isDirectory() && OUTPUT_FOLDERS.has(entry.name)))
    .map((entry) => join(path, entry.name))
    .sort()
    .flatMap(inputFiles);
}

/**
 * A hash over the names and contents of files and folders.
 *
 * @param {string} root the folder that names are relative to, so that a checkout can move
 * @param {readonly string[]} paths relative to the root
 * @param {readonly string[]} [facts] other things that the output depends on
 */
export function hashInputs(root, paths, facts = []) {
  const hash = createHash("sha256");
  const add = (/** @type {string | Buffer} */ part) => {
    hash.update(`${part.length}\0`).update(part);
  };
  for (const path of paths.flatMap((name) => inputFiles(join(root, name)))) {
    if (path.endsWith(STAMP_SUFFIX)) continue;
    add(relative(root, path));
    add(readFileSync(path));
  }
  facts.forEach(add);
  return hash.digest("hex");
}

/**
 * @param {string} folder of the output
 * @param {string} hash of its inputs
 */
export function isFresh(folder, hash) {
  const stamp = folder + STAMP_SUFFIX;
  return existsSync(folder) && existsSync(stamp) && readFileSync(stamp, "utf8") === hash;
}

/**
 * @param {string} folder
 * @param {string} hash
 */
export function markFresh(folder, hash) {
  writeFileSync(folder + STAMP_SUFFIX, hash);
}
