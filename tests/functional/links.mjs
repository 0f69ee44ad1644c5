// Download links as an owner makes them and anybody opens them. The server cannot tell a wrapped key from random bytes.
import { randomBytes } from "node:crypto";
import { sha256, text } from "../interop/protocol.mjs";
import { Client, makeProofKey, post } from "./client.mjs";
import { newId } from "./release.mjs";
import { ok } from "./sale.mjs";

/** Somebody with a fresh key, who is registered nowhere. */
export async function visitor(server) {
  return new Visitor(server, await makeProofKey("ES256"));
}

class Visitor extends Client {
  constructor(server, proofKey) {
    super(server, null, proofKey);
  }
}

export class Link {
  /**
   * @param {import("./client.mjs").Client} owner
   * @param {import("./release.mjs").Release} release completed
   * @param {object} [changes] over the members of the body
   */
  constructor(owner, release, changes = {}) {
    this.owner = owner;
    this.server = owner.server;
    this.release = release;
    this.token = randomBytes(32);
    this.auth = randomBytes(32);
    this.body = {
      link_id: newId("link"),
      release_id: release.id,
      token_hash: text(sha256(this.token)),
      auth_hash: text(sha256(this.auth)),
      wrapped_key: text(randomBytes(60)),
      has_password: false,
      ...changes,
    };
  }

  /** A link that is made; its view is `made`. */
  static async made(owner, release, changes) {
    const link = new Link(owner, release, changes);
    link.made = await ok(await link.make());
    return link;
  }

  get id() {
    return this.body.link_id;
  }

  get path() {
    return `/downloads/${text(this.token)}`;
  }

  make(body = this.body, client = this.owner) {
    return client.call("download-links", { json: body });
  }

  show(client = this.owner) {
    return client.call(`download-links?link_id=${this.id}`);
  }

  revoke(client = this.owner) {
    return client.call("download-links-revoke", { json: { link_id: this.id } });
  }

  async log() {
    return (await ok(await this.owner.call(`download-links-log?link_id=${this.id}`))).entries;
  }

  open({ method = "GET", accept = "application/json", headers = {} } = {}) {
    return fetch(this.server.url + this.path, { method, headers: { accept, ...headers } });
  }

  /** Asks for a claim with a proof by the visitor's key; `proof` replaces it, and null leaves it out. */
  async claim(who, { claim_id = newId("claim"), auth = this.auth, proof, headers = {} } = {}) {
    const url = `${this.server.url}${this.path}/claim`;
    const dpop = proof === undefined ? await who.proof({ url }) : proof;
    return post(url, { claim_id, auth: text(auth) }, { ...(dpop && { dpop }), ...headers });
  }

  /** A claim that must begin, with a visitor of its own unless one is given. */
  async claimed({ who, ...options } = {}) {
    const holder = who ?? (await visitor(this.server));
    const answer = await ok(await this.claim(holder, options));
    return new LinkClaim(this, holder, answer);
  }
}

export class LinkClaim {
  constructor(link, holder, answer) {
    this.link = link;
    this.holder = holder;
    this.answer = answer;
  }

  get id() {
    return this.answer.claim_id;
  }

  call(path, options = {}) {
    return this.holder.call(path, { token: this.answer.ticket, ...options });
  }

  manifest() {
    return this.call(`products-download-manifest?claim_id=${this.id}`);
  }

  chunk({ file = this.link.release.files[0].declared.file_id, index = 0, method = "GET" } = {}) {
    const query = `claim_id=${this.id}&file=${file}&index=${index}`;
    return this.call(`products-download-chunk?${query}`, { method });
  }

  /** The same claim with a new ticket. */
  renew(who = this.holder) {
    return this.link.claim(who, { claim_id: this.id });
  }

  cancel() {
    return this.call("link-claims-cancel", { json: { claim_id: this.id } });
  }

  complete(members = { client_hash: this.link.release.manifest().commitment }) {
    return this.call("link-claims-complete", { json: { claim_id: this.id, ...members } });
  }
}
