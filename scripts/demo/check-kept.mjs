// Checks the files that `npm run demo -- FILE --keep DIR` leaves, with Node's own crypto and none of the product's
// code. Prints what it found, line by line; exit status 0 only if all of it holds.
//
//   node scripts/demo/check-kept.mjs DIR
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openFloe } from "./floe.mjs";
import {
  canonical,
  checkSigner,
  fromBase64url,
  idBytes,
  sha256,
  verifyEd25519,
  verifyStatement,
} from "./statement.mjs";

/** @param {boolean} holds @param {string} claim */
function require(holds, claim) {
  if (!holds) throw new Error(`does not hold: ${claim}`);
  console.log(`ok  ${claim}`);
}

/** @param {string} dir @param {string} name */
function readJson(dir, name) {
  const text = readFileSync(join(dir, name), "utf8");
  const value = JSON.parse(text);
  if (canonical(value) !== text) throw new Error(`${name} is not canonical JSON`);
  return value;
}

/** @param {string} text */
function fromHex(text) {
  const bytes = Buffer.from(text, "hex");
  if (bytes.toString("hex") !== text) throw new Error("a value is not lower-case hex");
  return bytes;
}

/** @param {string} dir */
function readKept(dir) {
  const names = readdirSync(dir);
  const sealed = names.filter((name) => name.endsWith(".floe"));
  if (sealed.length !== 1) throw new Error("there must be exactly one .floe file");
  const audit = readJson(dir, "audit.json");
  return {
    audit,
    floe: readFileSync(join(dir, sealed[0])),
    opened: readFileSync(join(dir, audit.opened)),
    openedName: `${audit.opened}.floe` === sealed[0],
    offer: readJson(dir, "offer.json"),
    manifest: readJson(dir, "manifest.json"),
    envelope: readJson(dir, "envelope.json"),
    receipt: readJson(dir, "receipt.json"),
  };
}

/** @param {ReturnType<typeof readKept>} kept */
function checkContent({ audit, floe, opened, manifest }) {
  const [file] = manifest.body.files;
  const fileKey = fromHex(audit.file_key);
  const aad = fromHex(audit.aad);
  const seller = fromBase64url(manifest.signer.ed25519_pk);
  const expected = Buffer.concat([
    Buffer.from("claimcheck/file/v1\0"),
    idBytes(file.file_id),
    seller,
  ]);
  require(manifest.body.files.length === 1 &&
    aad.equals(expected), "the aad names the file and the seller's key");
  const floeFile = openFloe(floe, fileKey, aad);
  require(floeFile.header.equals(
    fromBase64url(file.header),
  ), "the stored header is the manifest's");
  const chunks = floeFile.chunkHashes.map((hash) => hash.toString("base64url"));
  require(canonical(chunks) ===
    canonical(file.chunks), "each stored chunk has the manifest's hash");
  require(floeFile.segmentHashes.length ===
    file.segment_count, "there are as many segments as the manifest says");
  require(floeFile.plaintext.length === file.plaintext_size, "the size is the manifest's");
  require(floeFile.plaintext.equals(opened), "the opened file is the sealed one, byte for byte");
  require(sha256(opened).toString("hex") === audit.sha256, "its SHA-256 is the one printed");

  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(opened.length));
  const plaintextHash = sha256("claimcheck/plaintext/v1\0", size, ...floeFile.segmentHashes);
  const commitment = sha256(
    "claimcheck/commitment/v1\0",
    fromHex(audit.salt),
    plaintextHash,
  ).toString("base64url");
  require(commitment ===
    manifest.body.commitment, "the plaintext is the one the manifest commits to");
}

/** @param {ReturnType<typeof readKept>} kept */
function checkStatements({ offer, manifest, envelope, receipt }) {
  const seller = checkSigner(offer.signer);
  const buyer = checkSigner(receipt.signer);
  const sameSeller =
    canonical(manifest.signer) === canonical(offer.signer) &&
    canonical(envelope.seller) === canonical(offer.signer);
  require(sameSeller &&
    canonical(envelope.recipient) ===
      canonical(receipt.signer), "seller and buyer are the same throughout");
  const offerHash = verifyStatement("offer", offer, seller.ed25519);
  require(offer.body.seller === offer.signer.ailock_id, "the seller signed the offer");
  const manifestHash = verifyStatement("manifest", manifest, seller.ed25519);
  require(manifest.body.seller === offer.signer.ailock_id, "the seller signed the manifest");
  require(offer.body.manifest_hash ===
    manifestHash.toString("base64url"), "the offer is for this manifest");

  const sealed = fromBase64url(envelope.sealed);
  const info = Buffer.concat([
    Buffer.from("claimcheck/seal/envelope/v1\0"),
    idBytes(envelope.transfer_id),
    offerHash,
    manifestHash,
    seller.ed25519,
    buyer.ed25519,
    buyer.x25519,
  ]);
  const message = Buffer.concat([Buffer.from("claimcheck/envelope-sig/v1\0"), info, sealed]);
  verifyEd25519(seller.ed25519, message, fromBase64url(envelope.signature));
  require(sealed.length === 80 &&
    envelope.transfer_id === receipt.body.transfer_id, "the seller signed the envelope");
  return { offerHash, manifestHash, buyer };
}

/** @param {ReturnType<typeof readKept>} kept @param {ReturnType<typeof checkStatements>} known */
function checkReceipt({ offer, manifest, receipt }, { offerHash, manifestHash, buyer }) {
  const receiptHash = verifyStatement("receipt", receipt, buyer.ed25519);
  const { body } = receipt;
  require(body.buyer === receipt.signer.ailock_id &&
    body.buyer === offer.body.buyer, "the buyer signed the receipt");
  const same =
    body.offer_hash === offerHash.toString("base64url") &&
    body.manifest_hash === manifestHash.toString("base64url") &&
    body.seller === offer.body.seller &&
    body.price === offer.body.price &&
    body.currency === offer.body.currency;
  require(same, "the receipt is for this offer and this manifest");
  const bytes = manifest.body.files.reduce(
    (/** @type {number} */ sum, /** @type {any} */ file) => sum + file.plaintext_size,
    0,
  );
  require(body.client_hash === manifest.body.commitment &&
    body.bytes === bytes, "the buyer holds what was committed to");
  const server = fromBase64url(receipt.server.x);
  verifyStatement("countersign", receipt.countersign, server);
  const kid = sha256(
    canonical({ crv: receipt.server.crv, kty: receipt.server.kty, x: receipt.server.x }),
  ).toString("base64url");
  require(receipt.countersign.body.kid === kid, "the server's key is the one named");
  require(receipt.countersign.body.receipt_hash ===
    receiptHash.toString("base64url"), "the server countersigned the receipt");
}

try {
  const kept = readKept(process.argv[2] ?? ".");
  require(kept.openedName, "the sealed file is named after the opened one");
  checkContent(kept);
  checkReceipt(kept, checkStatements(kept));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
