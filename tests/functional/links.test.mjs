import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterEach, test } from "node:test";
import { text } from "../interop/protocol.mjs";
import { Client, assertProblem } from "./client.mjs";
import { Link } from "./links.mjs";
import { openMarket } from "./market.mjs";
import { Release, completeRelease, countRows, newId } from "./release.mjs";
import { Sale, ok } from "./sale.mjs";

const DAY = 86_400;
const HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const HEADERS = new URL("../../www/public/_headers", import.meta.url);

const { server, seller, buyer, stranger } = await openMarket({ page: true });
const release = await completeRelease(seller, [1, 2]);
afterEach(() => server.clock.release());

const made = (changes) => Link.made(seller, release, changes);

test("a link is made with a day and five downloads, and only hashes are kept", async () => {
  const link = await made();
  const { created_at, ...view } = link.made;
  assert.deepEqual(view, {
    link_id: link.id,
    release_id: release.id,
    file_id: null,
    transfer_id: null,
    has_password: false,
    max_downloads: 5,
    downloads: 0,
    expires_at: created_at + DAY,
    revoked_at: null,
    state: "open",
  });
  const tables = ["download_links", "link_bodies"];
  const column = { download_links: "immutable_id", link_bodies: "link_id" };
  for (const table of tables) {
    const row = await server.db
      .prepare(`select * from ${table} where ${column[table]} = ?`)
      .bind(link.id)
      .first();
    const stored = JSON.stringify(row);
    for (const secret of [link.token, link.auth]) assert.ok(!stored.includes(text(secret)));
  }
});

test("the same id with the same body is the same request, with another one a conflict", async () => {
  const link = new Link(seller, release);
  const answers = await Promise.all(Array.from({ length: 10 }, () => link.make()));
  for (const answer of answers) assert.equal((await ok(answer)).link_id, link.id);
  assert.equal(await countRows(server, "download_links", "immutable_id", link.id), 1);
  for (const changes of [{ max_downloads: 4 }, { auth_hash: text(randomBytes(32)) }])
    await assertProblem(await link.make({ ...link.body, ...changes }), 409, "id_conflict");
  await assertProblem(await link.make(link.body, stranger), 409, "id_conflict");
  const sameToken = { ...link.body, link_id: newId("link") };
  await assertProblem(await link.make(sameToken), 409, "id_conflict");
});

test("only what is one's own can be linked to; what is another's looks like nothing", async () => {
  const theirs = await completeRelease(stranger, [1]);
  const file_id = theirs.files[0].declared.file_id;
  const named = { sealed_name: "AAAA" };
  for (const link of [
    new Link(seller, theirs),
    new Link(seller, release, { release_id: newId("release") }),
    new Link(seller, release, { file_id, ...named }),
    new Link(seller, release, { file_id: newId("file"), ...named }),
    new Link(seller, release, { transfer_id: newId("transfer") }),
  ])
    await assertProblem(await link.make(), 404, "not_found");
});

test("a body that contradicts itself is refused, and so is one that cannot be read", async () => {
  const file_id = release.files[0].declared.file_id;
  for (const changes of [
    { file_id },
    { sealed_name: "AAAA" },
    { file_id, sealed_name: text(randomBytes(8193)) },
  ])
    await assertProblem(await new Link(seller, release, changes).make(), 422, "unprocessable");
  for (const changes of [
    { link_id: "x" },
    { wrapped_key: "AAAA" },
    { has_password: 1 },
    { more: 1 },
    { token_hash: undefined },
  ])
    await assertProblem(await new Link(seller, release, changes).make(), 400, "invalid_request");
});

test("links are listed to their owner, newest first, page by page", async () => {
  const owner = await Client.registered(server);
  const own = await completeRelease(owner, [1]);
  const links = [];
  for (let count = 0; count < 3; count += 1) links.unshift(await Link.made(owner, own));
  const first = await ok(await owner.call("download-links?limit=2"));
  const second = await ok(await owner.call(`download-links?limit=2&after=${first.next}`));
  assert.deepEqual(
    [...first.links, ...second.links].map(({ link_id }) => link_id),
    links.map(({ id }) => id),
  );
  assert.equal(second.next, null);
  assert.deepEqual((await ok(await stranger.call("download-links"))).links, []);
});

test("a link is the page or JSON, whichever Accept prefers", async () => {
  const link = await made();
  for (const [accept, type] of [
    [HTML, "text/html"],
    ["application/json;q=0.5, text/html", "text/html"],
    ["application/json, text/html;q=0.1", "application/json"],
    ["text/html;q=0, */*", "application/json"],
  ]) {
    const response = await link.open({ accept });
    assert.equal(response.headers.get("content-type").split(";")[0], type, accept);
    assert.match(response.headers.get("vary"), /accept/i);
  }
});

test("a link is another owner's affair to nobody", async () => {
  const link = await made();
  for (const response of [
    await link.show(stranger),
    await link.revoke(stranger),
    await stranger.call(`download-links-log?link_id=${link.id}`),
    await stranger.call(`download-links?link_id=${newId("link")}`),
  ])
    await assertProblem(response, 404, "not_found");
  assert.equal((await ok(await link.show())).revoked_at, null);
});

