// A whole sale of one file, seller and buyer in this process, through the npm package.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Claimcheck, Identity } from "claimcheck";
import { fileSource, FolderSink } from "claimcheck/node";
import { pressPay, untilDelivered } from "./payment.mjs";
import { progressOf } from "./progress.mjs";

/**
 * @typedef {object} Sale
 * @property {import("claimcheck").Registration} seller
 * @property {import("claimcheck").Registration} buyer
 * @property {import("claimcheck").Transfer} transfer as its buyer sees it once delivered
 * @property {import("claimcheck").Download} download
 * @property {import("claimcheck").FileAudit[]} audit
 * @property {string} sha256 hex, of the opened file, by Node's own crypto
 * @property {Uint8Array} packet the dispute packet, to the byte as the server signed it
 * @property {{ seal_upload: number, download_open: number }} seconds
 */

/** @param {string} file */
export async function sha256Of(file) {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

/**
 * Runs the parts of a sale that are the same wherever its two sides live.
 *
 * @template T
 * @param {() => Promise<T>} part
 * @returns {Promise<{ value: T, seconds: number }>}
 */
export async function timed(part) {
  const began = performance.now();
  const value = await part();
  return { value, seconds: Math.round(performance.now() - began) / 1000 };
}

/**
 * @param {string} origin
 * @param {string} file
 * @param {string} folder where the opened file goes
 * @param {import("./payment.mjs").Payment} payment
 * @returns {Promise<Sale>}
 */
export async function sellInNode(origin, file, folder, payment) {
  const seller = await Claimcheck.connect(origin, await Identity.make());
  const buyer = await Claimcheck.connect(origin, await Identity.make());
  const registrations = [await seller.register("Seller"), await buyer.register("Buyer")];
  const title = basename(file);
  const upload = await timed(async () =>
    seller.upload(
      { product: { title }, files: [await fileSource(file)] },
      { onProgress: progressOf("Sealing and uploading") },
    ),
  );
  const { transfer_id } = await seller.offer({
    releaseId: upload.value.release_id,
    buyer: buyer.identity.id,
    title,
    ...payment.offer,
  });
  await payment.pay((await buyer.accept(transfer_id)).checkout_url, pressPay);
  const transfer = await untilDelivered(() => buyer.transfer(transfer_id));
  const download = await timed(() =>
    buyer.download(transfer_id, new FolderSink(folder), {
      onProgress: progressOf("Downloading and opening"),
    }),
  );
  return {
    seller: /** @type {import("claimcheck").Registration} */ (registrations[0]),
    buyer: /** @type {import("claimcheck").Registration} */ (registrations[1]),
    transfer,
    download: download.value,
    audit: await seller.audit(upload.value.release_id),
    sha256: await sha256Of(join(folder, title)),
    packet: await seller.packet(transfer_id),
    seconds: { seal_upload: upload.seconds, download_open: download.seconds },
  };
}
