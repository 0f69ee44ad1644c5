// The frozen vectors, checked with Node's own crypto and npm's `canonicalize` and `@scure/base`: what the Rust tests
// hold the client to is not only what the Rust code says.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as protocol from "./protocol.mjs";

const { bytes, text } = protocol;

function vectors(name) {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), "utf8"));
}

/** The kinds that a signature of one kind must not pass for. */
const KINDS = [
  "profile",
  "manifest",
  "offer",
  "receipt",
  "countersign",
  "revoke",
  "dispute",
  "verdict",
  "inputs",
  "packet",
];

test("identities follow from their seeds", () => {
  const { identities } = vectors("keys.json");
  assert.equal(identities.length, 3);
  for (const vector of identities) {
    const ailock = protocol.identity(bytes(vector.seed));
    assert.equal(text(ailock.signing.secret), vector.ed25519_seed);
    assert.equal(text(ailock.signing.publicKey), vector.ed25519_pk);
    assert.equal(text(ailock.sealing.secret), vector.x25519_sk);
    assert.equal(text(ailock.sealing.publicKey), vector.x25519_pk);
    assert.equal(ailock.id, vector.id);
  }
});

test("the key schedule is HKDF-SHA256 over the documented labels", () => {
  const { file_keys, meta_keys, link_keys } = vectors("keys.json");
  assert.deepEqual([file_keys.length, meta_keys.length, link_keys.length], [2, 1, 2]);
  for (const { release_key, file_id, file_key } of file_keys) {
    assert.equal(text(protocol.fileKey(bytes(release_key), file_id)), file_key);
  }
  for (const { release_key, release_id, meta_key } of meta_keys) {
    assert.equal(text(protocol.metaKey(bytes(release_key), release_id)), meta_key);
  }
  for (const vector of link_keys) {
    const link = {
      secret: bytes(vector.secret),
      password: vector.password && bytes(vector.password),
      id: vector.link_id,
      manifestHash: bytes(vector.manifest_hash),
    };
    assert.equal(text(protocol.linkKey("link", link)), vector.wrap);
    assert.equal(text(protocol.linkKey("link-auth", link)), vector.auth);
  }
  const keys = link_keys.flatMap(({ wrap, auth }) => [wrap, auth]);
  assert.equal(new Set(keys).size, 4, "purpose and password give keys of their own");
});

test("statements have the canonical form, hash and signature that are frozen", () => {
  const { statements } = vectors("statements.json");
  assert.equal(statements.length, 10);
  for (const { kind, seed, public_key, body, jcs, hash, signature } of statements) {
    const { signing } = protocol.identity(bytes(seed));
    assert.equal(text(signing.publicKey), public_key, kind);
    assert.equal(protocol.jcs(body).toString(), jcs, kind);
    assert.equal(text(protocol.statementHash(body)), hash, kind);
    assert.equal(text(protocol.signStatement(signing, kind, body)), signature, kind);
    const holds = (as, altered = body) =>
      protocol.verifyStatement(bytes(public_key), as, altered, bytes(signature));
    assert.ok(holds(kind), kind);
    for (const other of KINDS.filter((name) => name !== kind))
      assert.ok(!holds(other), `${kind} as ${other}`);
    for (const member of Object.keys(body)) {
      assert.ok(!holds(kind, { ...body, [member]: "altered" }), `${kind}.${member}`);
    }
  }
});

test("the statements of one sale belong together", () => {
  const { statements } = vectors("statements.json");
  const of = (kind) => statements.find((statement) => statement.kind === kind);
  const [manifest, offer, receipt, countersign] = [
    "manifest",
    "offer",
    "receipt",
    "countersign",
  ].map(of);
  assert.equal(offer.body.manifest_hash, manifest.hash);
  assert.equal(receipt.body.manifest_hash, manifest.hash);
  assert.equal(receipt.body.offer_hash, offer.hash);
  assert.equal(receipt.body.client_hash, manifest.body.commitment);
  assert.equal(countersign.body.receipt_hash, receipt.hash);
});

test("sealed_meta opens to the canonical names", () => {
  const { release_key, meta, manifest } = vectors("sealed.json").sealed_meta;
  const key = protocol.metaKey(bytes(release_key), manifest.release_id);
  assert.deepEqual(protocol.gcmOpen(key, bytes(manifest.sealed_meta)), protocol.jcs(meta));
});

test("envelopes are signed by the seller and open for the recipient", async () => {
  const { transfer_envelope, seller_envelope } = vectors("sealed.json");
  for (const vector of [transfer_envelope, seller_envelope]) {
    const seller = protocol.identity(bytes(vector.seller_seed));
    const recipient = protocol.identity(bytes(vector.recipient_seed));
    const info = protocol.envelopeInfo({
      subject: vector.subject,
      offerHash: vector.offer_hash && bytes(vector.offer_hash),
      manifestHash: bytes(vector.manifest_hash),
      seller,
      recipient,
    });
    assert.equal(text(info), vector.info);
    const sealed = bytes(vector.envelope.sealed);
    assert.equal(sealed.length, 80);
    const signature = bytes(vector.envelope.signature);
    assert.ok(
      protocol.verify(seller.signing.publicKey, protocol.envelopeInput(info, sealed), signature),
    );
    const opened = await protocol.hpkeOpen(recipient.sealing.secret, info, sealed);
    assert.equal(text(opened), vector.release_key);
  }
});

test("things sealed for other purposes open for their recipient", async () => {
  const { purposes } = vectors("sealed.json");
  assert.deepEqual(
    purposes.map(({ purpose }) => purpose),
    ["inputs", "evidence", "listing-secret"],
  );
  for (const vector of purposes) {
    const recipient = protocol.identity(bytes(vector.recipient_seed));
    const info = Buffer.concat([protocol.label(`seal/${vector.purpose}`), bytes(vector.context)]);
    const opened = await protocol.hpkeOpen(recipient.sealing.secret, info, bytes(vector.sealed));
    assert.equal(text(opened), vector.plaintext);
  }
});

test("inputs are bound to sale, offer, input and file, and open for the seller", async () => {
  const { inputs } = vectors("sealed.json");
  const { statements } = vectors("statements.json");
  const signed = statements.filter(({ kind }) => kind === "inputs");
  assert.deepEqual(
    inputs.map(({ id }) => id),
    ["company", "logo"],
  );
  for (const [at, vector] of inputs.entries()) {
    const { body } = signed[at];
    assert.deepEqual([body.id, body.sealed], [vector.id, vector.sealed]);
    const bound = (changes = {}) =>
      protocol.inputContext({
        transferId: body.transfer_id,
        offerHash: bytes(body.offer_hash),
        id: body.id,
        manifestHash: body.attachment && bytes(body.attachment.manifest_hash),
        ...changes,
      });
    assert.equal(text(bound()), vector.context);
    const { secret } = protocol.identity(bytes(vector.recipient_seed)).sealing;
    const open = (context) =>
      protocol.hpkeOpen(
        secret,
        Buffer.concat([protocol.label("seal/inputs"), context]),
        bytes(vector.sealed),
      );
    assert.equal(text(await open(bound())), vector.plaintext);
    for (const changes of [
      { id: "other" },
      { offerHash: Buffer.alloc(32) },
      { manifestHash: Buffer.alloc(32) },
    ]) {
      await assert.rejects(open(bound(changes)));
    }
  }
});
