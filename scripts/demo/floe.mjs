// Opens a FLOE file (c2sp.org/FLOE) with Node's own crypto, as an implementation apart from the product's.
import { createDecipheriv, createHash, createHmac, timingSafeEqual } from "node:crypto";

const HEADER = 74;
const SEGMENT = 524_288;
const OVERHEAD = 32;
const CHUNK_SEGMENTS = 8;
const PARAMS = Buffer.from("00000008000000000020", "hex");

/** One block of HKDF-Expand with SHA-384 is all that FLOE's KDF ever needs. */
function kdf(key, iv, purpose, aad, length) {
  const mac = createHmac("sha384", key);
  for (const part of [PARAMS, iv, purpose, aad, Buffer.of(1)]) mac.update(part);
  return mac.digest().subarray(0, length);
}

function segmentAad(index, final) {
  const aad = Buffer.alloc(9);
  aad.writeBigUInt64BE(BigInt(index));
  aad[8] = final ? 1 : 0;
  return aad;
}

function openSegment(key, segment, index, final) {
  const prefix = final ? segment.length : 0xffffffff;
  if (segment.readUInt32BE(0) !== prefix) throw new Error(`segment ${index} has a wrong prefix`);
  const cipher = createDecipheriv("aes-256-gcm", key, segment.subarray(4, 16));
  cipher.setAAD(segmentAad(index, final));
  cipher.setAuthTag(segment.subarray(-16));
  return Buffer.concat([cipher.update(segment.subarray(16, -16)), cipher.final()]);
}

/**
 * Opens header || chunks. `fileKey` has 32 bytes; files beyond 2^20 segments (512 GiB) have further keys and are
 * refused. Returns the plaintext, the SHA-256 of each plain segment, and the SHA-256 of each stored chunk.
 *
 * @param {Buffer} file
 * @param {Buffer} fileKey
 * @param {Buffer} aad
 */
export function openFloe(file, fileKey, aad) {
  if (file.length < HEADER + OVERHEAD) throw new Error("the file is shorter than any FLOE file");
  const header = file.subarray(0, HEADER);
  if (!header.subarray(0, 10).equals(PARAMS)) throw new Error("the header has other parameters");
  const iv = header.subarray(10, 42);
  const tag = kdf(fileKey, iv, Buffer.from("HEADER_TAG:"), aad, 32);
  if (!timingSafeEqual(tag, header.subarray(42))) throw new Error("the key is not this file's");
  const messageKey = kdf(fileKey, iv, Buffer.from("MESSAGE_KEY:"), aad, 48);
  const key = kdf(messageKey, iv, Buffer.concat([Buffer.from("DEK:"), Buffer.alloc(8)]), aad, 32);

  const body = file.subarray(HEADER);
  const count = Math.ceil(body.length / SEGMENT);
  if (count > 2 ** 20) throw new Error("the file has more segments than one key opens");
  const plain = [];
  for (let index = 0; index < count; index += 1) {
    const segment = body.subarray(index * SEGMENT, (index + 1) * SEGMENT);
    plain.push(openSegment(key, segment, index, index === count - 1));
  }
  const sha256 = (/** @type {Buffer} */ bytes) => createHash("sha256").update(bytes).digest();
  const chunks = [];
  for (let at = 0; at < body.length; at += SEGMENT * CHUNK_SEGMENTS) {
    chunks.push(sha256(body.subarray(at, at + SEGMENT * CHUNK_SEGMENTS)));
  }
  return {
    header,
    plaintext: Buffer.concat(plain),
    segmentHashes: plain.map(sha256),
    chunkHashes: chunks,
  };
}
