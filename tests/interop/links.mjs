// Download links apart from the Rust code: Argon2id by hash-wasm, the rest by Node.
import { argon2id } from "hash-wasm";
import { derive, gcmOpen, gcmSeal, idBytes, jcs, label } from "./protocol.mjs";

/** What a password becomes: Argon2id of its NFKC form, with the link's id as the salt. */
export async function passwordKey(password, linkId) {
  const hash = await argon2id({
    password: Buffer.from(password.normalize("NFKC")),
    salt: idBytes(linkId),
    memorySize: 65_536,
    iterations: 3,
    parallelism: 1,
    hashLength: 32,
    outputType: "binary",
  });
  return Buffer.from(hash);
}

const nameKey = (fileKey, fileId) =>
  derive(fileKey, Buffer.concat([label("name"), idBytes(fileId)]));

export const sealName = (fileKey, fileId, name, nonce) =>
  gcmSeal(nameKey(fileKey, fileId), nonce, jcs(name));

export const openName = (fileKey, fileId, sealed) =>
  JSON.parse(gcmOpen(nameKey(fileKey, fileId), sealed));
