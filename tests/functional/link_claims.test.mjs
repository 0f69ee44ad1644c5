import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { afterEach, test } from "node:test";
import { assertProblem } from "./client.mjs";
import { Link, LinkClaim, visitor } from "./links.mjs";
import { openMarket } from "./market.mjs";
import { completeRelease, newId } from "./release.mjs";
import { Sale, ok } from "./sale.mjs";

const DAY = 86_400;

const { server, seller, buyer } = await openMarket({
  rates: { RATE_CLAIM: 100_000, RATE_ANON: 100_000 },
});
// Two files; the second one has two chunks.
const release = await completeRelease(seller, [1, 4_300_000]);
afterEach(() => server.clock.release());

const made = (changes) => Link.made(seller, release, changes);
const rows = async (link) =>
  (
    await server.db
      .prepare("select * from claims where link_id = ? order by id")
      .bind(link.id)
      .all()
  ).results;
const downloads = async (link) => (await ok(await link.show())).downloads;

test("a claim opens the manifest and every chunk, and needs no registration", async () => {
  const link = await made();
  const claim = await link.claimed();
  assert.equal(claim.answer.wrapped_key, link.body.wrapped_key);
  assert.equal(claim.answer.seller_keys.ed25519_pk, seller.registration().ed25519_pk);
  assert.equal(claim.answer.expires_in, 300);
  const { manifest } = await ok(await claim.manifest());
  assert.equal(manifest.body.release_id, release.id);
  for (const { file_id, index, bytes } of release.chunks()) {
    const response = await claim.chunk({ file: file_id, index });
    assert.equal(response.status, 200);
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), bytes);
  }
  const [{ key_thumbprint, holder_ailock_id, transfer_id }] = await rows(link);
  assert.deepEqual([key_thumbprint.length, holder_ailock_id, transfer_id], [43, null, null]);
});

test("of 200 claims at once on a link with 5 downloads exactly 5 begin", async () => {
  const link = await made();
  const visitors = await Promise.all(Array.from({ length: 200 }, () => visitor(server)));
  const answers = await Promise.all(visitors.map((who) => link.claim(who)));
  const begun = answers.filter(({ status }) => status === 200);
  assert.equal(begun.length, 5);
  for (const answer of answers.filter(({ status }) => status !== 200))
    await assertProblem(answer, 409, "downloads_used_up");
  assert.equal((await rows(link)).length, 5);
  assert.equal((await ok(await link.open())).downloads_left, 0);
  assert.equal((await ok(await link.show())).state, "used_up");
});

test("a link works one second before its end and not at it, and what runs goes on for its day", async () => {
  const start = server.clock.now();
  await server.clock.set(start);
  const link = await made();
  assert.equal(link.made.expires_at, start + DAY);
  await server.clock.set(start + DAY - 1);
  const claim = await link.claimed();
  assert.equal(claim.answer.claim_expires_at, start + DAY - 1 + DAY);
  await server.clock.set(start + DAY);
  await assertProblem(await link.claim(await visitor(server)), 410, "link_gone");
  assert.equal((await ok(await link.open())).state, "expired");
  await server.clock.set(start + 2 * DAY - 2);
  const renewed = new LinkClaim(link, claim.holder, await ok(await claim.renew()));
  assert.equal(renewed.answer.expires_in, 1);
  assert.equal((await renewed.chunk()).status, 200);
  await server.clock.set(start + 2 * DAY - 1);
  await assertProblem(await claim.renew(), 409, "claim_ended");
});

test("a link may end sooner and give less, never later or more", async () => {
  const start = server.clock.now();
  await server.clock.set(start);
  const link = await made({ expires_in: 10, max_downloads: 1 });
  assert.equal(link.made.expires_at, start + 10);
  await link.claimed();
  await assertProblem(await link.claim(await visitor(server)), 409, "downloads_used_up");
  for (const changes of [
    { expires_in: 0 },
    { expires_in: DAY + 1 },
    { max_downloads: 0 },
    { max_downloads: 6 },
  ])
    await assertProblem(await new Link(seller, release, changes).make(), 422, "unprocessable");
});

test("the same claim is renewed by its key freely, and by nobody else", async () => {
  const link = await made({ max_downloads: 1 });
  const claim = await link.claimed();
  await claim.chunk();
  for (let times = 0; times < 3; times += 1)
    assert.equal((await ok(await claim.renew())).claim_id, claim.id);
  assert.equal(await downloads(link), 1);
  await assertProblem(await claim.renew(await visitor(server)), 404, "not_found");
  const other = await made();
  await assertProblem(await other.claim(claim.holder, { claim_id: claim.id }), 404, "not_found");
  const sale = await Sale.claimed(seller, buyer);
  const theirs = await link.claim(claim.holder, { claim_id: sale.claimed.claim_id });
  await assertProblem(theirs, 404, "not_found");
  const open = await made();
  const again = await open.claim(claim.holder, { claim_id: sale.claimed.claim_id });
  await assertProblem(again, 404, "not_found");
});

