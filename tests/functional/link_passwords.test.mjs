// What proves a link's secret, and with it the password: how many wrong ones are answered.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { afterEach, test } from "node:test";
import { assertProblem } from "./client.mjs";
import { Link, visitor } from "./links.mjs";
import { openMarket } from "./market.mjs";
import { completeRelease } from "./release.mjs";
import { ok } from "./sale.mjs";

const MINUTE = 60;

const { server, seller } = await openMarket({
  rates: { RATE_CLAIM: 100_000, RATE_ANON: 100_000 },
});
const release = await completeRelease(seller, [1]);
afterEach(() => server.clock.release());

const made = (changes) => Link.made(seller, release, changes);
const downloads = async (link) => (await ok(await link.show())).downloads;

test("a wrong secret is refused and costs no download", async () => {
  const link = await made({ max_downloads: 1 });
  const wrong = await link.claim(await visitor(server), { auth: randomBytes(32) });
  await assertProblem(wrong, 403, "wrong_password");
  assert.equal(await downloads(link), 0);
  await link.claimed();
});

test("ten wrong passwords in ten minutes are answered, whatever comes at once, and no right one after them", async () => {
  const start = server.clock.now();
  await server.clock.set(start);
  const link = await made({ has_password: true });
  const claim = await link.claimed();
  const visitors = await Promise.all(Array.from({ length: 30 }, () => visitor(server)));
  const answers = await Promise.all(
    visitors.map((who) => link.claim(who, { auth: randomBytes(32) })),
  );
  const statuses = answers.map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 403).length, 10);
  assert.equal(statuses.filter((status) => status === 429).length, 20);
  const right = await link.claim(await visitor(server));
  assert.equal(right.headers.get("retry-after"), "600");
  await assertProblem(right, 429, "rate_limited");
  // What has begun goes on.
  await ok(await claim.renew());
  assert.equal(await downloads(link), 1);
  await server.clock.set(start + 10 * MINUTE);
  await link.claimed();
});

test("of 200 right passwords at once 5 begin, and none is told of wrong ones", async () => {
  const link = await made({ has_password: true });
  const visitors = await Promise.all(Array.from({ length: 200 }, () => visitor(server)));
  const answers = await Promise.all(visitors.map((who) => link.claim(who)));
  const refused = answers.filter(({ status }) => status !== 200);
  assert.equal(refused.length, 195);
  for (const answer of refused) await assertProblem(answer, 409, "downloads_used_up");
});

test("once the tries are used up, a used-up link tells the right password from no other", async () => {
  const link = await made({ has_password: true, max_downloads: 1 });
  await link.claimed();
  for (let tries = 0; tries < 10; tries += 1)
    await link.claim(await visitor(server), { auth: randomBytes(32) });
  await assertProblem(await link.claim(await visitor(server)), 429, "rate_limited");
});
