// Files that a buyer uploads for a sale: releases of one file, made by the buyer. The server cannot tell ciphertext from
// random bytes, so their chunks and sealed keys are random bytes.
import { randomBytes } from "node:crypto";
import { idBytes, makeId, signStatement, statementHash, text } from "../interop/protocol.mjs";
import { Release, answer, newId } from "./release.mjs";

export class Attachment extends Release {
  /**
   * @param {import("./sale.mjs").Sale} sale
   * @param {string} inputId
   * @param {object} [options]
   * @param {number} [options.size] of the file in the clear
   * @param {string} [options.type] as the buyer declares it
   */
  constructor(sale, inputId, { size = 1, ...options } = {}) {
    super(sale.buyer, sale.offer.product_id, [size], options);
    this.sale = sale;
    this.inputId = inputId;
    this.attachmentId = newId("attachment");
    this.id = makeId("release", idBytes(this.attachmentId));
  }

  /** The body of attachments-upload-init. */
  get init() {
    return {
      transfer_id: this.sale.id,
      input_id: this.inputId,
      attachment_id: this.attachmentId,
      file: this.files[0].declared,
    };
  }

  begin(json = this.init, client = this.client) {
    return client.call("attachments-upload-init", { json });
  }

  async open() {
    const body = await answer(await this.begin());
    this.uploadId = body.upload_id;
    return body;
  }

  completion(changes = {}, options) {
    const { upload_id, manifest } = super.completion(changes, options);
    return { upload_id, manifest };
  }

  complete(completion = this.completion(), client = this.client) {
    return client.call("attachments-upload-complete", { json: completion });
  }

  /** The input as its buyer signs it; `changes` are over the body's members. */
  input({ ailock = this.client.ailock, ...changes } = {}) {
    const body = {
      v: 1,
      transfer_id: this.sale.id,
      offer_hash: text(this.sale.offerHash),
      buyer: this.client.id,
      id: this.inputId,
      sealed: text(randomBytes(80)),
      attachment: {
        attachment_id: this.attachmentId,
        manifest_hash: text(statementHash(this.manifest())),
      },
      provided_at: this.client.server.clock.now(),
      ...changes,
    };
    return { body, signature: text(signStatement(ailock.signing, "inputs", body)) };
  }

  show(client = this.client) {
    return client.call(`attachments?attachment_id=${this.attachmentId}`);
  }

  /** One chunk, as the seller reads it. */
  chunk({ index = 0, client = this.sale.seller, ...options } = {}) {
    const query = `attachment_id=${this.attachmentId}&index=${index}`;
    return client.call(`attachments-download-chunk?${query}`, options);
  }
}

/** An attachment whose upload is open. */
export async function openAttachment(sale, inputId, options) {
  const attachment = new Attachment(sale, inputId, options);
  await attachment.open();
  return attachment;
}

/** An attachment that is uploaded and completed, and not handed in yet. */
export async function completeAttachment(sale, inputId, options) {
  const attachment = await openAttachment(sale, inputId, options);
  await attachment.putAll();
  attachment.completed = await answer(await attachment.complete());
  return attachment;
}
