// Writes links.json: what passwords and names of download links become, by Node's cryptography and hash-wasm's Argon2id.
//
//     node tests/vectors/links.mjs
import { writeFileSync } from "node:fs";
import * as protocol from "../interop/protocol.mjs";
import { passwordKey, sealName } from "../interop/links.mjs";

const { sha256, text } = protocol;
const named = (name) => sha256(Buffer.from(`claimcheck test vector: ${name}`));
const id = (prefix, name) => {
  const bytes = Buffer.concat([Buffer.from("0199c82ccc00", "hex"), named(name).subarray(0, 10)]);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return protocol.makeId(prefix, bytes);
};

const linkId = id("link", "link");
const secret = named("a link's secret");
const manifestHash = named("a manifest hash");
const releaseKey = named("a release key");
const passwords = ["correct horse battery staple", "K\u00e4\u212b\ufb01 \u{1f511}"];

async function wrapped(password) {
  const key = password && (await passwordKey(password, linkId));
  const from = { secret, password: key ?? undefined, id: linkId, manifestHash };
  const nonce = named(`nonce ${password}`).subarray(0, 12);
  const sealed = protocol.gcmSeal(protocol.linkKey("link", from), nonce, releaseKey);
  return {
    password,
    link_id: linkId,
    secret: text(secret),
    manifest_hash: text(manifestHash),
    key: text(releaseKey),
    wrapped_key: text(sealed),
    auth_hash: text(sha256(protocol.linkKey("link-auth", from))),
  };
}

const file_id = id("file", "file");
const file_key = protocol.fileKey(releaseKey, file_id);
const name = {
  path: "one/two.pdf",
  content_type: "application/pdf",
  mode: 0o644,
  sha256: text(named("a file's hash")),
};
const nonce = named("a name's nonce").subarray(0, 12);

writeFileSync(
  new URL("links.json", import.meta.url),
  `${JSON.stringify(
    {
      about: "Passwords, wrapped keys and sealed names of download links, written by links.mjs.",
      passwords: await Promise.all(
        passwords.map(async (typed) => ({
          typed,
          password: typed.normalize("NFKC"),
          link_id: linkId,
          key: text(await passwordKey(typed, linkId)),
        })),
      ),
      links: [await wrapped(null), await wrapped(passwords[0])],
      sealed_name: {
        file_key: text(file_key),
        nonce: text(nonce),
        name,
        file: {
          file_id,
          header: text(Buffer.alloc(74, 7)),
          segment_count: 1,
          plaintext_size: 3,
          declared_type: "application/pdf",
          chunks: [text(named("a chunk"))],
        },
        sealed: text(sealName(file_key, file_id, name, nonce)),
      },
    },
    null,
    1,
  )}\n`,
);
