// The protocol's small cryptography over again, with Node's own crypto, npm `canonicalize`, `@scure/base` and
// `@hpke/core`: an implementation apart from the Rust one, so that the two check each other.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
} from "node:crypto";
import { hkdfSync, sign as edSign, verify as edVerify } from "node:crypto";
import { bech32m } from "@scure/base";
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import canonicalize from "canonicalize";

const CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz";
const PKCS8 = {
  ed25519: Buffer.from("302e020100300506032b657004220420", "hex"),
  x25519: Buffer.from("302e020100300506032b656e04220420", "hex"),
};

export const label = (name) => Buffer.from(`claimcheck/${name}/v1\0`);
export const bytes = (text) => Buffer.from(text, "base64url");
export const text = (buffer) => Buffer.from(buffer).toString("base64url");
export const sha256 = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();

/** HKDF-SHA256, 32 bytes out. */
export function derive(ikm, info, salt = Buffer.alloc(0)) {
  return Buffer.from(hkdfSync("sha256", ikm, salt, info, 32));
}

/** The 16 bytes of a TypeID, and a TypeID of 16 bytes. */
export function idBytes(id) {
  const digits = id.slice(id.lastIndexOf("_") + 1);
  const value = [...digits].reduce(
    (sum, digit) => (sum << 5n) | BigInt(CROCKFORD.indexOf(digit)),
    0n,
  );
  return Buffer.from(value.toString(16).padStart(32, "0"), "hex");
}

export function makeId(prefix, buffer) {
  let value = BigInt(`0x${buffer.toString("hex")}`);
  let digits = "";
  for (let i = 0; i < 26; i += 1, value >>= 5n) digits = CROCKFORD[Number(value & 31n)] + digits;
  return `${prefix}_${digits}`;
}

function keyPair(kind, secret) {
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8[kind], secret]),
    format: "der",
    type: "pkcs8",
  });
  return { secret, key, publicKey: bytes(createPublicKey(key).export({ format: "jwk" }).x) };
}

/** The Ailock of a root seed of 32 bytes. */
export function identity(seed) {
  const signing = keyPair("ed25519", derive(seed, label("ed25519")));
  const sealing = keyPair("x25519", derive(seed, label("x25519")));
  const hash = sha256(label("ailock-id"), signing.publicKey, sealing.publicKey);
  return { seed, signing, sealing, id: bech32m.encode("ailock", bech32m.toWords(hash)) };
}

/** The 32 bytes of an Ailock id. */
export const ailockBytes = (id) => Buffer.from(bech32m.fromWords(bech32m.decode(id).words));

export const jcs = (body) => Buffer.from(canonicalize(body));
export const statementHash = (body) => sha256(jcs(body));
const statementInput = (kind, body) => Buffer.concat([label(kind), statementHash(body)]);

export const sign = (signing, message) => edSign(null, message, signing.key);

export function verify(publicKey, message, signature) {
  const key = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: text(publicKey) },
    format: "jwk",
  });
  return edVerify(null, message, key, signature);
}

export const signStatement = (signing, kind, body) => sign(signing, statementInput(kind, body));

export function verifyStatement(publicKey, kind, body, signature) {
  return verify(publicKey, statementInput(kind, body), signature);
}

export const fileKey = (releaseKey, fileId) =>
  derive(releaseKey, Buffer.concat([label("file-key"), idBytes(fileId)]));
export const metaKey = (releaseKey, releaseId) =>
  derive(releaseKey, Buffer.concat([label("meta"), idBytes(releaseId)]));

/** The key of a link for `purpose` "link" or "link-auth"; `password` is Argon2id's 32 bytes, or null. */
export function linkKey(purpose, { secret, password, id, manifestHash }) {
  const ikm = Buffer.concat([secret, password ?? Buffer.alloc(0)]);
  return derive(ikm, Buffer.concat([label(purpose), manifestHash]), idBytes(id));
}

/** nonce12 || AES-256-GCM, as sealed_meta and wrapped keys are written. */
export function gcmSeal(key, nonce, plain) {
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

export function gcmOpen(key, sealed) {
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, 12));
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
}

/** HPKE's info for an envelope; `subject` is a transfer's id, or a release's with no offer where sealed to the seller. */
export function envelopeInfo({ subject, offerHash, manifestHash, seller, recipient }) {
  return Buffer.concat([
    label("seal/envelope"),
    idBytes(subject),
    offerHash ?? Buffer.alloc(32),
    manifestHash,
    seller.signing.publicKey,
    recipient.signing.publicKey,
    recipient.sealing.publicKey,
  ]);
}

/** What an input is sealed in; `manifestHash` where it is the key of a file. */
export function inputContext({ transferId, offerHash, id, manifestHash }) {
  const file = manifestHash ? [Buffer.alloc(1), manifestHash] : [];
  return Buffer.concat([idBytes(transferId), offerHash, Buffer.from(id), ...file]);
}

export const envelopeInput = (info, sealed) => Buffer.concat([label("envelope-sig"), info, sealed]);

const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

/** HPKE base mode, one message, enc || ct. `ikmE` fixes the ephemeral key; without it, it is random. */
export async function hpkeSeal(publicKey, info, plain, { ikmE, aad = Buffer.alloc(0) } = {}) {
  const recipientPublicKey = await suite.kem.deserializePublicKey(publicKey);
  const sender = await suite.createSenderContext({ recipientPublicKey, info, ekm: ikmE });
  return Buffer.concat([Buffer.from(sender.enc), Buffer.from(await sender.seal(plain, aad))]);
}

export async function hpkeOpen(secretKey, info, sealed, aad = Buffer.alloc(0)) {
  const recipientKey = await suite.kem.deserializePrivateKey(secretKey);
  const recipient = await suite.createRecipientContext({
    recipientKey,
    enc: sealed.subarray(0, 32),
    info,
  });
  return Buffer.from(await recipient.open(sealed.subarray(32), aad));
}
