// Leaves everything of a demo's sale on disk, in a form that other tools can check.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { canonical, fromBase64url } from "./statement.mjs";

/** @param {import("claimcheck").Registration} registration */
function signer(registration) {
  const { ed25519_pk, x25519_pk } = registration;
  return { ailock_id: registration.profile.body.id, ed25519_pk, x25519_pk };
}

/**
 * The chunks of one file as the bucket holds them.
 *
 * @param {any} blobs the Worker's own R2 binding
 * @param {string} prefix
 */
async function storedChunks(blobs, prefix) {
  /** @type {string[]} */
  const keys = [];
  let page = await blobs.list({ prefix });
  for (;;) {
    keys.push(...page.objects.map((/** @type {{key: string}} */ object) => object.key));
    if (!page.truncated) break;
    page = await blobs.list({ prefix, cursor: page.cursor });
  }
  const chunks = [];
  for (const key of keys.sort())
    chunks.push(Buffer.from(await (await blobs.get(key)).arrayBuffer()));
  return chunks;
}

/**
 * @param {string} dir already holds the opened file
 * @param {import("./sale.mjs").Sale} sale
 * @param {{ blobs: any, url: string }} server
 */
export async function keep(dir, sale, server) {
  const write = (/** @type {string} */ name, /** @type {unknown} */ value) =>
    writeFileSync(join(dir, name), canonical(value));
  const { download, transfer } = sale;
  const [file] = download.manifest.body.files;
  const [audit] = sale.audit;
  const [opened] = download.files;
  if (file === undefined || audit === undefined || opened === undefined)
    throw new Error("the release has no file");
  const chunks = await storedChunks(
    server.blobs,
    `${download.manifest.body.release_id}/${file.file_id}/`,
  );
  writeFileSync(
    join(dir, `${opened.path}.floe`),
    Buffer.concat([fromBase64url(file.header), ...chunks]),
  );

  const seller = signer(sale.seller);
  const buyer = signer(sale.buyer);
  write("offer.json", { ...transfer.offer, signer: seller });
  write("manifest.json", { ...download.manifest, signer: seller });
  write("envelope.json", {
    ...transfer.envelope,
    transfer_id: transfer.transfer_id,
    seller,
    recipient: buyer,
  });
  write("receipt.json", {
    ...download.receipt,
    signer: buyer,
    countersign: download.countersign,
    server: await serverKey(server, download),
  });
  write("audit.json", {
    opened: opened.path,
    sha256: sale.sha256,
    file_key: audit.file_key,
    aad: audit.aad,
    salt: audit.salt,
  });
}

/**
 * The public key under which the server countersigned.
 *
 * @param {{ url: string }} server
 * @param {import("claimcheck").Download} download
 */
async function serverKey(server, download) {
  const { keys } = await (await fetch(`${server.url}/.well-known/jwks.json`)).json();
  const { kty, crv, x } = keys.find(
    (/** @type {{kid: string}} */ key) => key.kid === download.countersign.body.kid,
  );
  return { kty, crv, x };
}
