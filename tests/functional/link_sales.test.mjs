// Links to what was sold: they end with the sale's access, for good.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client, assertProblem } from "./client.mjs";
import { Link, visitor } from "./links.mjs";
import { startShop } from "./paid_sale.mjs";
import { completeRelease, countRows, newId } from "./release.mjs";
import { Sale, ok } from "./sale.mjs";
import { dispute, openDispute, revoke } from "./statements.mjs";

let shop;
before(async () => {
  shop = await startShop({ vars: { LINK_LOG_IP: "truncated" } });
});
after(() => shop.close());

const DAY = 86_400;
const NETWORK = "203.0.113.0/24";

/** A paid and delivered sale with a link of which one chunk was fetched; `sale.link` and `sale.claim` are they. */
async function linked(sale) {
  sale.link = await Link.made(shop.seller, shop.release, { transfer_id: sale.id });
  sale.claim = await sale.link.claimed();
  assert.equal((await sale.claim.chunk()).status, 200);
  return sale;
}

async function assertEnded({ link, claim }) {
  await assertProblem(await claim.chunk(), 410, "link_gone");
  await assertProblem(await claim.renew(), 410, "link_gone");
  await assertProblem(await link.claim(await visitor(shop.server)), 410, "link_gone");
  await assertProblem(await link.open(), 410, "link_gone");
  assert.equal((await ok(await link.show())).state, "revoked");
}

test("a chunk that went out by a sale's link is a chunk of the sale", async () => {
  const sale = await linked(await shop.paid());
  const { audit, transfers } = await sale.stored();
  assert.equal(JSON.parse(transfers[0].machine).chunks_served, true);
  assert.deepEqual(
    audit.slice(-3).map(({ actor, action }) => [actor, action]),
    [
      [shop.seller.id, "link_created"],
      ["server", "link_claimed"],
      ["server", "first_chunk_served"],
    ],
  );
  await assertProblem(await revoke(sale).send(), 409, "wrong_state");
});

test("a claim that counts has its row in the sale's chain, whatever else changes the sale", async () => {
  const sale = await shop.paid({ policy: { max_downloads: 500 } });
  const link = await Link.made(shop.seller, shop.release, { transfer_id: sale.id });
  const visitors = await Promise.all(Array.from({ length: 4 }, () => visitor(shop.server)));
  const others = Array.from({ length: 20 }, () => sale.claim({ claim_id: newId("claim") }));
  const claims = visitors.map((who) => link.claim(who));
  const answers = await Promise.all([...claims, ...others]);
  const granted = answers.slice(0, visitors.length).filter(({ status }) => status === 200).length;
  const counted = await countRows(shop.server, "claims", "link_id", link.id);
  assert.equal(counted, granted);
  const { audit } = await sale.stored();
  assert.equal(audit.filter(({ action }) => action === "link_claimed").length, counted);
});

test("a refund ends the sale's links, also under a download", async () => {
  const sale = await linked(await shop.paid());
  const other = await Link.made(shop.seller, shop.release);
  await ok(await shop.seller.call("transfers-refund", { json: { transfer_id: sale.id } }));
  await assertEnded(sale);
  await other.claimed();
});

test("a refund from Stripe's own dashboard does as well", async () => {
  const sale = await linked(await shop.paid());
  shop.stripe.refund(sale.payment);
  await shop.deliverAll();
  await assertEnded(sale);
});

test("a dispute ends them for good, even if it is withdrawn", async () => {
  const sale = await linked(await shop.paid());
  await ok(await openDispute(sale));
  await assertEnded(sale);
  await ok(await dispute(sale, "withdraw").send());
  await assertEnded(sale);
  const again = await Link.made(shop.seller, shop.release, { transfer_id: sale.id });
  assert.equal((await (await again.claimed()).chunk()).status, 200);
});

test("a revocation ends them", async () => {
  const sale = await shop.paid();
  sale.link = await Link.made(shop.seller, shop.release, { transfer_id: sale.id });
  sale.claim = await sale.link.claimed();
  await ok(await revoke(sale).send());
  await assertEnded(sale);
});

