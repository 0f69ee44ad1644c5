// Download links with the npm package: made by an owner, opened by somebody without an identity.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Identity, openLink } from "claimcheck";
import { FolderSink, fileSource } from "claimcheck/node";
import { fileKey, gcmOpen, linkKey } from "../interop/protocol.mjs";
import { passwordKey } from "../interop/links.mjs";
import { startMarket } from "./market.mjs";

const PASSWORD = "K\u00e4\u212b\ufb01";
const SIZE = 9_000_000;

let market;
let owner;
let release;
const contents = { "one.txt": Buffer.from("a short one"), "two.bin": randomBytes(SIZE) };
before(async () => {
  market = await startMarket();
  owner = await market.join("Owner");
  const files = [];
  for (const [name, bytes] of Object.entries(contents))
    files.push(await fileSource(await market.file(name, bytes)));
  release = await owner.upload({ product: { title: "Recordings" }, files });
});
after(() => market.close());

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
let folders = 0;
const folder = () => join(market.folder, `saved-${(folders += 1)}`);
const events = async (link) =>
  (await owner.linkLog(link.link_id)).entries.map(({ event }) => event);
const downloads = async (link) => {
  const { links } = await owner.links();
  return links.find(({ link_id }) => link_id === link.link_id).downloads;
};

async function assertSaved(path, names) {
  for (const name of names)
    assert.equal(sha256(await readFile(join(path, name))), sha256(contents[name]));
}

test("whoever has the address gets every file, verified, and the owner sees it", async () => {
  const { link, url } = await owner.createLink({ releaseId: release.release_id });
  assert.equal(link.max_downloads, 5);
  const opened = await openLink(url);
  assert.equal(opened.info.seller, owner.identity.id);
  assert.deepEqual(
    opened.info.files.map(({ size }) => size),
    [contents["one.txt"].length, SIZE],
  );
  const named = await opened.claim();
  assert.deepEqual(
    named.map(({ path }) => path),
    ["one.txt", "two.bin"],
  );
  const path = folder();
  const done = await opened.download(new FolderSink(path));
  assert.equal(done.bytes, contents["one.txt"].length + SIZE);
  assert.deepEqual(
    done.files.map(({ sha256 }) => sha256),
    Object.values(contents).map(sha256),
  );
  await assertSaved(path, ["one.txt", "two.bin"]);
  assert.deepEqual(await events(link), ["completed", "claimed"]);
  assert.equal(await downloads(link), 1);
});

test("one file goes out alone: its key opens no other", async () => {
  const [, { file_id }] = release.manifest.body.files;
  const { url } = await owner.createLink({ releaseId: release.release_id, fileId: file_id });
  const opened = await openLink(url);
  assert.equal(opened.info.files.length, 1);
  const path = folder();
  const done = await opened.download(new FolderSink(path));
  assert.deepEqual(
    done.files.map(({ path, sha256 }) => [path, sha256]),
    [["two.bin", sha256(contents["two.bin"])]],
  );
  await assertSaved(path, ["two.bin"]);
});

test("a password is asked for, a wrong one costs nothing, and one typed otherwise is the same", async () => {
  const terms = { releaseId: release.release_id, password: PASSWORD, maxDownloads: 1 };
  const { link, url } = await owner.createLink(terms);
  const opened = await openLink(url);
  assert.equal(opened.info.has_password, true);
  await assert.rejects(opened.claim("wrong"), { code: "wrong_password" });
  await assert.rejects(opened.claim(), { code: "wrong_password" });
  assert.equal(await downloads(link), 0);
  await opened.claim(PASSWORD.normalize("NFKC"));
  const path = folder();
  await opened.download(new FolderSink(path));
  await assertSaved(path, ["one.txt", "two.bin"]);
  await assert.rejects((await openLink(url)).claim(PASSWORD), { code: "downloads_used_up" });
});

