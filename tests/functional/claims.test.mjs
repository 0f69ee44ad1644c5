import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, assertProblem, makeProofKey } from "./client.mjs";
import { openMarket } from "./market.mjs";
import { newId } from "./release.mjs";
import { Sale, ok, unchanged } from "./sale.mjs";
import { openDispute } from "./statements.mjs";

const DAY = 24 * 3600;

const { server, seller, buyer, stranger } = await openMarket();

const delivered = (options) => Sale.accepted(seller, buyer, options);

/** What a ticket says; the server's own tests see to its signature. */
const claimsOf = (ticket) => JSON.parse(Buffer.from(ticket.split(".")[1], "base64url"));

test("a claim answers all that a download needs", async () => {
  const sale = await delivered();
  const claim_id = newId("claim");
  const answer = await ok(await sale.claim({ claim_id }));
  assert.equal(answer.claim_id, claim_id);
  assert.equal(answer.transfer_id, sale.id);
  assert.equal(answer.release_id, sale.release.id);
  assert.deepEqual(answer.offer, sale.signedOffer());
  assert.deepEqual(answer.envelope, sale.sealed);
  assert.equal(answer.seller_keys.ed25519_pk, seller.registration().ed25519_pk);
  assert.equal(answer.expires_in, 300);
  assert.equal(answer.claim_expires_at, sale.view.access_ends_at);
  assert.equal(Buffer.from(answer.nonce, "base64url").length, 32);

  const ticket = claimsOf(answer.ticket);
  assert.deepEqual(
    [ticket.sub, ticket.transfer_id, ticket.release_id, ticket.exp - ticket.iat],
    [claim_id, sale.id, sale.release.id, 300],
  );
  const { claims } = await sale.stored();
  assert.deepEqual(
    claims.map(({ id, holder_ailock_id, first_chunk_at }) => [
      id,
      holder_ailock_id,
      first_chunk_at,
    ]),
    [[claim_id, buyer.id, null]],
  );
});

test("GET claims as well, as callers of old expect, and its proof is used up", async () => {
  const sale = await delivered();
  const path = `products-claim?transfer_id=${sale.id}`;
  const proof = await buyer.proof({
    method: "GET",
    url: `${server.url}/api/${path}`,
    token: await buyer.token(),
  });
  const answer = await ok(await buyer.call(path, { headers: { dpop: proof } }));
  await assertProblem(
    await buyer.call(path, { headers: { dpop: proof } }),
    401,
    "dpop_proof_replayed",
  );
  assert.equal((await ok(await sale.claim())).claim_id, answer.claim_id);
});

test("HEAD claims nothing, and nobody is told that it is allowed", async () => {
  const sale = await delivered();
  const path = `products-claim?transfer_id=${sale.id}`;
  const response = await buyer.call(path, { method: "HEAD" });
  assert.equal(response.status, 405);
  const preflight = await fetch(`${server.url}/api/${path}`, { method: "OPTIONS" });
  const allowed = ["allow", "access-control-allow-methods"].map((name) =>
    preflight.headers.get(name),
  );
  for (const allow of [response.headers.get("allow"), ...allowed])
    assert.equal(allow, "GET, POST, OPTIONS");
  assert.deepEqual((await sale.stored()).claims, []);
});

test("a claim is renewed by its id, or without one, and costs no download", async () => {
  const sale = await delivered();
  const first = await ok(await sale.claim());
  for (const changes of [{}, { claim_id: first.claim_id }, {}]) {
    const again = await ok(await sale.claim(changes));
    assert.equal(again.claim_id, first.claim_id);
    assert.equal(again.nonce, first.nonce);
  }
  assert.equal((await sale.stored()).claims.length, 1);
  await unchanged(sale, async () => {
    const other = await sale.claim({ claim_id: newId("claim") });
    await assertProblem(other, 409, "downloads_used_up");
  });
});

test("another device of the buyer renews the claim, and the ticket is bound to its key", async () => {
  const sale = await delivered();
  const first = await ok(await sale.claim());
  const device = new Client(server, buyer.ailock, await makeProofKey("ES256"));
  const second = await ok(await sale.claim({}, device));
  assert.equal(second.claim_id, first.claim_id);
  assert.notEqual(claimsOf(second.ticket).cnf.jkt, claimsOf(first.ticket).cnf.jkt);
  await ok(await sale.manifest({ claim: second, client: device }));
  await assertProblem(await sale.manifest({ claim: second }), 401, "invalid_ticket");
});

