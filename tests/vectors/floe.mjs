// Writes floe.json, the frozen FLOE vectors, with Node's own cryptography: an implementation apart from the crate's,
// so that the two check each other. `node tests/vectors/floe.mjs` rewrites the same bytes.
import { createCipheriv, createHash, createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const u32 = (n) => { const b = Buffer.alloc(4); b.writeUInt32BE(n); return b; };
const u64 = (n) => { const b = Buffer.alloc(8); b.writeBigUInt64BE(BigInt(n)); return b; };
const sha256 = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();
const named = (name) => sha256(Buffer.from(name));
const hex = (bytes) => bytes.toString("hex");

/** `len` bytes of a block of 4099 (a prime, so that no two segments are alike), repeated. */
function pattern(len) {
  const block = Buffer.from(Array.from({ length: 4099 }, (_, j) => (j * j + 7 * j) & 255));
  return Buffer.alloc(len, block);
}

class File {
  constructor({ name, encSegLen, rotation = 20, key = named("key"), aad = Buffer.from("claimcheck"), len }) {
    Object.assign(this, { name, encSegLen, rotation, key, aad, len });
    this.params = Buffer.concat([Buffer.from([0, 0]), u32(encSegLen), u32(32)]);
    this.iv = named(`${name} iv`);
    this.plain = pattern(len);
    this.step = encSegLen - 32;
    this.count = Math.max(1, Math.ceil(len / this.step));
    this.messageKey = this.kdf(key, Buffer.from("MESSAGE_KEY:"), 48);
    this.header = Buffer.concat([this.params, this.iv, this.kdf(key, Buffer.from("HEADER_TAG:"), 32)]);
    this.plainSegments = Array.from({ length: this.count }, (_, i) => this.plain.subarray(i * this.step, (i + 1) * this.step));
    this.segments = this.plainSegments.map((plain, i) => this.seal(i, i === this.count - 1, plain));
  }

  kdf(key, purpose, len) {
    const info = Buffer.concat([this.params, this.iv, purpose, this.aad, Buffer.from([1])]);
    return createHmac("sha384", key).update(info).digest().subarray(0, len);
  }

  segmentIv(index) {
    return named(`${this.name} segment ${index}`).subarray(0, 12);
  }

  seal(index, isFinal, plain) {
    const epoch = index - (index % 2 ** this.rotation);
    const key = this.kdf(this.messageKey, Buffer.concat([Buffer.from("DEK:"), u64(epoch)]), 32);
    const cipher = createCipheriv("aes-256-gcm", key, this.segmentIv(index));
    cipher.setAAD(Buffer.concat([u64(index), Buffer.from([isFinal ? 1 : 0])]));
    const body = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    const prefix = isFinal ? u32(body.length + 16) : Buffer.from("ffffffff", "hex");
    return Buffer.concat([prefix, this.segmentIv(index), body]);
  }

  setting() {
    const { encSegLen: enc_seg_len, rotation, key, aad, header } = this;
    return { enc_seg_len, rotation, key: hex(key), aad: hex(aad), header: hex(header) };
  }

  accepted() {
    const body = Buffer.concat(this.segments);
    const hashes = this.plainSegments.map((plain) => sha256(plain));
    const label = Buffer.from("claimcheck/plaintext/v1\0");
    return {
      name: this.name,
      ...this.setting(),
      iv: hex(this.iv),
      segment_ivs: this.segments.map((_, i) => hex(this.segmentIv(i))),
      plaintext_len: this.len,
      plaintext_hash: hex(sha256(label, u64(this.len), ...hashes)),
      body_sha256: hex(sha256(body)),
      ...(body.length <= 1024 && { body: hex(body) }),
    };
  }

  refused(name, error, { index = 0, isFinal = false, segment = this.segments[index], ...setting }) {
    return { name, error, ...this.setting(), ...setting, index, is_final: isFinal, segment: hex(segment) };
  }
}

const flipped = (bytes, at) => { const copy = Buffer.from(bytes); copy[at] ^= 1; return copy; };

const small = [0, 1, 7, 8, 9, 16, 63, 64, 65, 66, 128].map((len) => new File({ name: `40-${len}`, encSegLen: 40, len }));
const rotating = [[0, 25], [1, 83], [2, 83]].map(([rotation, len]) => new File({ name: `rotation-${rotation}`, encSegLen: 40, rotation, len }));
const other = [
  new File({ name: "33-5", encSegLen: 33, len: 5 }),
  new File({ name: "64-300", encSegLen: 64, len: 300 }),
  new File({ name: "4096-9000", encSegLen: 4096, len: 9000 }),
  new File({ name: "no-aad", encSegLen: 40, len: 20, aad: Buffer.alloc(0) }),
];
const fileAad = Buffer.concat([Buffer.from("claimcheck/file/v1\0"), named("file id").subarray(0, 16), named("seller")]);
const real = [0, 1, 524_255, 524_256, 524_257, 4_194_049].map((len) => new File({ name: `file-${len}`, encSegLen: 524_288, len, aad: fileAad }));

const base = small.find((file) => file.len === 16);
const twin = new File({ name: "twin", encSegLen: 40, len: 16 });
const [first, last] = base.segments;
const relabelled = Buffer.concat([u32(40), first.subarray(4)]);
const refused = [
  base.refused("another key", "wrong_key", { key: hex(named("another key")) }),
  base.refused("another aad", "wrong_key", { aad: hex(Buffer.from("claimchecK")) }),
  base.refused("header tag changed", "wrong_key", { header: hex(flipped(base.header, 73)) }),
  base.refused("header iv changed", "wrong_key", { header: hex(flipped(base.header, 10)) }),
  base.refused("header for longer segments", "shape", { header: hex(Buffer.concat([Buffer.from([0, 0]), u32(41), base.header.subarray(6)])) }),
  base.refused("another aead", "shape", { header: hex(flipped(base.header, 0)) }),
  base.refused("header cut", "shape", { header: hex(base.header.subarray(0, 73)) }),
  base.refused("first segment in second place", "rejected", { index: 1, segment: first }),
  base.refused("last segment in first place", "rejected", { index: 0, isFinal: true, segment: last }),
  base.refused("last segment not flagged", "shape", { index: 1, isFinal: false, segment: last }),
  base.refused("first segment flagged as last", "shape", { isFinal: true }),
  base.refused("first segment relabelled as last", "rejected", { isFinal: true, segment: relabelled }),
  base.refused("last segment relabelled as not last", "rejected", { index: 1, segment: Buffer.concat([Buffer.from("ffffffff", "hex"), last.subarray(4)]) }),
  base.refused("cut by a byte", "shape", { segment: first.subarray(0, 39) }),
  base.refused("longer by a byte", "shape", { segment: Buffer.concat([first, Buffer.from([0])]) }),
  base.refused("last cut and its length corrected", "rejected", { index: 1, isFinal: true, segment: Buffer.concat([u32(39), last.subarray(4, 39)]) }),
  base.refused("nothing but a tag's length", "shape", { index: 1, isFinal: true, segment: last.subarray(0, 16) }),
  base.refused("no bytes at all", "shape", { index: 1, isFinal: true, segment: Buffer.alloc(0) }),
  base.refused("iv changed", "rejected", { segment: flipped(first, 4) }),
  base.refused("ciphertext changed", "rejected", { segment: flipped(first, 16) }),
  base.refused("tag changed", "rejected", { segment: flipped(first, 39) }),
  base.refused("segment of another file under the same key", "rejected", { segment: twin.segments[0] }),
  base.refused("beyond the most segments", "shape", { index: 2 ** 40, segment: first }),
];

const about = "FLOE vectors, written by floe.mjs. Plaintext: byte i is (j*j + 7*j) mod 256 with j = i mod 4099. Body: all segments.";
const accepted = [...small, ...rotating, ...other, ...real].map((file) => file.accepted());
const path = fileURLToPath(new URL("floe.json", import.meta.url));
writeFileSync(path, `${JSON.stringify({ about, accepted, refused }, null, 1)}\n`);
