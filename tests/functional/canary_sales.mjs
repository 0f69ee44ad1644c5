// Sales in which everything that the server must not know is a canary: bytes that are nowhere else by chance.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import {
  blobSource,
  Claimcheck,
  examineContent,
  Identity,
  openEvidence,
  openLink,
} from "claimcheck";
import { FolderSink } from "claimcheck/node";
import { passwordKey } from "../interop/links.mjs";
import { bytes, gcmOpen, identity, linkKey } from "../interop/protocol.mjs";
import { Client, makeProofKey } from "./client.mjs";
import { newId } from "./release.mjs";
import { ok } from "./sale.mjs";

const ASKED = [
  { id: "name", label: "Your name", type: "text", timing: "pre_payment", required: true },
  { id: "logo", label: "Your logo", type: "file", timing: "pre_payment", required: true },
];

/** Keeps every canary by its name. */
export class Canaries {
  /** @type {import("./canary_search.mjs").Canary[]} */
  all = [];

  /** @param {string} name @param {Uint8Array} secret */
  add(name, secret) {
    this.all.push({ name, bytes: Buffer.from(secret) });
    return Buffer.from(secret);
  }

  /** A text of 40 characters that nothing changes on its way. @param {string} name @param {string} [start] */
  text(name, start = "") {
    const text = `${start}${randomBytes(20).toString("hex").slice(start.length)}`;
    this.add(name, Buffer.from(text));
    return text;
  }

  /** A file whose name and middle are canaries. @param {string} what */
  file(what) {
    const marker = this.add(`plaintext of ${what}`, randomBytes(48));
    const content = Buffer.concat([randomBytes(1000), marker, randomBytes(1000)]);
    const name = `${this.text(`name of ${what}`)}.bin`;
    return { name, content, source: blobSource(new Blob([content]), name) };
  }

  /** An identity's seed, its words, and the keys that it makes. @param {string} who @param {Identity} made */
  seedOf(who, made) {
    const { seed, signing, sealing } = identity(Buffer.from(made.seed()));
    this.add(`seed of ${who}`, seed);
    this.add(`phrase of ${who}`, Buffer.from(made.phrase()));
    this.add(`signing key of ${who}`, signing.secret);
    this.add(`sealing key of ${who}`, sealing.secret);
  }
}

/** The market of one test: a server that is recorded, its clients, and a fake Stripe. */
export class Market {
  /** @param {object} parts `server`, `stripe`, `canaries`, `arbiter` (an identity) and `folder` for downloads */
  constructor(parts) {
    Object.assign(this, parts);
  }

  /** A registered party. @param {string} who @param {Identity} [made] */
  async enter(who, made) {
    const self = made ?? (await Identity.make());
    this.canaries.seedOf(who, self);
    const client = await Claimcheck.connect(this.server.url, self);
    await client.register(who);
    return client;
  }

  sink = (name) => new FolderSink(join(this.folder, name));

  /** A release of one file. @param {Claimcheck} seller @param {string} what */
  async release(seller, what) {
    const file = this.canaries.file(what);
    const release = await seller.upload({ product: { title: "Things" }, files: [file.source] });
    const [{ file_key: key }] = await seller.audit(release.release_id);
    this.canaries.add(`key of ${what}`, Buffer.from(key, "hex"));
    return { ...file, ...release };
  }

  /** Pays a sale's page, and lets Stripe tell. @param {string} id */
  async pay(id) {
    const sessions = this.stripe.all("sessions");
    this.stripe.pay(sessions.findLast(({ client_reference_id: of }) => of === id).id);
    for (const { status, body } of await this.stripe.deliverPending())
      assert.equal(status, 200, body);
  }

  /** Accepts, once Stripe failed at it, and pays. @param {Claimcheck} buyer @param {string} id */
  async buy(buyer, id) {
    this.stripe.failNext(500, { match: "checkout" });
    await buyer.accept(id).catch(() => null);
    await buyer.accept(id);
    await this.pay(id);
  }
}

/** A priced sale with inputs, downloaded and acknowledged. */
export async function sellWithInputs(market, seller, buyer) {
  const { canaries } = market;
  const sold = await market.release(seller, "the file for sale");
  const { transfer_id: id } = await seller.offer({
    releaseId: sold.release_id,
    buyer: buyer.identity.id,
    title: "Things",
    price: 1_000,
    requiredInputs: ASKED,
  });
  const logo = canaries.file("the buyer's file");
  const name = canaries.text("input text");
  await buyer.submitInputs(id, { name, logo: logo.source });
  await market.buy(buyer, id);
  assert.equal((await seller.inputs(id))[0].value, name);
  await seller.downloadInput(id, "logo", market.sink("input"));
  const { transfer } = await buyer.download(id, market.sink("sale"));
  assert.equal(transfer.status, "acknowledged");
}

