// A listing and its sales, as a seller and its buyers make them. Keys and secrets are random bytes: the server can open
// none.
import { randomBytes } from "node:crypto";
import { sha256, signStatement, text } from "../interop/protocol.mjs";
import { completeRelease, newId } from "./release.mjs";
import { POLICY, Sale, ok } from "./sale.mjs";

export class Listing {
  /**
   * @param {import("./client.mjs").Client} seller
   * @param {import("./release.mjs").Release} release completed
   * @param {object} [options]
   * @param {object} [options.offer] over the members of the offer
   * @param {number | null} [options.stock]
   */
  constructor(seller, release, { offer = {}, stock = null } = {}) {
    this.seller = seller;
    this.release = release;
    this.server = seller.server;
    this.id = newId("listing");
    this.stock = stock;
    this.auth = randomBytes(32);
    this.wrappedKey = text(randomBytes(60));
    this.sealedSecret = text(randomBytes(80));
    this.offer = {
      v: 1,
      offer_id: newId("offer"),
      product_id: release.productId,
      release_id: release.id,
      manifest_hash: release.completed.manifest_hash,
      seller: seller.id,
      buyer: null,
      title: "Field recordings",
      price: 0,
      currency: "usd",
      policy: POLICY,
      required_inputs: [],
      expires_at: this.server.clock.now() + 86_400,
      ...offer,
    };
  }

  /** A listing of a fresh release, open. */
  static async open(seller, options) {
    const listing = new Listing(seller, await completeRelease(seller, [1]), options);
    listing.view = await ok(await listing.make());
    return listing;
  }

  signedOffer(body = this.offer, ailock = this.seller.ailock) {
    return { body, signature: text(signStatement(ailock.signing, "offer", body)) };
  }

  /** The body of POST listings. */
  request(changes = {}) {
    return {
      listing_id: this.id,
      offer: this.signedOffer(),
      wrapped_key: this.wrappedKey,
      auth_hash: text(sha256(this.auth)),
      sealed_secret: this.sealedSecret,
      stock: this.stock,
      ...changes,
    };
  }

  make(request = this.request(), client = this.seller) {
    return client.call("listings", { json: request });
  }

  close(client = this.seller) {
    return client.call("listings-close", { json: { listing_id: this.id } });
  }

  /** What anybody sees, without a token. */
  show(query = `product_id=${this.offer.product_id}`) {
    return fetch(`${this.server.url}/api/listings-show?${query}`);
  }

  /** The body of a purchase. */
  purchase(changes = {}) {
    return {
      transfer_id: newId("transfer"),
      listing_id: this.id,
      auth: text(this.auth),
      sealed_secret: text(randomBytes(80)),
      ...changes,
    };
  }

  buy(buyer, purchase = this.purchase()) {
    return buyer.call("listings-buy", { json: purchase });
  }

  /** A sale to `buyer`, not accepted yet. */
  async sale(buyer) {
    const purchase = this.purchase();
    const bought = await ok(await this.buy(buyer, purchase));
    const sale = new Sale(this.seller, buyer, this.release, { offer: this.offer, sealed: false });
    return Object.assign(sale, { id: bought.transfer_id, purchase, bought });
  }
}
