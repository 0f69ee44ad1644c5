import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { assertProblem } from "./client.mjs";
import { Link, visitor } from "./links.mjs";
import { openMarket } from "./market.mjs";
import { Release, chunkKey, completeRelease, newId, openRelease, storedKeys } from "./release.mjs";
import { Sale, ok } from "./sale.mjs";
import { dispute, openDispute, revoke, verdict } from "./statements.mjs";

const HOUR = 3600;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
const RECORD_DAYS = 30;
const RUN = 5;

const { server, seller, buyer, arbiter } = await openMarket({
  offices: ["arbiter", "operator"],
  vars: { RETENTION_RUN: String(RUN), RECORD_DAYS: String(RECORD_DAYS) },
});
// From here on time only goes forward, so that tokens stay good.
await server.clock.advance(0);
// What one test left is gone before the next: every run handles few things.
afterEach(() =>
  server.db.exec("update releases set expires_at = 9007199254740991 where deleted_at is null"),
);

const first = (sql, ...params) =>
  server.db
    .prepare(sql)
    .bind(...params)
    .first();
const releaseRow = ({ id }) => first("select * from releases where id = ?", id);
const reserved = async ({ id }) =>
  (await first("select bytes from reservations where release_id = ?", id))?.bytes ?? 0;

/** Runs the cron at a time in Unix seconds. */
async function runAt(seconds) {
  await server.clock.set(seconds);
  await server.scheduled();
}

async function isKept(release, message) {
  assert.equal((await releaseRow(release)).deleted_at, null, message);
  assert.ok((await storedKeys(server, release)).length > 0, message);
}

async function isGone(release, message) {
  assert.notEqual((await releaseRow(release)).deleted_at, null, message);
  assert.deepEqual(await storedKeys(server, release), [], message);
  assert.equal(await reserved(release), 0, message);
}

test("a release that nobody bought is deleted a week after its completion, and its bytes given back", async () => {
  const release = await completeRelease(seller, [1, 5_000_000]);
  const { completed_at, expires_at } = release.completed;
  assert.equal(expires_at, completed_at + WEEK);
  await runAt(expires_at - 1);
  await isKept(release);
  assert.ok((await reserved(release)) > 5_000_000);
  await runAt(expires_at);
  await isGone(release);
  const sale = new Sale(seller, buyer, release);
  await assertProblem(await sale.makeOffer(), 410, "release_gone");
  const before = await releaseRow(release);
  await server.scheduled();
  assert.deepEqual(await releaseRow(release), before, "a second run");
});

test("an offer, a sale and a running download each keep the release they froze", async () => {
  const terms = { policy: { retention_seconds: 3 * WEEK } };
  const offered = await Sale.offered(seller, buyer, {
    offer: { expires_at: server.clock.now() + 2 * WEEK },
  });
  const delivered = await Sale.accepted(seller, buyer, terms);
  const running = await Sale.claimed(seller, buyer, terms);
  assert.equal((await running.chunk()).status, 200);
  const { retention_ends_at } = (await running.stored()).transfers[0];

  await runAt(server.clock.now() + WEEK + 1);
  for (const sale of [offered, delivered, running]) await isKept(sale.release);
  await runAt(offered.offer.expires_at);
  await isGone(offered.release, "the offer has expired");
  await isKept(delivered.release);
  running.claimed = await ok(await running.claim());
  assert.equal((await running.chunk()).status, 200);
  await runAt(retention_ends_at);
  await isGone(delivered.release);
  await isGone(running.release);
});

test("a new release replaces the old one for new sales only", async () => {
  const sale = await Sale.accepted(seller, buyer, { policy: { retention_seconds: 2 * WEEK } });
  const next = new Release(seller, sale.release.productId, [7]);
  await next.open();
  await next.putAll();
  next.completed = await ok(await next.complete());
  const later = new Sale(seller, buyer, next);
  await ok(await later.makeOffer());
  assert.equal((await later.show()).release_id, next.id);
  await runAt(server.clock.now() + WEEK + 1);
  await isKept(sale.release);
  await isGone(next, "its offer has expired");
  sale.claimed = await ok(await sale.claim());
  assert.equal(sale.claimed.release_id, sale.release.id);
  assert.equal((await sale.chunk()).status, 200);
});

test("where running downloads may finish, the bytes go when the last claim has ended", async () => {
  const sale = await Sale.accepted(seller, buyer, {
    policy: { retention_seconds: WEEK, revoke_on_expiry: false },
  });
  const { retention_ends_at: ends } = (await sale.stored()).transfers[0];
  await server.clock.set(ends - 60);
  sale.claimed = await ok(await sale.claim());
  assert.equal((await sale.chunk()).status, 200);
  await runAt(ends + 1);
  assert.equal((await sale.stored()).transfers[0].status, "expired");
  await isKept(sale.release);
  assert.equal((await sale.chunk()).status, 200, "it goes on");
  await runAt(sale.claimed.claim_expires_at - 1);
  await isKept(sale.release);
  await runAt(sale.claimed.claim_expires_at);
  await isGone(sale.release);
});

test("a claim given back keeps nothing", async () => {
  const sale = await Sale.accepted(seller, buyer, {
    policy: { retention_seconds: WEEK, revoke_on_expiry: false },
  });
  const { retention_ends_at: ends } = (await sale.stored()).transfers[0];
  await server.clock.set(ends - 60);
  sale.claimed = await ok(await sale.claim());
  await ok(await sale.cancel());
  await runAt(ends + 1);
  await isGone(sale.release);
});