test("a link is revoked once, and again is as good", async () => {
  const link = await made();
  const [first, ...others] = await Promise.all(Array.from({ length: 5 }, () => link.revoke()));
  const view = await ok(first);
  assert.equal(view.state, "revoked");
  for (const other of others) assert.deepEqual(await ok(other), view);
});

test("looking uses nothing up: neither GET nor HEAD, by a person, a program, a prefetch or a scanner", async () => {
  const link = await made({ max_downloads: 1 });
  const looks = [
    { accept: HTML },
    { accept: HTML, method: "HEAD" },
    { accept: HTML, headers: { "sec-purpose": "prefetch;prerender" } },
    { accept: "*/*", headers: { "user-agent": "Slackbot-LinkExpanding 1.0" } },
    { accept: "application/json", method: "HEAD" },
    { accept: "application/json" },
  ];
  for (let times = 0; times < 3; times += 1)
    for (const look of looks) assert.equal((await link.open(look)).status, 200);
  assert.equal((await ok(await link.open())).downloads_left, 1);
  assert.deepEqual(await link.log(), []);
  assert.equal(await countRows(server, "claims", "link_id", link.id), 0);
  for (const method of ["POST", "PUT", "DELETE"])
    await assertProblem(await link.open({ method }), 405, "method_not_allowed");
});

test("a program gets the facts, without the owner's other links and without what opens the files", async () => {
  const link = await made({ has_password: true });
  const response = await link.open();
  assert.match(response.headers.get("vary"), /Accept/);
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.deepEqual(await ok(response), {
    link_id: link.id,
    release_id: release.id,
    file_id: null,
    manifest_hash: release.completed.manifest_hash,
    seller: seller.id,
    has_password: true,
    max_downloads: 5,
    downloads_left: 5,
    expires_at: link.made.expires_at,
    state: "open",
    files: release.files.map(({ declared }) => ({
      file_id: declared.file_id,
      size: declared.plaintext_size,
      declared_type: declared.declared_type,
    })),
  });
});

test("a browser gets the page, whatever the token, with the headers of every page", async () => {
  const link = await made();
  for (const path of [link.path, "/downloads/unknown"]) {
    const response = await fetch(server.url + path, { headers: { accept: HTML } });
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type"), /^text\/html/);
    assert.match(response.headers.get("vary"), /Accept/);
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.match(await response.text(), /<script type="module"/);
    const policy = /Content-Security-Policy: (.*)/.exec(readFileSync(HEADERS, "utf8"))[1];
    assert.equal(response.headers.get("content-security-policy"), policy);
    assert.equal(response.headers.get("referrer-policy"), "no-referrer");
  }
});

test("a product's files are listed to its owner, of all releases", async () => {
  const old = await completeRelease(seller, [1, 2]);
  const path = `/api/products/${old.productId}/files`;
  const before = await ok(await seller.call(path));
  assert.equal(before.product_id, old.productId);
  assert.ok(before.files.every(({ is_current }) => is_current));
  const next = new Release(seller, old.productId, [3]);
  await next.open();
  await next.putAll();
  await ok(await next.complete());
  await server.db.prepare("update releases set deleted_at = 1 where id = ?").bind(old.id).run();
  const { files } = await ok(await seller.call(path));
  const facts = files.map(({ file_id, release_id, size, is_current, is_deleted }) => [
    file_id,
    release_id,
    size,
    is_current,
    is_deleted,
  ]);
  const of = (made, isCurrent) =>
    made.files.map(({ declared }) => [
      declared.file_id,
      made.id,
      declared.plaintext_size,
      isCurrent,
      !isCurrent,
    ]);
  assert.deepEqual(facts.sort(), [...of(next, true), ...of(old, false)].sort());
  const page = await ok(await seller.call(`${path}?limit=1`));
  assert.equal(page.files.length, 1);
  const rest = await ok(await seller.call(`${path}?after=${page.next}`));
  assert.equal(rest.files.length, 2);
  await assertProblem(await stranger.call(path), 404, "not_found");
  await assertProblem(
    await seller.call(`/api/products/${newId("product")}/files`),
    404,
    "not_found",
  );
  await assertProblem(await seller.call("/api/products/x/files"), 404, "not_found");
  await assertProblem(await fetch(server.url + path), 401, "authentication_required");
});

test("a new release is what new sales are of; what was sold or linked before keeps its own", async () => {
  const old = await completeRelease(seller, [1]);
  const earlier = new Sale(seller, buyer, old);
  await ok(await earlier.makeOffer());
  const link = await Link.made(seller, old);
  const next = new Release(seller, old.productId, [2]);
  await next.open();
  await next.putAll();
  await ok(await next.complete());
  const product = await ok(await seller.call(`products?product_id=${old.productId}`));
  assert.equal(product.release_id, next.id);
  await ok(await earlier.invoice());
  earlier.claimed = await ok(await earlier.claim());
  assert.equal(earlier.claimed.release_id, old.id);
  assert.equal((await earlier.chunk()).status, 200);
  const claim = await link.claimed();
  assert.equal(claim.answer.release_id, old.id);
  assert.equal((await claim.chunk()).status, 200);
});
