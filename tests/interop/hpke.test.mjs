// HPKE both ways between the Rust client and npm `@hpke/core`, with fresh random keys, and forgeries that a client
// without RFC 9180's checks would take.
import assert from "node:assert/strict";
import {
  createHmac,
  createCipheriv,
  createPublicKey,
  diffieHellman,
  randomBytes,
} from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import * as protocol from "./protocol.mjs";
import { startRust } from "./rust.mjs";

const { bytes, text } = protocol;
const PURPOSES = ["inputs", "evidence", "listing-secret"];
const REFUSED = { error: "not sealed to this Ailock for this purpose, or altered" };

let rust;
before(async () => (rust = await startRust()));
after(() => rust?.stop());

const info = (purpose, context) => Buffer.concat([protocol.label(`seal/${purpose}`), context]);

test("@hpke/core meets the published vector, so it speaks for RFC 9180", async () => {
  const vector = JSON.parse(
    readFileSync(new URL("../vectors/rfc9180.json", import.meta.url), "utf8"),
  );
  const hex = (name) => Buffer.from(vector[name], "hex");
  const options = { ikmE: hex("ikmE"), aad: hex("aad") };
  const sealed = await protocol.hpkeSeal(hex("pkRm"), hex("info"), hex("pt"), options);
  assert.equal(sealed.toString("hex"), vector.enc + vector.ct);
  assert.deepEqual(
    await protocol.hpkeOpen(hex("skRm"), hex("info"), sealed, hex("aad")),
    hex("pt"),
  );
});

test("@hpke/core opens what Rust seals", async () => {
  for (const purpose of PURPOSES) {
    for (const size of [0, 1, 32, 10_000]) {
      const recipient = protocol.identity(randomBytes(32));
      const [context, plaintext] = [randomBytes(size % 100), randomBytes(size)];
      const { sealed } = await rust.ask({
        op: "seal",
        purpose,
        context: text(context),
        recipient: text(recipient.sealing.publicKey),
        plaintext: text(plaintext),
      });
      const opened = await protocol.hpkeOpen(
        recipient.sealing.secret,
        info(purpose, context),
        bytes(sealed),
      );
      assert.deepEqual(opened, plaintext, `${purpose}, ${size} bytes`);
    }
  }
});

test("Rust opens what @hpke/core seals, and refuses it under another context", async () => {
  for (const purpose of PURPOSES) {
    for (const size of [0, 1, 32, 10_000]) {
      const recipient = protocol.identity(randomBytes(32));
      const [context, plaintext] = [randomBytes(1 + (size % 100)), randomBytes(size)];
      const sealed = await protocol.hpkeSeal(
        recipient.sealing.publicKey,
        info(purpose, context),
        plaintext,
      );
      const request = { op: "open", purpose, seed: text(recipient.seed), sealed: text(sealed) };
      assert.deepEqual(await rust.ask({ ...request, context: text(context) }), {
        plaintext: text(plaintext),
      });
      assert.deepEqual(await rust.ask({ ...request, context: text(context.subarray(1)) }), REFUSED);
    }
  }
});

/** A sale's context, in the example's form and as HPKE's info. */
function sale() {
  const [seller, buyer] = [protocol.identity(randomBytes(32)), protocol.identity(randomBytes(32))];
  const [offerHash, manifestHash, id] = [randomBytes(32), randomBytes(32), randomBytes(16)];
  id[6] = 0x70 | (id[6] & 0x0f);
  id[8] = 0x80 | (id[8] & 0x3f);
  const subject = protocol.makeId("transfer", id);
  const context = {
    transfer_id: subject,
    offer_hash: text(offerHash),
    manifest_hash: text(manifestHash),
    seller: text(seller.signing.publicKey),
    buyer: { ed25519_pk: text(buyer.signing.publicKey), x25519_pk: text(buyer.sealing.publicKey) },
  };
  const sealInfo = protocol.envelopeInfo({
    subject,
    offerHash,
    manifestHash,
    seller,
    recipient: buyer,
  });
  return { seller, buyer, context, sealInfo, releaseKey: randomBytes(32) };
}

test("@hpke/core opens an envelope that Rust sealed, and Node verifies its signature", async () => {
  const { seller, buyer, context, sealInfo, releaseKey } = sale();
  const request = {
    op: "seal_envelope",
    seed: text(seller.seed),
    context,
    release_key: text(releaseKey),
  };
  const { envelope } = await rust.ask(request);
  const sealed = bytes(envelope.sealed);
  assert.equal(sealed.length, 80);
  const signed = protocol.envelopeInput(sealInfo, sealed);
  assert.ok(protocol.verify(seller.signing.publicKey, signed, bytes(envelope.signature)));
  assert.deepEqual(await protocol.hpkeOpen(buyer.sealing.secret, sealInfo, sealed), releaseKey);
  const wrong = await rust.ask({ ...request, seed: text(buyer.seed) });
  assert.deepEqual(wrong, { error: "the context names another sealer" });
});