test("a sale's link is made by its seller alone, for what was sold, while its buyer has access", async () => {
  const sale = await shop.paid();
  const offered = await shop.offered();
  const other = await completeRelease(shop.seller, [1]);
  const link = (changes) => new Link(shop.seller, shop.release, changes);
  await assertProblem(await link({ transfer_id: offered.id }).make(), 409, "wrong_state");
  const wrong = new Link(shop.seller, other, { transfer_id: sale.id });
  await assertProblem(await wrong.make(), 422, "unprocessable");
  const theirs = await completeRelease(shop.stranger, [1]);
  const foreign = new Link(shop.stranger, theirs, { transfer_id: sale.id });
  await assertProblem(await foreign.make(), 404, "not_found");
  const bought = await Sale.accepted(shop.stranger, shop.seller);
  const mine = await completeRelease(shop.seller, [1]);
  const buyers = new Link(shop.seller, mine, { transfer_id: bought.id });
  await assertProblem(await buyers.make(), 403, "forbidden");
});

test("the same link of a sale made many times at once is one, and revoking it is on record", async () => {
  const sale = await shop.paid();
  const link = new Link(shop.seller, shop.release, { transfer_id: sale.id });
  const answers = await Promise.all(Array.from({ length: 8 }, () => link.make()));
  for (const answer of answers) assert.equal((await ok(answer)).link_id, link.id);
  await ok(await link.revoke());
  await ok(await link.revoke());
  const actions = (await sale.stored()).audit.map(({ action }) => action);
  assert.deepEqual(actions.slice(-2), ["link_created", "link_revoked"]);
});

test("a sale's links count for themselves, and leave its buyer's downloads alone", async () => {
  const sale = await shop.paid();
  const link = await Link.made(shop.seller, shop.release, {
    transfer_id: sale.id,
    max_downloads: 2,
  });
  assert.equal((await ok(await link.open())).downloads_left, 2);
  for (const _ of [1, 2]) await link.claimed();
  await assertProblem(await link.claim(await visitor(shop.server)), 409, "downloads_used_up");
  await ok(await sale.claim());
  await assertProblem(await sale.claim({ claim_id: newId("claim") }), 409, "downloads_used_up");
});

test("a sale's link and its claims end with the retention where the policy says so", async () => {
  const { server } = shop;
  for (const revoke_on_expiry of [true, false]) {
    const start = server.clock.now();
    await server.clock.set(start);
    const [seller, buyer] = [await Client.registered(server), await Client.registered(server)];
    const policy = { retention_seconds: 3600, revoke_on_expiry };
    const sale = await Sale.accepted(seller, buyer, { policy });
    const link = await Link.made(seller, sale.release, { transfer_id: sale.id });
    const ends = start + 3600;
    assert.equal(link.made.expires_at, ends);
    const claim = await link.claimed();
    assert.equal(claim.answer.claim_expires_at, revoke_on_expiry ? ends : start + DAY);
    await server.clock.set(ends);
    // No cron has run.
    assert.equal((await ok(await link.open())).state, "expired");
    await assertProblem(await link.claim(await visitor(server)), 410, "link_gone");
    if (revoke_on_expiry) await assertProblem(await claim.renew(), 409, "claim_ended");
    else await ok(await claim.renew());
  }
  await server.clock.release();
});

test("of a visitor a sale's audit keeps no more than the link's log", async () => {
  const sale = await shop.paid();
  const link = await Link.made(shop.seller, shop.release, { transfer_id: sale.id });
  const headers = { "cf-connecting-ip": "203.0.113.77" };
  const claim = await link.claimed({ headers });
  const { file_id } = shop.release.files[0].declared;
  const chunk = `products-download-chunk?claim_id=${claim.id}&file=${file_id}&index=0`;
  assert.equal((await claim.call(chunk, { headers })).status, 200);
  const { results } = await shop.server.db
    .prepare(
      `select a.action, o.ip from audit_origins o join audit_log a on a.transfer_id = o.transfer_id
       and a.seq = o.seq where o.transfer_id = ? and a.actor = 'server' and o.ip is not null order by a.seq`,
    )
    .bind(sale.id)
    .all();
  assert.deepEqual(results.slice(-2), [
    { action: "link_claimed", ip: NETWORK },
    { action: "first_chunk_served", ip: NETWORK },
  ]);
});
