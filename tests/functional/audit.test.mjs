import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { bytes, identity, jcs, label, sha256, verifyStatement } from "../interop/protocol.mjs";
import { assertProblem } from "./client.mjs";
import { openMarket } from "./market.mjs";
import { newId } from "./release.mjs";
import { Sale, ok } from "./sale.mjs";
import { dispute, openDispute, verdict } from "./statements.mjs";

const SIZE = 4_194_048 + 100;

const { server, seller, buyer, stranger, arbiter } = await openMarket({
  offices: ["arbiter"],
});

const trailOf = (sale, client) => client.call(`transfers-audit?transfer_id=${sale.id}`);
const rowHash = (row) => sha256(label("audit-row"), jcs(row)).toString("base64url");

test("the rows are a chain that anybody can recompute, with the server's signature on its head", async () => {
  const sale = await Sale.claimed(seller, buyer);
  assert.equal((await sale.chunk()).status, 200);
  await ok(await sale.acknowledge());
  const response = await trailOf(sale, buyer);
  assert.equal(response.headers.get("content-type"), "application/json");
  const text = Buffer.from(await response.arrayBuffer());
  const signed = JSON.parse(text);
  assert.deepEqual(jcs(signed), text);
  const trail = signed.body;
  const [signer] = trail.server_keys;
  assert.ok(verifyStatement(bytes(signer), "packet", trail, bytes(signed.signature)));

  let head = Buffer.alloc(32).toString("base64url");
  const heads = [];
  for (const [index, row] of trail.rows.entries()) {
    assert.deepEqual([row.seq, row.transfer_id, row.prev_hash], [index + 1, sale.id, head]);
    heads.push(head);
    head = rowHash(row);
  }
  assert.deepEqual([trail.audit_seq, trail.audit_head], [trail.rows.length, head]);
  const { body, signature } = trail.countersign;
  const [key] = trail.server_keys;
  assert.ok(verifyStatement(bytes(key), "countersign", body, bytes(signature)));
  const jwks = await (await fetch(`${server.url}/.well-known/jwks.json`)).json();
  assert.equal(jwks.keys[0].x, key);
  assert.equal(
    heads.indexOf(body.audit_head),
    trail.rows.length - 1,
    "the row before the receipt's",
  );
});

test("who, what, when and the call's names stand in a row, and nothing that names its origin", async () => {
  const sale = await Sale.offered(seller, buyer);
  const trace = randomBytes(16).toString("hex");
  const answer = await buyer.call("products-invoice", {
    json: { transfer_id: sale.id },
    headers: { traceparent: `00-${trace}-b7ad6b7169203331-01`, "user-agent": "SecretAgent/1" },
  });
  await ok(answer);
  const { rows } = (await ok(await trailOf(sale, seller))).body;
  const { at, ...row } = rows.at(-1);
  assert.ok(Math.abs(at - server.clock.now()) < 60);
  assert.deepEqual(
    [row.actor, row.action, row.request_id, row.trace_id],
    [buyer.id, "invoice", answer.headers.get("x-request-id"), trace],
  );
  assert.ok(!JSON.stringify(rows).includes("SecretAgent"));
  const opened = await server.db
    .prepare("select salt, ip, user_agent from audit_origins where transfer_id = ? and seq = ?")
    .bind(sale.id, row.seq)
    .first();
  assert.equal(opened.user_agent, "SecretAgent/1");
  const origin = { ip: opened.ip, user_agent: opened.user_agent };
  const hash = createHash("sha256");
  for (const part of [label("audit-origin"), bytes(opened.salt), jcs(origin)]) hash.update(part);
  assert.equal(hash.digest("base64url"), row.origin_hash);
});

test("rows cannot be changed or deleted; what opens an origin can be erased", async () => {
  const sale = await Sale.claimed(seller, buyer);
  const run = (sql) => server.db.prepare(sql).bind(sale.id).run();
  await assert.rejects(
    run("update audit_log set action = 'x' where transfer_id = ?"),
    /append-only/,
  );
  await assert.rejects(run("delete from audit_log where transfer_id = ?"), /append-only/);
  for (const verb of ["replace into", "insert or ignore into"])
    await assert.rejects(
      run(`${verb} audit_log select * from audit_log where transfer_id = ?`),
      /UNIQUE constraint failed: audit_log\.transfer_id, audit_log\.seq/,
    );
  const rows = async () => (await ok(await trailOf(sale, seller))).body.rows;
  const before = await rows();
  await run("delete from audit_origins where transfer_id = ?");
  assert.deepEqual(await rows(), before);
});

test("claims leave rows: begun once, given back once, and none where nothing came of it", async () => {
  const sale = await Sale.accepted(seller, buyer, { policy: { max_downloads: 2 } });
  const claimed = await Promise.all(Array.from({ length: 5 }, () => sale.claim()));
  const [{ claim_id: id }] = await Promise.all(claimed.map(ok));
  await ok(await sale.claim({ claim_id: id }));
  const other = newId("claim");
  await ok(await sale.claim({ claim_id: other }));
  await assertProblem(await sale.claim({ claim_id: newId("claim") }), 409, "downloads_used_up");
  for (const _ of [1, 2]) await ok(await sale.cancel(other));
  const { rows } = (await ok(await trailOf(sale, seller))).body;
  assert.deepEqual(
    rows.map(({ actor, action }) => [actor, action]),
    [
      [seller.id, "offer"],
      [buyer.id, "invoice"],
      [buyer.id, "claim_begun"],
      [buyer.id, "claim_begun"],
      [buyer.id, "claim_cancelled"],
    ],
  );
});

