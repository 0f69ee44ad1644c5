// Writes keys.json, statements.json and sealed.json, the frozen vectors of identities, key schedule, signed
// statements and sealed keys, with the implementation in ../interop/protocol.mjs, which shares no code with the Rust
// one. `node tests/vectors/statements.mjs` rewrites the same bytes.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as protocol from "../interop/protocol.mjs";

const { sha256, text } = protocol;
const named = (name) => sha256(Buffer.from(name));

/** A TypeID over a UUIDv7 whose random part comes from `name`. */
function id(prefix, name) {
  const buffer = named(name).subarray(0, 16);
  buffer.writeUIntBE(1_760_000_000_000, 0, 6);
  buffer[6] = 0x70 | (buffer[6] & 0x0f);
  buffer[8] = 0x80 | (buffer[8] & 0x3f);
  return protocol.makeId(prefix, buffer);
}

const seller = protocol.identity(named("seller"));
const buyer = protocol.identity(named("buyer"));
const server = protocol.identity(named("server"));
const releaseKey = named("release key");
const releaseId = id("release", "release");
const productId = id("product", "product");
const transferId = id("transfer", "transfer");
const linkId = id("link", "link");

function keys() {
  const manifestHash = named("some manifest");
  const secret = named("link secret");
  const link = (password) => {
    const from = { secret, password, id: linkId, manifestHash };
    return {
      secret: text(secret),
      password: password && text(password),
      link_id: linkId,
      manifest_hash: text(manifestHash),
      wrap: text(protocol.linkKey("link", from)),
      auth: text(protocol.linkKey("link-auth", from)),
    };
  };
  const file = (fileId) => ({
    release_key: text(releaseKey),
    file_id: fileId,
    file_key: text(protocol.fileKey(releaseKey, fileId)),
  });
  return {
    about: "Identities from root seeds, and the key schedule, written by statements.mjs.",
    identities: [seller, buyer, server].map((ailock) => ({
      seed: text(ailock.seed),
      ed25519_seed: text(ailock.signing.secret),
      ed25519_pk: text(ailock.signing.publicKey),
      x25519_sk: text(ailock.sealing.secret),
      x25519_pk: text(ailock.sealing.publicKey),
      id: ailock.id,
    })),
    file_keys: [file(id("file", "file 0")), file(id("file", "file 1"))],
    meta_keys: [
      {
        release_key: text(releaseKey),
        release_id: releaseId,
        meta_key: text(protocol.metaKey(releaseKey, releaseId)),
      },
    ],
    link_keys: [link(null), link(named("what Argon2id made of a password"))],
  };
}

const header = (name) =>
  Buffer.concat([Buffer.from("00000008000000000020", "hex"), named(`${name} iv`), named(`${name} tag`)]);

const meta = {
  salt: text(named("salt")),
  files: [
    {
      path: "Übersicht/plan €.pdf",
      content_type: "application/pdf",
      mode: 0o644,
      sha256: text(named("the file")),
    },
    { path: "empty.txt", content_type: "text/plain" },
  ],
};
const sealedMeta = protocol.gcmSeal(
  protocol.metaKey(releaseKey, releaseId),
  named("meta nonce").subarray(0, 12),
  protocol.jcs(meta),
);

