// Looks for secrets in all that is on disk, in every form in which a program may write them down.
import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";

/** Bytes by which a needle is looked up, and the fewest of half a canary. */
const PREFIX = 8;
const TABLE_BITS = 22;

/** @typedef {{ name: string, bytes: Buffer }} Canary a secret of 16 bytes at least */
/** @typedef {{ file: string, offset: number, canary: string, form: string }} Finding */

/** @param {string} text */
const bigEndian16 = (text) => Buffer.from(text, "utf16le").swap16();

/**
 * What stands for `bytes` in a base64 text whatever comes before and after: `shift` bytes of the first group are others'.
 *
 * @param {Buffer} bytes @param {"base64" | "base64url"} alphabet @param {number} shift
 */
function base64Within(bytes, alphabet, shift) {
  const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString(alphabet)
    .replace(/=+$/, "");
  const isRagged = (shift + bytes.length) % 3 !== 0;
  return encoded.slice(Math.ceil((shift * 8) / 6), isRagged ? -1 : undefined);
}

/**
 * Bytes in all forms: as they are, hex, base64 at its three alignments, and each of them in UTF-16.
 *
 * @param {Buffer} bytes @returns {{ form: string, bytes: Buffer }[]}
 */
export function formsOf(bytes) {
  const texts = [
    ["raw", bytes.toString("latin1")],
    ["hex", bytes.toString("hex")],
    ["HEX", bytes.toString("hex").toUpperCase()],
    ...["base64", "base64url"].flatMap((alphabet) =>
      [0, 1, 2].map((shift) => [`${alphabet}+${shift}`, base64Within(bytes, alphabet, shift)]),
    ),
  ];
  return texts.flatMap(([form, text]) => [
    { form, bytes: Buffer.from(text, "latin1") },
    { form: `${form} utf-16le`, bytes: Buffer.from(text, "utf16le") },
    { form: `${form} utf-16be`, bytes: bigEndian16(text) },
  ]);
}

/** Both halves of a canary: SQLite breaks a long value at a page's edge, which leaves one of them whole. */
export function halvesOf({ bytes }) {
  const middle = bytes.length >> 1;
  return [bytes.subarray(0, middle), bytes.subarray(middle)];
}

/** All files under a folder, by their paths in it. @param {string} folder @returns {string[]} */
export function filesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** @param {Buffer} bytes @param {number} at */
const hashAt = (bytes, at) =>
  (Math.imul(bytes.readUInt32LE(at), 0x9e3779b1) ^
    Math.imul(bytes.readUInt32LE(at + 4), 0x85ebca6b)) >>>
  0;

/** Searches for any number of canaries in one pass over the bytes. */
export class Searcher {
  /** @type {Map<number, { bytes: Buffer, canary: string, form: string }[]>} */
  #needles = new Map();
  #table = new Uint8Array(1 << TABLE_BITS);

  /** @param {Canary[]} canaries */
  constructor(canaries) {
    for (const canary of canaries) {
      if (canary.bytes.length < 2 * PREFIX) throw new Error(`${canary.name} is too short`);
      for (const half of halvesOf(canary)) {
        for (const needle of formsOf(half)) this.#add({ ...needle, canary: canary.name });
      }
    }
  }

  #add(needle) {
    const hash = hashAt(needle.bytes, 0);
    this.#table[hash >>> (32 - TABLE_BITS)] = 1;
    this.#needles.set(hash, [...(this.#needles.get(hash) ?? []), needle]);
  }

  /** @param {Buffer} bytes @param {string} file what to call them @returns {Finding[]} */
  inBytes(bytes, file) {
    const found = [];
    for (let offset = 0; offset + PREFIX <= bytes.length; offset += 1) {
      const hash = hashAt(bytes, offset);
      if (this.#table[hash >>> (32 - TABLE_BITS)] === 0) continue;
      for (const { bytes: needle, canary, form } of this.#needles.get(hash) ?? []) {
        if (bytes.subarray(offset, offset + needle.length).equals(needle))
          found.push({ file, offset, canary, form });
      }
    }
    return found;
  }

  /** In the files of a folder, and in their names. @param {string} folder @returns {Finding[]} */
  inFolder(folder) {
    const files = filesUnder(folder);
    return [
      ...this.inBytes(Buffer.from(files.join("\n")), "(names of files)"),
      ...files.flatMap((file) => this.inBytes(readFileSync(join(folder, file)), file)),
    ];
  }
}