test("the newest row altered or removed in its table is found, though the server signs what it finds", async () => {
  const sale = await Sale.claimed(seller, buyer);
  const { results: triggers } = await server.db
    .prepare(
      "select name, sql from sqlite_master where type = 'trigger' and tbl_name = 'audit_log'",
    )
    .all();
  for (const { name } of triggers) await server.db.exec(`drop trigger ${name}`);
  const isFound = async () => {
    const { body } = await ok(await trailOf(sale, buyer));
    const newest = body.rows.at(-1);
    return body.audit_seq !== newest.seq || body.audit_head !== rowHash(newest);
  };
  assert.equal(await isFound(), false);
  const seq = "(select max(seq) from audit_log where transfer_id = ?1)";
  const run = (sql) => server.db.prepare(sql).bind(sale.id).run();
  await run(`update audit_log set action = 'x' where transfer_id = ?1 and seq = ${seq}`);
  assert.equal(await isFound(), true);
  await run("delete from audit_origins where transfer_id = ?1");
  await run(`delete from audit_log where transfer_id = ?1 and seq = ${seq}`);
  assert.equal(await isFound(), true);
  for (const { sql } of triggers) await server.db.prepare(sql).run();
});

test("keys of earlier times are published and enclosed until they are distrusted, and take no tokens", async () => {
  const sale = await Sale.claimed(seller, buyer);
  const keys = async () => {
    const jwks = await (await fetch(`${server.url}/.well-known/jwks.json`)).json();
    const { body: trail } = await ok(await trailOf(sale, buyer));
    const packet = await ok(await buyer.call(`transfers-packet?transfer_id=${sale.id}`));
    const published = jwks.keys.map(({ x }) => x);
    assert.deepEqual(trail.server_keys, published);
    assert.deepEqual(packet.body.server_keys, published);
    return published;
  };
  const [present] = await keys();
  await server.scheduled();
  const kept = await server.db.prepare("select ed25519_pk from server_keys").all();
  assert.deepEqual(
    kept.results.map(({ ed25519_pk: key }) => key),
    [present],
  );
  const { signing } = identity(randomBytes(32));
  const earlier = signing.publicKey.toString("base64url");
  const insert =
    "insert into server_keys (kid, ed25519_pk, first_seen_at) values ('earlier', ?, 1)";
  await server.db.prepare(insert).bind(earlier).run();
  assert.deepEqual(await keys(), [present, earlier]);
  await server.db.exec("update server_keys set distrusted_at = 1 where kid = 'earlier'");
  assert.deepEqual(await keys(), [present]);
});

test("both sides read the rows, the arbiter once there is a dispute, nobody else", async () => {
  const sale = await Sale.accepted(seller, buyer);
  for (const client of [seller, buyer]) await ok(await trailOf(sale, client));
  for (const client of [arbiter, stranger]) {
    await assertProblem(await trailOf(sale, client), 404, "not_found");
  }
  await ok(await openDispute(sale));
  await ok(await trailOf(sale, arbiter));
  await assertProblem(await trailOf({ id: newId("transfer") }, seller), 404, "not_found");
  await assertProblem(await trailOf({ id: "x" }, seller), 400, "invalid_request");
  const anonymous = await fetch(`${server.url}/api/transfers-audit?transfer_id=${sale.id}`);
  await assertProblem(anonymous, 401, "authentication_required");
});

const chunkOf = (sale, client, changes = {}) => {
  const file = sale.release.files[0].declared.file_id;
  const query = { transfer_id: sale.id, file, index: 1, ...changes };
  return client.call(`disputes-chunk?${new URLSearchParams(query)}`, { method: "GET" });
};

test("the arbiter reads sealed chunks while a dispute is open, and uses nothing up", async () => {
  const sale = await Sale.accepted(seller, buyer, { sizes: [SIZE] });
  await assertProblem(await chunkOf(sale, arbiter), 404, "not_found");
  await ok(await openDispute(sale));
  const { claims } = await sale.stored();
  const response = await chunkOf(sale, arbiter);
  assert.equal(response.status, 200);
  const [file] = sale.release.completed.manifest.body.files;
  const chunk = Buffer.from(await response.arrayBuffer());
  assert.equal(sha256(chunk).toString("base64url"), file.chunks[1]);
  assert.deepEqual((await sale.stored()).claims, claims);

  for (const client of [seller, buyer, stranger]) {
    await assertProblem(await chunkOf(sale, client), 404, "not_found");
  }
  for (const changes of [
    { index: 2 },
    { file: newId("file") },
    { transfer_id: newId("transfer") },
  ]) {
    await assertProblem(await chunkOf(sale, arbiter, changes), 404, "not_found");
  }
  for (const changes of [{ index: -1 }, { file: "x" }, { more: 1 }]) {
    await assertProblem(await chunkOf(sale, arbiter, changes), 400, "invalid_request");
  }
  await ok(await dispute(sale, "answer").send());
  assert.equal((await chunkOf(sale, arbiter)).status, 200);
  await ok(await verdict(sale, arbiter, "for_seller").send());
  await assertProblem(await chunkOf(sale, arbiter), 409, "dispute_not_open");
});

test("of a release that is deleted the arbiter is told so", async () => {
  const sale = await Sale.accepted(seller, buyer);
  await ok(await openDispute(sale));
  await server.db
    .prepare("update releases set deleted_at = 1 where id = ?")
    .bind(sale.release.id)
    .run();
  await assertProblem(await chunkOf(sale, arbiter, { index: 0 }), 410, "release_gone");
});
