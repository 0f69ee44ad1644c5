// A sale as its two sides make it, step by step. Sealed keys are random bytes: the server can open none.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  bytes,
  envelopeInfo,
  envelopeInput,
  sign,
  signStatement,
  statementHash,
  text,
} from "../interop/protocol.mjs";
import { completeRelease, newId } from "./release.mjs";

export const POLICY = {
  retention_seconds: 604_800,
  single_recipient: true,
  max_downloads: 1,
  revoke_on_expiry: true,
  content_check_required: false,
};

/** The JSON of an answer that must be 200. */
export async function ok(response) {
  const body = await response.text();
  assert.equal(response.status, 200, body);
  return JSON.parse(body);
}

export class Sale {
  /**
   * @param {import("./client.mjs").Client} seller
   * @param {import("./client.mjs").Client} buyer
   * @param {import("./release.mjs").Release} release completed
   * @param {object} [options]
   * @param {object} [options.offer] over the members of the offer
   * @param {object} [options.policy] over the members of its policy
   * @param {boolean} [options.sealed] whether the envelope is handed in with the offer
   */
  constructor(seller, buyer, release, { offer = {}, policy = {}, sealed = true } = {}) {
    this.seller = seller;
    this.buyer = buyer;
    this.release = release;
    this.server = seller.server;
    this.id = newId("transfer");
    this.offer = {
      v: 1,
      offer_id: newId("offer"),
      product_id: release.productId,
      release_id: release.id,
      manifest_hash: release.completed.manifest_hash,
      seller: seller.id,
      buyer: buyer.id,
      title: "Field recordings",
      price: 0,
      currency: "usd",
      policy: { ...POLICY, ...policy },
      required_inputs: [],
      expires_at: this.server.clock.now() + 3600,
      ...offer,
    };
    this.sealed = sealed ? this.envelope() : undefined;
  }

  /** A sale of a fresh release that has come as far as the offer. */
  static async offered(seller, buyer, { sizes = [1], ...options } = {}) {
    const sale = new Sale(seller, buyer, await completeRelease(seller, sizes), options);
    await ok(await sale.makeOffer());
    return sale;
  }

  /** The same, accepted. At price 0 it is delivered, or paid where nothing was sealed ahead. */
  static async accepted(seller, buyer, options) {
    const sale = await Sale.offered(seller, buyer, options);
    sale.view = (await ok(await sale.invoice())).transfer;
    return sale;
  }

  /** The same with a claim of which nothing is downloaded yet. */
  static async claimed(seller, buyer, options) {
    const sale = await Sale.accepted(seller, buyer, options);
    sale.claimed = await ok(await sale.claim());
    return sale;
  }

  get offerHash() {
    return statementHash(this.offer);
  }

  signedOffer(body = this.offer, ailock = this.seller.ailock) {
    return { body, signature: text(signStatement(ailock.signing, "offer", body)) };
  }

  /** An envelope to the buyer; `changes` bend what it is bound to, or who signs. */
  envelope({ signer = this.seller.ailock, ...changes } = {}) {
    const sealed = randomBytes(80);
    const info = envelopeInfo({
      subject: this.id,
      offerHash: this.offerHash,
      manifestHash: bytes(this.release.completed.manifest_hash),
      seller: this.seller.ailock,
      recipient: this.buyer.ailock,
      ...changes,
    });
    return {
      sealed: text(sealed),
      signature: text(sign(signer.signing, envelopeInput(info, sealed))),
    };
  }

  /** The body of products-offer. */
  request(changes = {}) {
    return {
      transfer_id: this.id,
      offer: this.signedOffer(),
      ...(this.sealed ? { envelope: this.sealed } : {}),
      ...changes,
    };
  }

  makeOffer(request = this.request(), client = this.seller) {
    return client.call("products-offer", { json: request });
  }

  invoice(client = this.buyer) {
    return client.call("products-invoice", { json: { transfer_id: this.id } });
  }

  grant(changes = {}, client = this.seller) {
    return client.call("products-grant", {
      json: { transfer_id: this.id, envelope: this.envelope(), ...changes },
    });
  }

  claim(changes = {}, client = this.buyer) {
    return client.call("products-claim", { json: { transfer_id: this.id, ...changes } });
  }

  cancel(claim_id = this.claimed.claim_id, client = this.buyer) {
    return client.call("claims-cancel", { json: { claim_id } });
  }

  /** Calls a route that takes the ticket of a claim. */
  withTicket(path, { claim = this.claimed, client = this.buyer, ...options } = {}) {
    return client.call(path, { method: "GET", token: claim.ticket, ...options });
  }

  manifest(options) {
    const { claim_id } = options?.claim ?? this.claimed;
    return this.withTicket(`products-download-manifest?claim_id=${claim_id}`, options);
  }

  /** One chunk; by default the first one of the first file. */
  chunk({ file = this.release.files[0].declared.file_id, index = 0, ...options } = {}) {
    const { claim_id } = options.claim ?? this.claimed;
    const query = `claim_id=${claim_id}&file=${file}&index=${index}`;
    return this.withTicket(`products-download-chunk?${query}`, options);
  }

  /** The body of the buyer's receipt. */
  receipt(changes = {}) {
    const size = this.release.files.reduce((sum, { declared }) => sum + declared.plaintext_size, 0);
    return {
      v: 1,
      transfer_id: this.id,
      claim_id: this.claimed.claim_id,
      offer_hash: text(this.offerHash),
      manifest_hash: this.release.completed.manifest_hash,
      client_hash: this.release.manifest().commitment,
      bytes: size,
      buyer: this.buyer.id,
      seller: this.seller.id,
      price: this.offer.price,
      currency: this.offer.currency,
      delivered_at: this.server.clock.now(),
      nonce: this.claimed.nonce,
      ...changes,
    };
  }

  signedReceipt(body = this.receipt(), ailock = this.buyer.ailock) {
    return { body, signature: text(signStatement(ailock.signing, "receipt", body)) };
  }

  acknowledge(receipt = this.signedReceipt(), client = this.buyer) {
    return client.call("products-ack", { json: { receipt } });
  }

  /** The transfer as one side sees it. */
  async show(client = this.buyer) {
    return ok(await client.call(`transfers?transfer_id=${this.id}`));
  }

  /** Brings the stored transfer into a state that no endpoint leads to yet. */
  async force(status, { claims_state = "open", claims_end = null } = {}) {
    await this.server.db
      .prepare(
        "update product_transfers set status = ?2, machine = json_set(machine, '$.status', ?2), claims_state = ?3, claims_end = ?4 where id = ?1",
      )
      .bind(this.id, status, claims_state, claims_end)
      .run();
  }

  /** All of it that the database keeps, to see that a refusal changed nothing. */
  async stored() {
    const all = (sql) => this.server.db.prepare(sql).bind(this.id).all();
    const tables = await Promise.all([
      all("select * from product_transfers where id = ?"),
      all("select * from product_keys where transfer_id = ?"),
      all("select * from delivery_receipts where transfer_id = ?"),
      all("select * from claims where transfer_id = ? order by id"),
      all("select * from messages where transfer_id = ? order by cursor"),
      all("select * from audit_log where transfer_id = ? order by seq"),
    ]);
    const [transfers, grants, receipts, claims, messages, audit] = tables.map(
      ({ results }) => results,
    );
    return { transfers, grants, receipts, claims, messages, audit };
  }
}

/** Runs something that must change nothing of a sale. */
export async function unchanged(sale, run) {
  const before = await sale.stored();
  await run();
  assert.deepEqual(await sale.stored(), before);
}