const profile = (ailock, name) => ({ v: 1, id: ailock.id, display_name: name, created_at: 1_760_000_000 });
const manifest = {
  v: 1,
  release_id: releaseId,
  product_id: productId,
  seller: seller.id,
  files: [
    {
      file_id: id("file", "file 0"),
      header: text(header("file 0")),
      segment_count: 10,
      plaintext_size: 5_000_000,
      declared_type: "application/pdf",
      chunks: [text(named("chunk 0")), text(named("chunk 1"))],
    },
    {
      file_id: id("file", "file 1"),
      header: text(header("file 1")),
      segment_count: 1,
      plaintext_size: 0,
      declared_type: "text/plain",
      chunks: [text(named("chunk 2"))],
    },
  ],
  commitment: text(named("commitment")),
  sealed_meta: text(sealedMeta),
};
const manifestHash = protocol.statementHash(manifest);
const policy = {
  retention_seconds: 604_800,
  single_recipient: true,
  max_downloads: 1,
  revoke_on_expiry: true,
  content_check_required: false,
};
const offer = {
  v: 1,
  offer_id: id("offer", "offer"),
  product_id: productId,
  release_id: releaseId,
  manifest_hash: text(manifestHash),
  seller: seller.id,
  buyer: buyer.id,
  title: 'The "plan" — 計画 \u{1f4d0}',
  price: 1_250,
  currency: "eur",
  policy,
  required_inputs: [
    {
      id: "company",
      label: "Your company",
      type: "text",
      timing: "pre_payment",
      required: true,
      constraints: { max_len: 200 },
    },
  ],
  expires_at: 1_760_086_400,
};
const openOffer = {
  ...offer,
  offer_id: id("offer", "open offer"),
  release_id: null,
  manifest_hash: null,
  buyer: null,
  title: "On demand",
  price: 0,
  required_inputs: [],
};
const receipt = {
  v: 1,
  transfer_id: transferId,
  claim_id: id("claim", "claim"),
  offer_hash: text(protocol.statementHash(offer)),
  manifest_hash: text(manifestHash),
  client_hash: manifest.commitment,
  bytes: 5_000_000,
  buyer: buyer.id,
  seller: seller.id,
  price: 1_250,
  currency: "eur",
  delivered_at: 1_760_000_600,
  nonce: text(named("nonce")),
};
const { transfer_id: _, ...linkReceipt } = { ...receipt, link_id: linkId };

/** The offer's hash, and after it what an input's sealed form is bound to. */
const offerHash = protocol.statementHash(offer);
const inputValues = {
  company: { value: Buffer.from("Müller & Söhne"), manifestHash: null },
  logo: { value: named("attachment key"), manifestHash: named("attachment manifest") },
};

async function input(name) {
  const { value, manifestHash } = inputValues[name];
  const context = protocol.inputContext({ transferId, offerHash, id: name, manifestHash });
  const info = Buffer.concat([protocol.label("seal/inputs"), context]);
  const ikmE = named(`ephemeral of input ${name}`);
  const sealed = await protocol.hpkeSeal(seller.sealing.publicKey, info, value, { ikmE });
  const attachment = manifestHash && {
    attachment_id: id("attachment", "attachment"),
    manifest_hash: text(manifestHash),
  };
  return {
    body: {
      v: 1,
      transfer_id: transferId,
      offer_hash: text(offerHash),
      buyer: buyer.id,
      id: name,
      sealed: text(sealed),
      ...(attachment ? { attachment } : {}),
      provided_at: 1_760_000_300,
    },
    context,
    ikmE,
    value,
  };
}

const inputs = [await input("company"), await input("logo")];

function statement(kind, signer, body) {
  return {
    kind,
    seed: text(signer.seed),
    public_key: text(signer.signing.publicKey),
    body,
    jcs: protocol.jcs(body).toString(),
    hash: text(protocol.statementHash(body)),
    signature: text(protocol.signStatement(signer.signing, kind, body)),
  };
}

function statements() {
  const countersign = {
    v: 1,
    receipt_hash: text(protocol.statementHash(receipt)),
    received_at: 1_760_000_601,
    kid: text(named("kid")),
    audit_head: text(named("audit head")),
  };
  return {
    about: "Signed statements of each kind, written by statements.mjs.",
    statements: [
      statement("profile", seller, profile(seller, "Søren's workshop")),
      statement("profile", buyer, profile(buyer, "")),
      statement("manifest", seller, manifest),
      statement("offer", seller, offer),
      statement("offer", seller, openOffer),
      statement("receipt", buyer, receipt),
      statement("receipt", buyer, linkReceipt),
      statement("countersign", server, countersign),
      ...inputs.map(({ body }) => statement("inputs", buyer, body)),
    ],
  };
}

