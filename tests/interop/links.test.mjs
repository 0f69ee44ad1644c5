// The frozen links, opened by Argon2id of hash-wasm and by Node's own cryptography.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { openName, passwordKey } from "./links.mjs";
import { bytes, gcmOpen, linkKey, sha256, text } from "./protocol.mjs";

const vectors = JSON.parse(readFileSync(new URL("../vectors/links.json", import.meta.url), "utf8"));

test("a password becomes its frozen key, however it was typed", async () => {
  for (const { typed, password, link_id, key } of vectors.passwords) {
    assert.equal(text(await passwordKey(typed, link_id)), key);
    assert.equal(typed.normalize("NFKC"), password);
  }
  assert.ok(vectors.passwords.some(({ typed, password }) => typed !== password));
});

test("a link's key opens with its password, or without one, and with no other", async () => {
  for (const vector of vectors.links) {
    const { password, link_id } = vector;
    const from = {
      secret: bytes(vector.secret),
      password: password && (await passwordKey(password, link_id)),
      id: link_id,
      manifestHash: bytes(vector.manifest_hash),
    };
    assert.equal(text(gcmOpen(linkKey("link", from), bytes(vector.wrapped_key))), vector.key);
    assert.equal(text(sha256(linkKey("link-auth", from))), vector.auth_hash);
    const other = linkKey("link", { ...from, password: Buffer.alloc(32) });
    assert.throws(() => gcmOpen(other, bytes(vector.wrapped_key)));
  }
});

test("a sealed name opens with its file's key", () => {
  const { file_key, file, name, sealed } = vectors.sealed_name;
  assert.deepEqual(openName(bytes(file_key), file.file_id, bytes(sealed)), name);
});
