// The Worker dies while it takes a chunk, completes or aborts an upload, begins a claim, or deletes what is due. The
// call is made again, as every client does, and bucket and books agree.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { assertBooksAgree } from "./books.mjs";
import { Client } from "./client.mjs";
import { DurableServer } from "./durable_server.mjs";
import { seeded } from "./paid_sale.mjs";
import { completeRelease, newId, openRelease } from "./release.mjs";
import { Sale, ok } from "./sale.mjs";

const ROUNDS = process.env.CLAIMCHECK_LONG === undefined ? 2 : 10;
const DAY = 86_400;
const SIZES = [4_194_048 + 1, 1];

let server;
let [seller, buyer] = [];
before(async () => {
  // What all rounds leave is due at once, and one run has to come to the last of it.
  server = await DurableServer.start({ RETENTION_RUN: "200" });
  [seller, buyer] = await Promise.all([Client.registered(server), Client.registered(server)]);
});
after(() => server?.close());

/** Database and bucket as `assertBooksAgree` wants them. */
const books = () => ({
  db: { prepare: (sql) => ({ all: async () => ({ results: await server.query(sql) }) }) },
  blobs: {
    list: async ({ prefix }) => ({ objects: await server.objects(prefix), truncated: false }),
  },
});

/** Each act: what it begins with, the call that is cut, and what must be once it was made again. */
const ACTS = {
  chunk: {
    make: () => openRelease(seller, SIZES),
    call: (release) => release.put(release.chunks()[0]),
    check: async (release) => {
      await release.putAll();
      await ok(await release.complete());
    },
  },
  completion: {
    async make() {
      const release = await openRelease(seller, SIZES);
      await release.putAll();
      return { release, completion: release.completion() };
    },
    call: ({ release, completion }) => release.complete(completion),
    check: async ({ release, completion }) => {
      const { release_id } = await ok(await release.complete(completion));
      assert.equal(release_id, release.id);
    },
  },
  abort: {
    async make() {
      const release = await openRelease(seller, SIZES);
      await release.putAll();
      return release;
    },
    call: (release) => release.abort(),
    check: async (release) => {
      assert.deepEqual((await ok(await release.status())).stored, []);
      assert.deepEqual(await server.objects(`${release.id}/`), []);
    },
  },
  claim: {
    async make() {
      const sale = await Sale.accepted(seller, buyer);
      return { sale, claim_id: newId("claim") };
    },
    async call({ sale, claim_id }) {
      const response = await sale.claim({ claim_id });
      sale.claimed = await response.clone().json();
      const chunk = await sale.chunk();
      assert.equal(chunk.status, 200, await chunk.clone().text());
      return response;
    },
    check: async ({ sale, claim_id }) => {
      const claims = await server.query(
        "select id, first_chunk_at from claims where transfer_id = ?",
        sale.id,
      );
      assert.deepEqual(
        claims.map(({ id }) => id),
        [claim_id],
        "one download, counted once",
      );
      assert.notEqual(claims[0].first_chunk_at, null);
      await ok(await sale.acknowledge());
    },
  },
  retention: {
    async make() {
      const release = await completeRelease(seller, SIZES);
      await server.clock.advance(8 * DAY);
      return release;
    },
    call: async () => new Response(JSON.stringify(await server.scheduled())),
    check: async (release) => {
      const [row] = await server.query("select deleted_at from releases where id = ?", release.id);
      assert.notEqual(row.deleted_at, null);
      assert.deepEqual(await server.objects(`${release.id}/`), []);
      const kept = await server.query(
        "select 1 from reservations where release_id = ?",
        release.id,
      );
      assert.deepEqual(kept, []);
    },
  },
};

/** How long a call takes here, in milliseconds: the kills are drawn from that span. */
async function measure({ make, call, check }) {
  const made = await make();
  const began = performance.now();
  await ok(await call(made));
  const span = performance.now() - began;
  await check(made);
  return span;
}

for (const [name, act] of Object.entries(ACTS)) {
  test(`killed at ${ROUNDS} random points of ${name}, bucket and books agree`, async (t) => {
    const seed = Number(process.env.SEED ?? randomBytes(4).readUInt32BE());
    t.diagnostic(`seed ${seed}`);
    const random = seeded(seed);
    const span = await measure(act);
    for (let round = 0; round < ROUNDS; round += 1) {
      const made = await act.make();
      // Where the answer is lost, or never comes, nothing is known of the call.
      const cut = Promise.resolve(act.call(made)).catch(() => null);
      await delay(random() * span);
      await server.kill();
      await cut;
      await server.restart();
      await ok(await act.call(made));
      await act.check(made);
    }
    await assertBooksAgree(books());
  });
}

test("after a day and a cron run, nothing is left of what was cut off", async () => {
  for (const seconds of [DAY + 60, 3700, 60]) {
    await server.clock.advance(seconds);
    await server.scheduled();
  }
  await assertBooksAgree(books());
  const open = await server.query("select 1 from uploads where state = 'open'");
  assert.deepEqual(open, []);
  assert.deepEqual(await server.query("select * from storage_findings"), []);
});