async function envelope(subject, offerHash, recipient) {
  const info = protocol.envelopeInfo({ subject, offerHash, manifestHash, seller, recipient });
  const ikmE = named(`ephemeral of ${subject}`);
  const sealed = await protocol.hpkeSeal(recipient.sealing.publicKey, info, releaseKey, { ikmE });
  return {
    subject,
    offer_hash: offerHash && text(offerHash),
    manifest_hash: text(manifestHash),
    seller_seed: text(seller.seed),
    recipient_seed: text(recipient.seed),
    ikm_e: text(ikmE),
    release_key: text(releaseKey),
    info: text(info),
    envelope: {
      sealed: text(sealed),
      signature: text(protocol.sign(seller.signing, protocol.envelopeInput(info, sealed))),
    },
  };
}

async function purpose(name, recipient) {
  const context = named(`${name} context`);
  const info = Buffer.concat([protocol.label(`seal/${name}`), context]);
  const plaintext = Buffer.from(`what is sealed for ${name}`);
  const ikmE = named(`ephemeral of ${name}`);
  return {
    purpose: name,
    context: text(context),
    recipient_seed: text(recipient.seed),
    ikm_e: text(ikmE),
    plaintext: text(plaintext),
    sealed: text(await protocol.hpkeSeal(recipient.sealing.publicKey, info, plaintext, { ikmE })),
  };
}

async function evidence(name, act, by, plain) {
  const disputeId = id("dispute", "dispute");
  const context = Buffer.concat([
    protocol.idBytes(transferId),
    protocol.idBytes(disputeId),
    protocol.ailockBytes(by.id),
  ]);
  const info = Buffer.concat([protocol.label("seal/evidence"), context]);
  const ikmE = named(`ephemeral of ${name}`);
  const sealed = await protocol.hpkeSeal(server.sealing.publicKey, info, protocol.jcs(plain), { ikmE });
  return {
    arbiter_seed: text(server.seed),
    ikm_e: text(ikmE),
    plain,
    dispute: {
      v: 1,
      transfer_id: transferId,
      dispute_id: disputeId,
      by: by.id,
      act,
      kind: act === "open" ? "content" : null,
      evidence: text(sealed),
      at: 1_760_000_300,
    },
  };
}

function wrappedKey(name, password) {
  const from = {
    secret: named(`${name} secret`),
    password,
    id: id("listing", name),
    manifestHash,
  };
  const nonce = named(`${name} nonce`).subarray(0, 12);
  const wrapped = protocol.gcmSeal(protocol.linkKey("link", from), nonce, releaseKey);
  return {
    secret: text(from.secret),
    password: password && text(password),
    listing_id: from.id,
    manifest_hash: text(manifestHash),
    nonce: text(nonce),
    release_key: text(releaseKey),
    wrapped_key: text(wrapped),
  };
}

async function sealed() {
  return {
    about:
      "Envelopes, things sealed for each other purpose, evidence, wrapped keys and sealed_meta, written by statements.mjs.",
    transfer_envelope: await envelope(transferId, protocol.statementHash(offer), buyer),
    seller_envelope: await envelope(releaseId, null, seller),
    purposes: [
      await purpose("inputs", seller),
      await purpose("evidence", server),
      await purpose("listing-secret", buyer),
    ],
    evidence: [
      await evidence("the buyer's evidence", "open", buyer, {
        text: "Die Datei ist leer. \u{1f937}",
        release_key: text(releaseKey),
        files: [
          { path: "screen/shot.png", content_type: "image/png", bytes: text(named("a screenshot")) },
        ],
      }),
      await evidence("the seller's evidence", "answer", seller, { text: "It is meant to be." }),
    ],
    inputs: inputs.map(({ body, context, ikmE, value }) => ({
      id: body.id,
      recipient_seed: text(seller.seed),
      context: text(context),
      ikm_e: text(ikmE),
      plaintext: text(value),
      sealed: body.sealed,
    })),
    wrapped_keys: [
      wrappedKey("listing", null),
      wrappedKey("listing with a password", named("what Argon2id made of a password")),
    ],
    sealed_meta: { release_key: text(releaseKey), nonce: text(sealedMeta.subarray(0, 12)), meta, manifest },
  };
}

function write(name, value) {
  writeFileSync(fileURLToPath(new URL(name, import.meta.url)), `${JSON.stringify(value, null, 1)}\n`);
}

write("keys.json", keys());
write("statements.json", statements());
write("sealed.json", await sealed());