test("only the buyer claims: the seller is told so, a stranger finds nothing", async () => {
  const sale = await delivered();
  await unchanged(sale, async () => {
    await assertProblem(await sale.claim({}, seller), 403, "forbidden");
    await assertProblem(await sale.claim({}, stranger), 404, "not_found");
    await assertProblem(await sale.claim({ transfer_id: newId("transfer") }), 404, "not_found");
  });
});

test("nothing is claimed before the delivery, in a dispute, or after the end", async () => {
  const offered = await Sale.offered(seller, buyer);
  const paid = await delivered({ sealed: false });
  const disputed = await delivered();
  await disputed.force("disputed", { claims_state: "frozen" });
  const revoked = await delivered();
  await revoked.force("revoked", { claims_state: "ended", claims_end: "takedown" });
  for (const sale of [offered, paid, disputed, revoked]) {
    await unchanged(sale, async () => {
      await assertProblem(await sale.claim(), 409, "wrong_state");
      await assertProblem(await sale.claim({ claim_id: newId("claim") }), 409, "wrong_state");
    });
  }
});

test("a claim of another sale is not found by its id", async () => {
  const [one, two] = [await delivered(), await delivered()];
  const { claim_id } = await ok(await one.claim());
  await unchanged(two, async () => {
    await assertProblem(await two.claim({ claim_id }), 404, "not_found");
  });
  const theirs = await Sale.accepted(seller, stranger);
  await unchanged(theirs, async () => {
    await assertProblem(await theirs.claim({ claim_id }), 404, "not_found");
  });
});

test("a release that was deleted is gone", async () => {
  const sale = await delivered();
  await server.db
    .prepare("update releases set deleted_at = 1 where id = ?")
    .bind(sale.release.id)
    .run();
  await unchanged(sale, async () => {
    await assertProblem(await sale.claim(), 410, "release_gone");
  });
});

for (const max_downloads of [1, 3]) {
  test(`of 50 claims at once exactly ${max_downloads} begin`, async () => {
    const client = await Client.registered(server);
    const sale = await Sale.accepted(seller, client, { policy: { max_downloads } });
    const ids = Array.from({ length: 50 }, () => newId("claim"));
    const answers = await Promise.all(ids.map((claim_id) => sale.claim({ claim_id })));
    const begun = ids.filter((_, i) => answers[i].status === 200);
    assert.equal(begun.length, max_downloads);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      await assertProblem(answer, 409, "downloads_used_up");
    }
    const { claims } = await sale.stored();
    assert.deepEqual(claims.map(({ id }) => id).sort(), begun.sort());
  });
}

test("50 calls at once without an id, or with the same one, share one claim", async () => {
  for (const changes of [{}, { claim_id: newId("claim") }]) {
    const client = await Client.registered(server);
    const sale = await Sale.accepted(seller, client, { policy: { max_downloads: 3 } });
    const answers = await Promise.all(Array.from({ length: 50 }, () => sale.claim(changes)));
    const claims = await Promise.all(answers.map(ok));
    assert.equal(new Set(claims.map(({ claim_id }) => claim_id)).size, 1);
    assert.equal(new Set(claims.map(({ nonce }) => nonce)).size, 1);
    assert.equal((await sale.stored()).claims.length, 1);
  }
});

test("a claim given back counts no more, and does not come back", async () => {
  const sale = await Sale.claimed(seller, buyer);
  const { claim_id } = sale.claimed;
  for (let i = 0; i < 2; i += 1) {
    assert.deepEqual(await ok(await sale.cancel()), { claim_id, state: "cancelled" });
  }
  await assertProblem(await sale.claim({ claim_id }), 409, "claim_ended");
  await assertProblem(await sale.chunk(), 409, "claim_ended");
  await assertProblem(await sale.manifest(), 409, "claim_ended");
  const next = await ok(await sale.claim());
  assert.notEqual(next.claim_id, claim_id);
});

test("once a chunk was served a claim cannot be given back", async () => {
  const sale = await Sale.claimed(seller, buyer);
  assert.equal((await sale.chunk()).status, 200);
  await unchanged(sale, async () => {
    await assertProblem(await sale.cancel(), 409, "wrong_state");
  });
  await assertProblem(await sale.claim({ claim_id: newId("claim") }), 409, "downloads_used_up");
});

test("only its holder gives a claim back; for everybody else there is none", async () => {
  const sale = await Sale.claimed(seller, buyer);
  await unchanged(sale, async () => {
    for (const client of [seller, stranger]) {
      await assertProblem(await sale.cancel(sale.claimed.claim_id, client), 404, "not_found");
    }
    await assertProblem(await sale.cancel(newId("claim")), 404, "not_found");
  });
});