test("a dispute keeps the files, the envelope and the evidence until it is ruled", async () => {
  const sale = await Sale.claimed(seller, buyer);
  assert.equal((await sale.chunk()).status, 200);
  await ok(await openDispute(sale));
  await ok(await dispute(sale, "answer").send());
  await runAt(server.clock.now() + (RECORD_DAYS + 10) * DAY);
  await server.scheduled();
  assert.equal((await sale.show()).status, "disputed");
  await isKept(sale.release);
  const { grants } = await sale.stored();
  assert.equal(grants.length, 1);
  await ok(await verdict(sale, arbiter, "for_seller").send());
  assert.equal((await sale.show()).status, "expired", "what fell due meanwhile");
  await server.scheduled();
  await isGone(sale.release);
  assert.deepEqual((await sale.stored()).grants, []);
});

test("a dispute about a sale that is over keeps the files for as long as records are kept", async () => {
  const sale = await Sale.claimed(seller, buyer);
  assert.equal((await sale.chunk()).status, 200);
  await ok(await revoke(sale, { client: arbiter, reason: "takedown" }).send());
  await ok(await openDispute(sale));
  const opened = server.clock.now();
  await runAt(opened + RECORD_DAYS * DAY - DAY);
  await isKept(sale.release);
  await runAt(opened + RECORD_DAYS * DAY + DAY);
  await isGone(sale.release);
});

test("a link keeps its release while it is open, and while a claim of it runs", async () => {
  const release = await completeRelease(seller, [1]);
  const other = await completeRelease(seller, [1]);
  const due = release.completed.expires_at;
  await server.clock.set(due - HOUR);
  const link = await Link.made(seller, release);
  const revoked = await Link.made(seller, other);
  await ok(await revoked.revoke());
  const who = await visitor(server);
  await server.clock.set(due + 22 * HOUR);
  const claim = await ok(await link.claim(who));
  assert.equal(link.made.expires_at, due + 23 * HOUR);
  await runAt(due + 23 * HOUR + 1);
  await isGone(other, "its link was revoked");
  await isKept(release, "a claim runs");
  await runAt(claim.claim_expires_at - 1);
  await isKept(release);
  await runAt(claim.claim_expires_at);
  await isGone(release);
  await assertProblem(await new Link(seller, release).make(), 410, "release_gone");
});

test("one run deletes a bounded number, and the next goes on", async () => {
  const releases = [];
  for (let index = 0; index < 2 * RUN + 1; index += 1)
    releases.push(await completeRelease(seller, [index]));
  const due = releases.at(-1).completed.expires_at;
  const gone = async () => {
    const rows = await Promise.all(releases.map(releaseRow));
    return rows.filter(({ deleted_at }) => deleted_at !== null).length;
  };
  const counts = [];
  for (let run = 0; run < 3; run += 1) {
    await runAt(due + run);
    counts.push(await gone());
  }
  assert.deepEqual(counts, [RUN, 2 * RUN, 2 * RUN + 1]);
  for (const release of releases) await isGone(release);
});

test("a run that died after the tombstone, or in the middle of the chunks, is gone on with", async () => {
  const release = await completeRelease(seller, [5_000_000]);
  const [chunk] = release.chunks();
  await server.db
    .prepare("update releases set deleted_at = ?1 where id = ?2")
    .bind(server.clock.now(), release.id)
    .run();
  await server.blobs.delete(chunkKey(release, chunk));
  assert.ok((await reserved(release)) > 0);
  await runAt(server.clock.now());
  await isGone(release);
});

test("an offer that comes while its release is deleted is refused", async () => {
  const release = await completeRelease(seller, [1]);
  const sale = new Sale(seller, buyer, release, { sealed: false });
  await assert.rejects(
    server.db.batch([
      server.db.prepare("update releases set deleted_at = 1 where id = ?").bind(release.id),
      server.db
        .prepare(
          `insert into product_transfers (id, product_id, from_ailock_id, to_ailock_id, price, currency, status, policy,
             created_at, updated_at, offer_id, offer, offer_hash, release_id, manifest_hash, machine, audit_seq, audit_head)
           values (?1, ?2, 'a', 'b', 0, 'usd', 'offered', '{}', 1, 1, ?3, '{}', ?4, ?5, ?4, '{}', 1, ?4)`,
        )
        .bind(sale.id, release.productId, newId("offer"), "A".repeat(43), release.id),
    ]),
    /releases\.deleted_at/,
  );
  await isKept(release, "the batch did nothing");
});

test("an upload left open for a day is aborted, and purged an hour later", async () => {
  const release = await openRelease(seller, [1, 1]);
  const [chunk, late] = release.chunks();
  await ok(await release.put(chunk));
  const opened = server.clock.now();
  await runAt(opened + DAY - 60);
  assert.equal((await ok(await release.status())).state, "open");
  await runAt(opened + DAY);
  assert.equal((await ok(await release.status())).state, "aborted");
  await assertProblem(await release.put(late), 409, "upload_closed");
  // A PUT that saw the upload open lands after the abort.
  await server.blobs.put(chunkKey(release, late), late.bytes);
  await runAt(opened + DAY + 3601);
  assert.deepEqual(await storedKeys(server, release), []);
});
