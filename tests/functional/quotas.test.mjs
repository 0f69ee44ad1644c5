import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client, assertProblem } from "./client.mjs";
import { startServer } from "./harness.mjs";
import { Link } from "./links.mjs";
import { Release, answer, completeRelease, createProduct, newId } from "./release.mjs";

const OVERHEAD = 32;
const BYTES = 10_000;
const OPEN_UPLOADS = 3;
const PRODUCTS = 4;
const OPEN_LINKS = 3;

let server;
before(async () => {
  server = await startServer({
    vars: {
      QUOTA_BYTES: String(BYTES),
      QUOTA_OPEN_UPLOADS: String(OPEN_UPLOADS),
      QUOTA_PRODUCTS: String(PRODUCTS),
      QUOTA_OPEN_LINKS: String(OPEN_LINKS),
    },
  });
});
after(() => server.close());

/** A seller with one product, and releases of it that are not opened yet. */
async function seller() {
  const client = await Client.registered(server);
  const product = await createProduct(client);
  return { client, release: (size) => new Release(client, product, [size]) };
}

const open = (release) => release.client.call("products-upload-init", { json: release.init });

async function exceeded(response, quota) {
  const problem = await assertProblem(response, 403, "quota_exceeded");
  assert.deepEqual(problem.quota, quota);
  for (const number of [quota.used, quota.requested, quota.allowed])
    assert.match(problem.detail, new RegExp(`\\b${number}\\b`));
}

test("an upload takes its bytes when it is opened, to the last one and no further", async () => {
  const { release } = await seller();
  const first = release(BYTES - OVERHEAD - 100);
  await answer(await open(first));
  await exceeded(await open(release(100 - OVERHEAD + 1)), {
    resource: "bytes",
    used: BYTES - 100,
    requested: 101,
    allowed: BYTES,
  });
  await answer(await open(release(100 - OVERHEAD)));
  await exceeded(await open(release(0)), {
    resource: "bytes",
    used: BYTES,
    requested: OVERHEAD,
    allowed: BYTES,
  });
  await answer(await open(first), "an upload that is open is found again");
});

test("an abort gives the bytes back, a completion keeps them", async () => {
  const { client, release } = await seller();
  const whole = () => release(BYTES - OVERHEAD);
  const aborted = whole();
  await aborted.open();
  await exceeded(await open(whole()), {
    resource: "bytes",
    used: BYTES,
    requested: BYTES,
    allowed: BYTES,
  });
  await answer(await aborted.abort());
  await answer(await aborted.abort());
  const kept = await completeRelease(client, [BYTES - OVERHEAD]);
  await exceeded(await open(release(0)), {
    resource: "bytes",
    used: BYTES,
    requested: OVERHEAD,
    allowed: BYTES,
  });
  assert.equal((await kept.complete()).status, 200, "a completion again takes nothing more");
});

test("of uploads opened at once, only as many begin as there is room for", async () => {
  const byBytes = await seller();
  const halves = Array.from({ length: 8 }, () => byBytes.release(BYTES / 2 - OVERHEAD));
  const statuses = await Promise.all(halves.map(async (release) => (await open(release)).status));
  assert.equal(statuses.filter((status) => status === 200).length, 2);

  const byCount = await seller();
  const small = Array.from({ length: 8 }, () => byCount.release(1));
  const opened = await Promise.all(small.map(async (release) => (await open(release)).status));
  assert.equal(opened.filter((status) => status === 200).length, OPEN_UPLOADS);
});

test("open uploads are counted, closed ones are not", async () => {
  const { release } = await seller();
  const uploads = Array.from({ length: OPEN_UPLOADS }, () => release(1));
  for (const upload of uploads) await upload.open();
  const quota = { resource: "open_uploads", used: 3, requested: 1, allowed: OPEN_UPLOADS };
  await exceeded(await open(release(1)), quota);
  await answer(await uploads[0].abort());
  await release(1).open();
  await exceeded(await open(release(1)), quota);
  await uploads[1].putAll();
  await answer(await uploads[1].complete());
  await release(1).open();
});

test("what one Ailock uses is not another's, and a refused upload leaves nothing", async () => {
  const [full, other] = [await seller(), await seller()];
  await full.release(BYTES - OVERHEAD).open();
  const refused = full.release(1);
  assert.equal((await open(refused)).status, 403);
  await other.release(BYTES - OVERHEAD).open();
  for (const table of ["uploads", "reservations"]) {
    const query = server.db.prepare(`select count(*) as count from ${table} where release_id = ?`);
    assert.equal((await query.bind(refused.id).first()).count, 0, table);
  }
});

test("an abandoned upload gives everything back once the cron has found it", async () => {
  const { release } = await seller();
  const left = release(BYTES - OVERHEAD);
  await left.open();
  await server.clock.advance(24 * 3600 - 60);
  await server.scheduled();
  assert.equal((await open(release(1))).status, 403);
  await server.clock.advance(60);
  await server.scheduled();
  assert.equal((await answer(await left.status())).state, "aborted");
  await release(BYTES - OVERHEAD).open();
  await server.clock.release();
});

test("products are counted", async () => {
  const client = await Client.registered(server);
  const ids = [];
  for (let index = 0; index < PRODUCTS; index += 1) ids.push(await createProduct(client));
  const create = (product_id, title = "A product") =>
    client.call("products-create", { json: { product_id, title } });
  await exceeded(await create(newId("product")), {
    resource: "products",
    used: PRODUCTS,
    requested: 1,
    allowed: PRODUCTS,
  });
  assert.equal((await create(ids[0])).status, 200, "the same product again is no other one");
  await assertProblem(await create(ids[0], "Another title"), 409, "id_conflict");
  await createProduct(await Client.registered(server));
});

test("twice at once, a product is created once and counted once", async () => {
  const client = await Client.registered(server);
  const create = (product_id) =>
    client.call("products-create", { json: { product_id, title: "A product" } });
  const ids = Array.from({ length: PRODUCTS * 2 }, () => newId("product"));
  const statuses = await Promise.all(
    [...ids, ...ids].map(async (id) => ({ id, status: (await create(id)).status })),
  );
  const created = new Set(statuses.filter(({ status }) => status === 200).map(({ id }) => id));
  assert.equal(created.size, PRODUCTS);
});

test("open links are counted, also those made at once, and ended ones are not", async () => {
  const client = await Client.registered(server);
  const release = await completeRelease(client, [1]);
  const links = Array.from({ length: OPEN_LINKS * 2 }, () => new Link(client, release));
  const made = await Promise.all(
    [...links, ...links].map(async (link) => ({ link, status: (await link.make()).status })),
  );
  const open = new Set(made.filter(({ status }) => status === 200).map(({ link }) => link));
  assert.equal(open.size, OPEN_LINKS);
  await exceeded(await new Link(client, release).make(), {
    resource: "open_links",
    used: OPEN_LINKS,
    requested: 1,
    allowed: OPEN_LINKS,
  });
  const [first] = open;
  assert.equal((await first.make()).status, 200, "the same link again is no other one");
  assert.equal((await first.revoke()).status, 200);
  assert.equal((await new Link(client, release).make()).status, 200);
});