test("giving back and the first chunk race: never both", async () => {
  let served = 0;
  for (let round = 0; round < 24; round += 1) {
    const sale = await Sale.claimed(seller, buyer);
    // Each round the chunk starts so many calls later, and so meets another moment of giving back.
    const chunkLater = async () => {
      for (let i = 0; i < round % 6; i += 1) await fetch(`${server.url}/healthz`);
      return sale.chunk();
    };
    const [chunk, cancel] = await Promise.all([chunkLater(), sale.cancel()]);
    assert.deepEqual([chunk.status, cancel.status].sort(), [200, 409], `round ${round}`);
    served += chunk.status === 200 ? 1 : 0;
    const { claims } = await sale.stored();
    assert.equal(claims[0].first_chunk_at !== null, chunk.status === 200);
    assert.equal(claims[0].cancelled_at !== null, cancel.status === 200);
  }
  process.stdout.write(`the chunk came first in ${served} of 24 rounds\n`);
});

test("where running downloads may finish, a claim is renewed and none begins", async () => {
  const sale = await Sale.accepted(seller, buyer, {
    policy: { max_downloads: 2, revoke_on_expiry: false },
  });
  const claim = await ok(await sale.claim());
  await sale.force("expired", { claims_state: "closing" });
  assert.equal((await ok(await sale.claim())).claim_id, claim.claim_id);
  assert.equal((await sale.chunk({ claim })).status, 200);
  await unchanged(sale, async () => {
    await assertProblem(await sale.claim({ claim_id: newId("claim") }), 409, "wrong_state");
  });
});

test("a body or a query that cannot be read is refused", async () => {
  for (const json of [
    {},
    { transfer_id: "x" },
    { transfer_id: newId("transfer"), claim_id: "x" },
  ]) {
    await assertProblem(await buyer.call("products-claim", { json }), 400, "invalid_request");
  }
  for (const query of [
    "",
    `?transfer_id=${newId("release")}`,
    `?transfer_id=${newId("transfer")}&x=1`,
  ]) {
    await assertProblem(await buyer.call(`products-claim${query}`), 400, "invalid_request");
  }
  await assertProblem(await buyer.call("claims-cancel", { json: {} }), 400, "invalid_request");
});

// Last: the clock does not go back, for tokens of the future would be refused.
test("the end of retention ends claims to the second, and lapsed ones with them", async () => {
  const [ended, running] = [
    await Sale.claimed(seller, buyer, { policy: { retention_seconds: DAY } }),
    await Sale.claimed(seller, buyer, {
      policy: { retention_seconds: DAY, revoke_on_expiry: false },
    }),
  ];
  const fresh = await delivered({ policy: { retention_seconds: DAY } });
  const ends = ended.view.access_ends_at;
  assert.equal(ended.claimed.claim_expires_at, ends);

  await server.clock.set(ends - 1);
  const last = await ok(await ended.claim());
  assert.equal(last.expires_in, 1);
  assert.equal((await ended.chunk({ claim: last })).status, 200);

  await server.clock.set(Math.max(ends, fresh.view.access_ends_at));
  await assertProblem(await ended.claim({ claim_id: ended.claimed.claim_id }), 409, "claim_ended");
  await assertProblem(await ended.chunk({ claim: last }), 401, "invalid_ticket");
  await assertProblem(await fresh.claim(), 409, "wrong_state");
  await assertProblem(await running.claim({ claim_id: newId("claim") }), 409, "wrong_state");
  await assertProblem(await running.cancel(running.claimed.claim_id), 409, "claim_ended");
});

test("of 30 claims of one sale at once each begins, or is refused since none is left", async () => {
  const sale = await delivered({ policy: { max_downloads: 20 } });
  const answers = await Promise.all(
    Array.from({ length: 30 }, () => sale.claim({ claim_id: newId("claim") })),
  );
  const refused = answers.filter(({ status }) => status !== 200);
  for (const answer of refused) await assertProblem(answer, 409, "downloads_used_up");
  assert.equal(refused.length, 10);
  const { audit, claims } = await sale.stored();
  assert.equal(claims.length, 20);
  assert.equal(audit.filter(({ action }) => action === "claim_begun").length, 20);
});

test("a claim that meets a dispute is told of the sale's state, not of downloads that nobody used", async () => {
  for (let round = 0; round < 8; round += 1) {
    const sale = await delivered({ policy: { max_downloads: 20 } });
    const claims = Array.from({ length: 6 }, () => sale.claim({ claim_id: newId("claim") }));
    const [disputed, ...answers] = await Promise.all([openDispute(sale), ...claims]);
    await ok(disputed);
    for (const answer of answers)
      if (answer.status !== 200) await assertProblem(answer, 409, "wrong_state");
  }
});
