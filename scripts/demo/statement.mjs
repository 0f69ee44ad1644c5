// Checks ids, signed statements and hashes with Node's own crypto, as an implementation apart from the product's.
import { createHash, createPublicKey, verify } from "node:crypto";
import { bech32m } from "@scure/base";
import canonicalize from "canonicalize";

/** @param {...(string | Buffer)} parts */
export function sha256(...parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** @param {string} text */
export function fromBase64url(text) {
  const bytes = Buffer.from(text, "base64url");
  if (bytes.toString("base64url") !== text) throw new Error("a value is not canonical base64url");
  return bytes;
}

/** @param {string} id */
export function idBytes(id) {
  const digits = "0123456789abcdefghjkmnpqrstvwxyz";
  let value = 0n;
  for (const digit of id.slice(id.lastIndexOf("_") + 1))
    value = value * 32n + BigInt(digits.indexOf(digit));
  return Buffer.from(value.toString(16).padStart(32, "0"), "hex");
}

/** @param {unknown} value */
export function canonical(value) {
  const text = canonicalize(value);
  if (text === undefined) throw new Error("a value has no canonical form");
  return text;
}

/** @param {Buffer} key @param {Buffer} message @param {Buffer} signature */
export function verifyEd25519(key, message, signature) {
  const publicKey = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: key.toString("base64url") },
    format: "jwk",
  });
  if (!verify(null, message, publicKey, signature)) throw new Error("a signature does not verify");
}

/**
 * Refuses keys that the id does not commit to.
 *
 * @param {{ailock_id: string, ed25519_pk: string, x25519_pk: string}} signer
 */
export function checkSigner(signer) {
  const hash = sha256(
    "claimcheck/ailock-id/v1\0",
    fromBase64url(signer.ed25519_pk),
    fromBase64url(signer.x25519_pk),
  );
  if (bech32m.encode("ailock", bech32m.toWords(hash), 90) !== signer.ailock_id) {
    throw new Error("an id does not belong to its keys");
  }
  return { ed25519: fromBase64url(signer.ed25519_pk), x25519: fromBase64url(signer.x25519_pk) };
}

/**
 * Verifies a statement of `kind` and returns the hash of its body.
 *
 * @param {string} kind
 * @param {{body: unknown, signature: string}} statement
 * @param {Buffer} key
 */
export function verifyStatement(kind, statement, key) {
  const hash = sha256(canonical(statement.body));
  verifyEd25519(
    key,
    Buffer.concat([Buffer.from(`claimcheck/${kind}/v1\0`), hash]),
    fromBase64url(statement.signature),
  );
  return hash;
}