test("what the server keeps opens with another implementation, given the address and the password", async () => {
  const [{ file_id }] = release.manifest.body.files;
  const terms = { releaseId: release.release_id, fileId: file_id, password: PASSWORD };
  const { link, url } = await owner.createLink(terms);
  const row = await market.server.db
    .prepare("select wrapped_key from download_links where immutable_id = ?")
    .bind(link.link_id)
    .first();
  const from = {
    secret: Buffer.from(new URL(url).hash.slice(1), "base64url"),
    password: await passwordKey(PASSWORD, link.link_id),
    id: link.link_id,
    manifestHash: Buffer.from(release.manifest_hash, "base64url"),
  };
  const key = gcmOpen(linkKey("link", from), Buffer.from(row.wrapped_key, "base64url"));
  const [audit] = await owner.audit(release.release_id);
  assert.equal(key.toString("hex"), audit.file_key);
  assert.notDeepEqual(key, fileKey(key, file_id));
});

test("a download that breaks goes on under its claim and costs nothing more", async () => {
  const { link, url } = await owner.createLink({ releaseId: release.release_id, maxDownloads: 1 });
  const opened = await openLink(url);
  const broken = new FolderSink(folder());
  const write = broken.write.bind(broken);
  broken.write = (file, offset, bytes) =>
    offset > 0 ? Promise.reject(new Error("unplugged")) : write(file, offset, bytes);
  await assert.rejects(opened.download(broken), { code: "sink_failed" });
  const path = folder();
  await opened.download(new FolderSink(path));
  await assertSaved(path, ["one.txt", "two.bin"]);
  assert.equal(await downloads(link), 1);
});

test("a claim is kept under a key that nobody can export, and goes on after a reload", async () => {
  const terms = { releaseId: release.release_id, password: PASSWORD, maxDownloads: 1 };
  const { link, url } = await owner.createLink(terms);
  const opened = await openLink(url);
  await opened.claim(PASSWORD);
  const key = await Identity.makeDeviceKey();
  const bytes = await opened.keep(key);
  const bare = url.split("#")[0];
  const other = await Identity.makeDeviceKey();
  await assert.rejects(openLink(bare, { kept: { key: other, bytes } }), { code: "wrong_key" });
  const again = await openLink(bare, { kept: { key, bytes } });
  const path = folder();
  await again.download(new FolderSink(path));
  await assertSaved(path, ["one.txt", "two.bin"]);
  assert.equal(await downloads(link), 1);
  assert.deepEqual(await events(link), ["completed", "resumed", "claimed"]);
});

test("a download that was not begun can be given back", async () => {
  const { link, url } = await owner.createLink({ releaseId: release.release_id, maxDownloads: 1 });
  const opened = await openLink(url);
  await opened.claim();
  await opened.cancel();
  assert.equal(await downloads(link), 0);
  const path = folder();
  await (await openLink(url)).download(new FolderSink(path));
  await assertSaved(path, ["one.txt", "two.bin"]);
});

test("a link that was revoked opens nothing, and no address of another form does", async () => {
  const { link, url } = await owner.createLink({ releaseId: release.release_id });
  const opened = await openLink(url);
  await opened.claim();
  await owner.revokeLink(link.link_id);
  await assert.rejects(opened.download(new FolderSink(folder())), { code: "link_gone" });
  await assert.rejects(openLink(url), { code: "link_gone" });
  for (const address of ["x", `${market.proxy.url}/p/x`, url.split("#")[0], `${url}x`])
    await assert.rejects(openLink(address), { code: "invalid_argument" });
});

test("a server that hands over another link's key is found out", async () => {
  const { link, url } = await owner.createLink({ releaseId: release.release_id });
  const other = await owner.createLink({ releaseId: release.release_id });
  await market.server.db
    .prepare(
      "update download_links set wrapped_key = (select wrapped_key from download_links where immutable_id = ?2) where immutable_id = ?1",
    )
    .bind(link.link_id, other.link.link_id)
    .run();
  await assert.rejects((await openLink(url)).claim(), { code: "wrong_key" });
});

test("a product's files are listed by their names", async () => {
  const files = await owner.productFiles(release.product_id);
  assert.deepEqual(
    files.map(({ path, is_current, sha256 }) => [path, is_current, sha256]),
    Object.entries(contents).map(([path, bytes]) => [path, true, sha256(bytes)]),
  );
});
