// The log of a link's use, as its owner reads it.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { afterEach, test } from "node:test";
import { Client, assertProblem } from "./client.mjs";
import { Link, visitor } from "./links.mjs";
import { openMarket } from "./market.mjs";
import { chunkKey, completeRelease, countRows } from "./release.mjs";
import { ok } from "./sale.mjs";

const DAY = 86_400;

const { server, seller } = await openMarket();
const release = await completeRelease(seller, [1, 2]);
afterEach(() => server.clock.release());

const made = (changes) => Link.made(seller, release, changes);

test("the log tells its owner who did what, and hashes addresses with a salt of the day", async () => {
  const start = Math.ceil(server.clock.now() / DAY) * DAY;
  await server.clock.set(start);
  // The others' tokens are of another time.
  const owner = await Client.registered(server);
  const link = await Link.made(owner, await completeRelease(owner, [1]));
  const headers = { "user-agent": "Someone/1.0", "cf-connecting-ip": "203.0.113.7" };
  const who = await visitor(server);
  const claim = await link.claimed({ who, headers });
  await ok(await link.claim(who, { claim_id: claim.id, headers }));
  await link.claim(await visitor(server), { auth: randomBytes(32), headers });
  await ok(await claim.cancel());
  const entries = await link.log();
  assert.deepEqual(
    entries.map(({ event, code, claim_id, at }) => [event, code, claim_id, at]),
    [
      ["cancelled", null, claim.id, start],
      ["refused", "wrong_password", null, start],
      ["resumed", null, claim.id, start],
      ["claimed", null, claim.id, start],
    ],
  );
  assert.equal(entries[3].user_agent, "Someone/1.0");
  const [hash] = new Set(entries.slice(1).map(({ ip }) => ip));
  assert.match(hash, /^[\w-]{43}$/);
  await server.clock.set(start + DAY - 1);
  await server.scheduled();
  assert.equal(await countRows(server, "link_log_salts", "day", start / DAY), 1);
  await server.clock.set(start + DAY);
  await server.scheduled();
  assert.equal(await countRows(server, "link_log_salts", "day", start / DAY), 0);
  const rest = await link.claim(await visitor(server), { headers });
  assert.equal(rest.status, 410);
  assert.notEqual((await link.log())[0].ip, hash);
});

test("the log is read page by page, and what anybody can repeat fills it only so far", async () => {
  const link = await made();
  const row =
    "insert into link_log (link_id, event, code, at) values (?1, 'refused', 'link_gone', 1)";
  const fill = server.db.prepare(row).bind(link.id);
  await server.db.batch(Array.from({ length: 999 }, () => fill));
  for (let times = 0; times < 3; times += 1)
    await link.claim(await visitor(server), { auth: randomBytes(32) });
  assert.equal(await countRows(server, "link_log", "link_id", link.id), 1000);
  await link.claimed();
  const path = `download-links-log?link_id=${link.id}&limit=2`;
  const first = await ok(await seller.call(path));
  assert.deepEqual(
    first.entries.map(({ event }) => event),
    ["claimed", "refused"],
  );
  const second = await ok(await seller.call(`${path}&after=${first.next}`));
  assert.ok(second.entries[0].entry_id < first.entries[1].entry_id);
});

test("strangers who are refused keep no download's line out of the log", async () => {
  const link = await made();
  const claim = await link.claimed();
  const row =
    "insert into link_log (link_id, event, code, at) values (?1, 'refused', 'link_gone', 1)";
  const fill = server.db.prepare(row).bind(link.id);
  await server.db.batch(Array.from({ length: 1000 }, () => fill));
  await ok(await claim.renew());
  assert.equal((await link.log())[0].event, "resumed");
});

test("what fails under a running download is on the record once, with its claim", async () => {
  const own = await completeRelease(seller, [1, 2]);
  const link = await Link.made(seller, own);
  const claim = await link.claimed();
  assert.equal((await claim.chunk()).status, 200);
  await server.blobs.delete(chunkKey(own, own.chunks()[1]));
  const { file_id } = own.files[1].declared;
  for (let times = 0; times < 2; times += 1)
    await assertProblem(await claim.chunk({ file: file_id }), 410, "release_gone");
  const fail = "create trigger no_mark before update of first_chunk_at on claims";
  const other = await link.claimed();
  await server.db.prepare(`${fail} begin select raise(abort, 'away'); end`).run();
  await assertProblem(await other.chunk(), 503, "unavailable");
  await server.db.prepare("drop trigger no_mark").run();
  assert.deepEqual(
    (await link.log())
      .filter(({ event }) => event === "failed")
      .map(({ code, claim_id }) => [code, claim_id]),
    [
      ["unavailable", other.id],
      ["release_gone", claim.id],
    ],
  );
});

test("a refusal of a claim that is known names it", async () => {
  const link = await made();
  const claim = await link.claimed();
  await ok(await claim.cancel());
  await assertProblem(await claim.renew(), 409, "claim_ended");
  await link.claim(await visitor(server), { auth: randomBytes(32) });
  const refused = (await link.log()).filter(({ event }) => event === "refused");
  assert.deepEqual(
    refused.map(({ code, claim_id }) => [code, claim_id]),
    [
      ["wrong_password", null],
      ["claim_ended", claim.id],
    ],
  );
});

test("a claim is given back and put on record, or neither", async () => {
  const link = await made();
  const claim = await link.claimed();
  const fail = "create trigger no_line before insert on link_log when new.event = 'cancelled'";
  await server.db.prepare(`${fail} begin select raise(abort, 'away'); end`).run();
  await assertProblem(await claim.cancel(), 503, "unavailable");
  await server.db.prepare("drop trigger no_line").run();
  assert.equal((await ok(await link.show())).downloads, 1);
  for (let times = 0; times < 2; times += 1) await ok(await claim.cancel());
  const cancelled = (await link.log()).filter(({ event }) => event === "cancelled");
  assert.deepEqual(
    cancelled.map(({ claim_id }) => claim_id),
    [claim.id],
  );
});