/** A sale that is disputed by both sides with all evidence there can be, which the arbiter reads. */
export async function sellAndDispute(market, seller, buyer, arbiter) {
  const { canaries } = market;
  const sold = await market.release(seller, "the disputed file");
  const terms = {
    releaseId: sold.release_id,
    buyer: buyer.identity.id,
    title: "Things",
    price: 700,
  };
  const { transfer_id: id } = await seller.offer(terms);
  await market.buy(buyer, id);
  const evidence = (/** @type {string} */ of) => ({
    text: canaries.text(`evidence of ${of}`),
    encloseKey: true,
    files: [
      {
        path: `${canaries.text(`path of evidence of ${of}`)}.png`,
        contentType: "image/png",
        bytes: canaries.add(`file of evidence of ${of}`, randomBytes(48)),
      },
    ],
  });
  const mine = evidence("the buyer");
  const { disputes } = await buyer.openDispute(id, { kind: "content", evidence: mine });
  const [{ dispute_id: dispute }] = disputes;
  await seller.answerDispute(id, dispute, evidence("the seller"));
  const packet = await arbiter.packet(id);
  const [{ text }] = await openEvidence(arbiter.identity, packet);
  assert.equal(text, mine.text);
  const chunk = (file, index) => arbiter.disputedChunk(id, file, index);
  await examineContent(arbiter.identity, packet, dispute, chunk, market.sink("examined"));
  await arbiter.rule(id, dispute, "for_buyer", "It is broken.");
}

/** A listing, bought by its link and downloaded. */
export async function sellByListing(market, seller, buyer) {
  const { canaries } = market;
  const sold = await market.release(seller, "the listed file");
  const request = { releaseId: sold.release_id, title: "Things", price: 499 };
  const listing = await seller.createListing(request);
  const secret = bytes(new URL(listing.url).hash.slice(1).split(".")[0]);
  const from = { secret, password: null, id: listing.listing_id };
  addLinkKeys(canaries, "listing", { ...from, manifestHash: bytes(sold.manifest_hash) });
  const row = await market.server.query(
    "select wrapped_key from listings where id = ?1",
    listing.listing_id,
  );
  const key = linkKey("link", { ...from, manifestHash: bytes(sold.manifest_hash) });
  canaries.add("release key of the listed file", gcmOpen(key, bytes(row[0].wrapped_key)));
  const { transfer_id: id } = await buyer.buy(listing.url);
  await market.buy(buyer, id);
  assert.equal((await buyer.download(id, market.sink("listing"))).transfer.status, "acknowledged");
}

/** A download link with a password, opened once with a wrong one. */
export async function giveByLink(market, owner) {
  const { canaries } = market;
  const given = await market.release(owner, "the linked file");
  const password = canaries.text("link password");
  const { link, url } = await owner.createLink({ releaseId: given.release_id, password });
  const secret = bytes(new URL(url).hash.slice(1));
  const hashed = canaries.add(
    "what the password becomes",
    await passwordKey(password, link.link_id),
  );
  const from = { secret, password: hashed, id: link.link_id };
  addLinkKeys(canaries, "link", { ...from, manifestHash: bytes(given.manifest_hash) });
  const opened = await openLink(url);
  await assert.rejects(opened.claim(canaries.text("wrong link password")), {
    code: "wrong_password",
  });
  await opened.claim(password);
  await opened.download(market.sink("link"));
  assert.equal((await owner.linkLog(link.link_id)).entries.length, 3);
}

function addLinkKeys(canaries, what, from) {
  canaries.add(`secret of the ${what}`, from.secret);
  canaries.add(`key of the ${what}`, linkKey("link", from));
  canaries.add(`proof of the ${what}`, linkKey("link-auth", from));
}

/** A seller's own system is told of sales from now on; its secret is heard on the wire. */
export async function tellSystem(market, seller, url) {
  const self = identity(Buffer.from(seller.identity.seed()));
  const client = new Client(market.server, self, await makeProofKey());
  await ok(await client.call("webhooks", { json: { webhook_id: newId("webhook"), url } }));
}

/** Shows what was overheard where it is refused: an error's log line is where a token would slip out. */
export async function callWrongly(market, heard) {
  const paths = ["transfers", "products-download-manifest?claim_id=x", "webhooks", "nowhere"];
  for (const secret of heard) {
    const path = paths[secret.length % paths.length];
    const headers = { authorization: `DPoP ${secret}`, dpop: secret, "content-type": secret };
    const response = await fetch(`${market.server.url}/api/${path}`, { headers });
    assert.ok(response.status >= 400 && response.status < 500, `${path}: ${response.status}`);
    await response.text();
  }
}