test("Rust opens an envelope made by @hpke/core and Node, and none signed by another", async () => {
  const { seller, buyer, context, sealInfo, releaseKey } = sale();
  const sealed = await protocol.hpkeSeal(buyer.sealing.publicKey, sealInfo, releaseKey);
  const ask = (signer) => {
    const signature = protocol.sign(signer.signing, protocol.envelopeInput(sealInfo, sealed));
    const envelope = { sealed: text(sealed), signature: text(signature) };
    return rust.ask({ op: "open_envelope", seed: text(buyer.seed), context, envelope });
  };
  assert.deepEqual(await ask(seller), { release_key: text(releaseKey) });
  assert.deepEqual(await ask(buyer), REFUSED);
});

test("an envelope of another length is not even read", async () => {
  const { seller, buyer, context, sealInfo } = sale();
  const sealed = await protocol.hpkeSeal(buyer.sealing.publicKey, sealInfo, randomBytes(32));
  for (const wrong of [sealed.subarray(0, 79), Buffer.concat([sealed, Buffer.alloc(1)])]) {
    const signature = protocol.sign(seller.signing, protocol.envelopeInput(sealInfo, wrong));
    const envelope = { sealed: text(wrong), signature: text(signature) };
    const { error } = await rust.ask({
      op: "open_envelope",
      seed: text(buyer.seed),
      context,
      envelope,
    });
    assert.match(error, /not unpadded base64url of the length expected/);
  }
});

/** HPKE base mode by hand (RFC 9180 sections 4.1 and 5.1), so that the Diffie-Hellman result can be chosen. */
function sealWithShared(dh, enc, recipientPk, sealInfo, plaintext) {
  const hmac = (key, ...parts) => createHmac("sha256", key).update(Buffer.concat(parts)).digest();
  const ids = (...numbers) => Buffer.from(numbers.flatMap((number) => [number >> 8, number & 255]));
  const kem = Buffer.concat([Buffer.from("KEM"), ids(0x20)]);
  const hpke = Buffer.concat([Buffer.from("HPKE"), ids(0x20, 1, 2)]);
  const version = Buffer.from("HPKE-v1");
  const extract = (suite, salt, name, ikm) => hmac(salt, version, suite, Buffer.from(name), ikm);
  const expand = (suite, prk, name, context, length) =>
    hmac(prk, ids(length), version, suite, Buffer.from(name), context, Buffer.of(1)).subarray(
      0,
      length,
    );
  const none = Buffer.alloc(0);
  const kemContext = Buffer.concat([enc, recipientPk]);
  const shared = expand(kem, extract(kem, none, "eae_prk", dh), "shared_secret", kemContext, 32);
  const schedule = Buffer.concat([
    Buffer.of(0),
    extract(hpke, none, "psk_id_hash", none),
    extract(hpke, none, "info_hash", sealInfo),
  ]);
  const secret = extract(hpke, shared, "secret", none);
  const nonce = expand(hpke, secret, "base_nonce", schedule, 12);
  const cipher = createCipheriv("aes-256-gcm", expand(hpke, secret, "key", schedule, 32), nonce);
  return Buffer.concat([enc, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

test("a forgery on a key of low order, whose shared secret anybody knows, is refused", async () => {
  const recipient = protocol.identity(randomBytes(32));
  const [context, plaintext] = [randomBytes(8), Buffer.from("forged")];
  const open = (sealed) =>
    rust.ask({
      op: "open",
      purpose: "inputs",
      context: text(context),
      seed: text(recipient.seed),
      sealed: text(sealed),
    });
  const seal = (dh, enc) =>
    sealWithShared(dh, enc, recipient.sealing.publicKey, info("inputs", context), plaintext);

  const { sealing } = protocol.identity(randomBytes(32));
  const x = text(recipient.sealing.publicKey);
  const publicKey = createPublicKey({ key: { kty: "OKP", crv: "X25519", x }, format: "jwk" });
  const honest = seal(diffieHellman({ privateKey: sealing.key, publicKey }), sealing.publicKey);
  assert.deepEqual(
    await open(honest),
    { plaintext: text(plaintext) },
    "the forger's HPKE is sound",
  );

  for (const enc of [Buffer.alloc(32), Buffer.concat([Buffer.of(1), Buffer.alloc(31)])]) {
    assert.deepEqual(await open(seal(Buffer.alloc(32), enc)), REFUSED);
  }
});