test("the same claim id at once from many calls of one key is one claim", async () => {
  const link = await made();
  const who = await visitor(server);
  const claim_id = newId("claim");
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => link.claim(who, { claim_id })),
  );
  for (const answer of answers) assert.equal((await ok(answer)).claim_id, claim_id);
  assert.equal(await downloads(link), 1);
});

test("a claim needs a fresh proof, for its own address", async () => {
  const link = await made();
  const who = await visitor(server);
  await assertProblem(await link.claim(who, { proof: null }), 401, "invalid_dpop_proof");
  const elsewhere = await who.proof({ url: `${server.url}/downloads/x/claim` });
  await assertProblem(await link.claim(who, { proof: elsewhere }), 401, "invalid_dpop_proof");
  const proof = await who.proof({ url: `${server.url}${link.path}/claim` });
  await ok(await link.claim(who, { proof }));
  await assertProblem(await link.claim(who, { proof }), 401, "dpop_proof_replayed");
});

test("a ticket is its key's and its claim's alone", async () => {
  const link = await made();
  const [one, two] = [await link.claimed(), await link.claimed()];
  const stolen = new LinkClaim(link, two.holder, one.answer);
  await assertProblem(await stolen.chunk(), 401, "invalid_ticket");
  const mixed = new LinkClaim(link, one.holder, { ...one.answer, claim_id: two.id });
  await assertProblem(await mixed.manifest(), 401, "invalid_ticket");
  await assertProblem(await mixed.cancel(), 401, "invalid_ticket");
  const sale = await Sale.claimed(seller, buyer);
  const json = { claim_id: sale.claimed.claim_id };
  const options = { method: "POST", json };
  await assertProblem(await sale.withTicket("link-claims-cancel", options), 404, "not_found");
});

test("a claim given back before its first chunk counts no more; afterwards it cannot be", async () => {
  const link = await made({ max_downloads: 1 });
  const first = await link.claimed();
  await ok(await first.manifest());
  assert.equal((await first.chunk({ method: "HEAD" })).status, 200);
  await ok(await first.cancel());
  await ok(await first.cancel());
  assert.equal(await downloads(link), 0);
  await assertProblem(await first.chunk(), 409, "claim_ended");
  await assertProblem(await first.renew(), 409, "claim_ended");
  const second = await link.claimed();
  assert.equal((await second.chunk()).status, 200);
  await assertProblem(await second.cancel(), 409, "wrong_state");
  assert.equal(await downloads(link), 1);
});

test("a claim cancelled while its chunks are fetched is either given back or used, never both", async () => {
  let cancelled = 0;
  for (let round = 0; round < 12; round += 1) {
    const link = await made({ max_downloads: 1 });
    const claim = await link.claimed();
    const file = release.files[1].declared.file_id;
    const calls = [0, 1].map((index) => claim.chunk({ file, index }));
    calls.splice(round % 3, 0, claim.cancel());
    const answers = await Promise.all(calls);
    const [cancel] = answers.splice(round % 3, 1);
    const served = answers.filter(({ status }) => status === 200).length;
    if (cancel.status === 200) {
      cancelled += 1;
      assert.equal(served, 0);
      assert.equal(await downloads(link), 0);
    } else {
      await assertProblem(cancel, 409, "wrong_state");
      assert.equal(await downloads(link), 1);
    }
  }
  assert.ok(cancelled < 12, "a chunk came first at least once");
});

test("a claim that lapses before its first chunk counts no more, and the cron writes that down", async () => {
  const start = server.clock.now();
  await server.clock.set(start);
  const link = await made({ max_downloads: 2 });
  await link.claimed();
  const used = await link.claimed();
  assert.equal((await used.chunk()).status, 200);
  await server.clock.set(start + DAY);
  await server.scheduled();
  const row = await server.db
    .prepare("select download_count from download_links where immutable_id = ?")
    .bind(link.id)
    .first();
  assert.equal(row.download_count, 1);
  assert.equal((await rows(link)).filter(({ cancelled_at }) => cancelled_at !== null).length, 1);
});

