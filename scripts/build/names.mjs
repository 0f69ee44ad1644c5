/** Takes the names of functions out of a WebAssembly module: a tenth of what a Worker uploads, and nothing it runs. */

import { readFileSync, writeFileSync } from "node:fs";

const HEADER_BYTES = 8;
const CUSTOM = 0;

/**
 * @param {Uint8Array} bytes
 * @param {number} at
 * @returns {{ value: number, next: number }} an unsigned LEB128 and where it ends
 */
function readLeb(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7, at += 1) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, next: at + 1 };
  }
}

/**
 * @param {Buffer} module
 * @returns {Buffer} the same without its custom section "name"
 */
export function withoutNames(module) {
  const parts = [module.subarray(0, HEADER_BYTES)];
  for (let at = HEADER_BYTES; at < module.length; ) {
    const { value: size, next } = readLeb(module, at + 1);
    const end = next + size;
    const label = readLeb(module, next);
    const name = module.toString("latin1", label.next, label.next + label.value);
    if (module[at] !== CUSTOM || name !== "name") parts.push(module.subarray(at, end));
    at = end;
  }
  return Buffer.concat(parts);
}

/** @param {string} file */
export function removeNames(file) {
  writeFileSync(file, withoutNames(readFileSync(file)));
}