test("a link to one file gives that file alone", async () => {
  const { file_id } = release.files[1].declared;
  const link = await made({ file_id, sealed_name: "AAAA" });
  const info = await ok(await link.open());
  assert.deepEqual(
    info.files.map((file) => [file.file_id, file.size]),
    [[file_id, 4_300_000]],
  );
  const claim = await link.claimed();
  assert.equal(claim.answer.file_id, file_id);
  assert.equal(claim.answer.sealed_name, "AAAA");
  assert.equal((await claim.chunk({ file: file_id, index: 1 })).status, 200);
  await assertProblem(await claim.chunk(), 404, "not_found");
});

test("a link begins 100 claims, however many of them are given back", async () => {
  const link = await made();
  const who = await visitor(server);
  for (let times = 0; times < 100; times += 1) {
    const claim = await link.claimed({ who });
    await ok(await claim.cancel());
  }
  await assertProblem(await link.claim(who), 409, "downloads_used_up");
  assert.equal((await rows(link)).length, 100);
  assert.equal((await ok(await link.show())).state, "used_up");
});

test("revoking a link stops its downloads at the next chunk", async () => {
  const link = await made();
  const [used, fresh] = [await link.claimed(), await link.claimed()];
  assert.equal((await used.chunk()).status, 200);
  await ok(await link.revoke());
  for (const response of [await used.chunk(), await fresh.chunk(), await used.manifest()])
    await assertProblem(response, 410, "link_gone");
  await assertProblem(await used.renew(), 410, "link_gone");
  await assertProblem(await link.claim(await visitor(server)), 410, "link_gone");
  await assertProblem(await link.open(), 410, "link_gone");
  const stopped = (await link.log()).filter(({ event }) => event === "stopped");
  assert.deepEqual(stopped.map(({ claim_id }) => claim_id).sort(), [used.id, fresh.id].sort());
});

test("what is found infected or is rejected goes out by no link", async () => {
  for (const finding of ["malware_scan = 'infected'", "moderation = 'rejected'"]) {
    const bad = await completeRelease(seller, [1]);
    const link = await Link.made(seller, bad);
    const claim = await link.claimed();
    assert.equal((await claim.chunk()).status, 200);
    await server.db
      .prepare(
        "insert into content_checks (id, product_id, release_id) values (?1, ?2, ?1) on conflict do nothing",
      )
      .bind(bad.id, bad.productId)
      .run();
    await server.db.prepare(`update content_checks set ${finding} where id = ?`).bind(bad.id).run();
    await assertProblem(await claim.chunk(), 410, "link_gone");
    await assertProblem(await link.claim(await visitor(server)), 410, "link_gone");
    await assertProblem(await new Link(seller, bad).make(), 409, "content_refused");
  }
});

test("a release whose files were deleted is gone", async () => {
  const gone = await completeRelease(seller, [1]);
  const link = await Link.made(seller, gone);
  await server.db.prepare("update releases set deleted_at = 1 where id = ?").bind(gone.id).run();
  await assertProblem(await link.open(), 410, "release_gone");
  await assertProblem(await link.claim(await visitor(server)), 410, "release_gone");
  await assertProblem(await new Link(seller, gone).make(), 410, "release_gone");
});

test("completion is recorded once, for what the seller committed to", async () => {
  const link = await made();
  const claim = await link.claimed();
  await assertProblem(await claim.complete(), 422, "unprocessable");
  assert.equal((await claim.chunk()).status, 200);
  await assertProblem(await claim.complete({}), 422, "unprocessable");
  const other = { client_hash: randomBytes(32).toString("base64url") };
  await assertProblem(await claim.complete(other), 409, "content_mismatch");
  const first = await ok(await claim.complete());
  await server.clock.advance(5);
  const renewed = new LinkClaim(link, claim.holder, await ok(await claim.renew()));
  assert.deepEqual(await ok(await renewed.complete()), first);
  assert.equal((await link.log()).filter(({ event }) => event === "completed").length, 1);
});

test("a bad body is refused before anything is looked at", async () => {
  const link = await made();
  const url = `${server.url}${link.path}/claim`;
  const who = await visitor(server);
  for (const body of ["{}", "{", JSON.stringify({ claim_id: "x", auth: "y" })]) {
    const headers = { "content-type": "application/json", dpop: await who.proof({ url }) };
    await assertProblem(
      await fetch(url, { method: "POST", headers, body }),
      400,
      "invalid_request",
    );
  }
  for (const token of ["x", "A".repeat(43), "A".repeat(44)]) {
    const claim = await fetch(`${server.url}/downloads/${token}/claim`, { method: "POST" });
    await assertProblem(claim, 404, "not_found");
    await assertProblem(await fetch(`${server.url}/downloads/${token}`), 404, "not_found");
  }
});
