// What may follow a sale, with the npm package: cancel, revoke, refund, dispute, and the arbiter's tools.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  blobSource,
  Claimcheck,
  ClaimcheckError,
  examineContent,
  Identity,
  openEvidence,
  verifyAudit,
  verifyPacket,
} from "claimcheck";
import { FolderSink } from "claimcheck/node";
import { startFakeStripe } from "../fake-stripe/server.mjs";
import { startServer } from "../functional/harness.mjs";

const RUN = fileURLToPath(new URL("../../scripts/arbiter/run.mjs", import.meta.url));
const SEGMENT = 524_256;
const folder = mkdtempSync(join(tmpdir(), "claimcheck-disputes-"));
/** Two chunks, and a small file in a folder. */
const bytes = randomBytes(8 * SEGMENT + 1);
const note = Buffer.from("read me");

let stripe;
let server;
let arbiter;
let seller;
let buyer;
let release;
let jwks;

async function enter() {
  const client = await Claimcheck.connect(server.url, await Identity.make());
  await client.register();
  return client;
}

before(async () => {
  const identity = await Identity.make();
  stripe = await startFakeStripe();
  server = await startServer({
    vars: {
      ARBITER_AILOCK_ID: identity.id,
      STRIPE_API_BASE: stripe.url,
      STRIPE_SECRET_KEY: stripe.secretKey,
      STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
    },
    rates: { RATE_REGISTER: 100_000, RATE_CLAIM: 100_000 },
  });
  stripe.webhookUrl = `${server.url}/api/payments-stripe-webhook`;
  arbiter = await Claimcheck.connect(server.url, identity);
  await arbiter.register("Arbiter");
  [seller, buyer] = await Promise.all([enter(), enter()]);
  release = await seller.upload({
    product: { title: "Things" },
    files: [
      blobSource(new Blob([bytes]), "a thing.bin"),
      blobSource(new Blob([note], { type: "text/plain" }), "notes/read me.txt"),
    ],
  });
  jwks = await (await fetch(`${server.url}/.well-known/jwks.json`)).text();
});
after(async () => {
  await server.close();
  await stripe.close();
  rmSync(folder, { recursive: true, force: true });
});

/** @param {string} code @param {object} [facts] */
const failsWith =
  (code, facts = {}) =>
  (/** @type {unknown} */ error) => {
    assert.ok(error instanceof ClaimcheckError, String(error));
    assert.deepEqual({ code: error.code, ...facts }, { code, ...pick(error, Object.keys(facts)) });
    return true;
  };
const pick = (object, names) => Object.fromEntries(names.map((name) => [name, object[name]]));

async function offered(price = 0) {
  const { transfer_id: id } = await seller.offer({
    releaseId: release.release_id,
    buyer: buyer.identity.id,
    title: "Things",
    price,
  });
  return id;
}

/** At price 0 delivered by the acceptance, else paid at the fake Stripe. */
async function sold(price = 0) {
  const id = await offered(price);
  await buyer.accept(id);
  if (price > 0) {
    const session = stripe.all("sessions").find(({ client_reference_id: of }) => of === id);
    stripe.pay(session.id);
    await deliverAll();
  }
  return id;
}

async function deliverAll() {
  for (const { status, body } of await stripe.deliverPending()) assert.equal(status, 200, body);
}

const EVIDENCE = {
  text: "It is broken.\nLook:",
  encloseKey: true,
  files: [{ path: "shots/1.png", contentType: "image/png", bytes: new Uint8Array([1, 2, 255]) }],
};

/** A sale in dispute about its content, with all evidence there can be. */
async function disputed() {
  const id = await sold();
  const { disputes } = await buyer.openDispute(id, { kind: "content", evidence: EVIDENCE });
  return { id, dispute: disputes[0].dispute_id };
}

const verdicts = (lines) => lines.map(({ verdict }) => verdict);
const sink = (name) => new FolderSink(join(folder, name));

test("either side cancels before the payment, and again is the same", async () => {
  for (const side of [() => seller, () => buyer]) {
    const id = await offered(500);
    assert.equal((await side().cancel(id)).status, "cancelled");
    assert.equal((await side().cancel(id)).status, "cancelled");
    await assert.rejects(buyer.accept(id), failsWith("wrong_state"));
  }
  await assert.rejects(seller.cancel(await sold()), failsWith("wrong_state"));
  await assert.rejects((await enter()).cancel(await offered()), failsWith("not_found"));
});

test("the seller revokes until something was downloaded; nobody else does", async () => {
  const id = await sold();
  await assert.rejects(buyer.revoke(id), failsWith("forbidden"));
  await assert.rejects(seller.revoke(id, "takedown"), failsWith("forbidden"));
  await assert.rejects((await enter()).revoke(id), failsWith("not_found"));
  assert.equal((await seller.revoke(id)).status, "revoked");
  assert.equal((await seller.revoke(id)).status, "revoked");
  await assert.rejects(buyer.contents(id), failsWith("wrong_state"));
  await assert.rejects(seller.revoke(id, "mood"), failsWith("invalid_argument"));
});

test("a refund of a part, by its id once, and of the rest", async () => {
  const id = await sold(1_000);
  await assert.rejects(buyer.refund(id), failsWith("forbidden"));
  const tooMuch = { code: "refund_out_of_bounds", moneyMoved: false, retrySafe: true };
  await assert.rejects(seller.refund(id, { amount: 1_001 }), failsWith(tooMuch.code, tooMuch));
  await assert.rejects(seller.refund(id, { amount: 0.5 }), failsWith("invalid_argument"));
  const part = { amount: 300, refundId: "goodwill-1" };
  for (const _ of [1, 2]) await seller.refund(id, part);
  await assert.rejects(seller.refund(id, { ...part, amount: 1 }), failsWith("id_conflict"));
  await server.scheduled();
  await deliverAll();
  const { status, refund } = await buyer.transfer(id);
  assert.deepEqual(
    [status, refund],
    ["delivered", { state: "partial", refunded: 300, failures: 0 }],
  );
  assert.equal((await seller.refund(id)).status, "refund_pending");
  await server.scheduled();
  await deliverAll();
  const { refund: all, status: last } = await seller.transfer(id);
  assert.deepEqual([last, all.state, all.refunded], ["refunded", "complete", 1_000]);
});

test("a dispute freezes, an answer keeps it open, a withdrawal brings access back", async () => {
  const id = await sold();
  assert.deepEqual((await buyer.disputes(id)).disputes, []);
  await assert.rejects(seller.openDispute(id, { kind: "content" }), failsWith("forbidden"));
  const { transfer, disputes } = await buyer.openDispute(id, { kind: "delivery" });
  assert.equal(transfer.status, "disputed");
  const [{ dispute_id: dispute, answer_due_at: due }] = disputes;
  assert.ok(due > 0);
  await assert.rejects(buyer.contents(id), failsWith("wrong_state"));
  const evidence = { text: "I can show it.", encloseKey: true };
  const answered = await seller.answerDispute(id, dispute, evidence);
  assert.deepEqual(
    [answered.disputes[0].state, answered.disputes[0].answer_due_at],
    ["open", null],
  );
  const opened = await openEvidence(arbiter.identity, await seller.packet(id));
  assert.deepEqual(
    opened.map(({ act, text, hasKey, problem }) => [act, text, hasKey, problem]),
    [
      ["open", null, false, "there is no evidence"],
      ["answer", "I can show it.", true, null],
    ],
  );
  const withdrawn = await buyer.withdrawDispute(id, dispute);
  assert.deepEqual(withdrawn.disputes[0].state, { closed: "withdrawn" });
  assert.equal((await buyer.contents(id)).length, 2);
});

test("evidence is read by the arbiter alone, and by no other one than was meant", async () => {
  const { id, dispute } = await disputed();
  const packet = await buyer.packet(id);
  const [opened] = await openEvidence(arbiter.identity, packet);
  const { by, act, kind, text, hasKey, files, problem } = opened;
  assert.deepEqual(
    [opened.disputeId, by, act, kind, text, hasKey, problem],
    [dispute, buyer.identity.id, "open", "content", EVIDENCE.text, true, null],
  );
  assert.deepEqual(files, EVIDENCE.files);
  for (const { identity } of [seller, buyer]) {
    const [closed] = await openEvidence(identity, packet);
    assert.deepEqual([closed.text, closed.hasKey, closed.files], [null, false, []]);
    assert.match(closed.problem, /not sealed to this identity/);
  }
  const elsewhere = { text: "x", arbiter: seller.identity.id };
  const again = buyer.openDispute(id, { kind: "other", evidence: elsewhere });
  await assert.rejects(again, failsWith("untrusted"));
  const long = { text: "x".repeat(262_144) };
  await assert.rejects(
    buyer.openDispute(id, { kind: "other", evidence: long }),
    failsWith("invalid_argument"),
  );
  assert.equal((await buyer.disputes(id)).disputes.length, 1, "nothing was filed");
});

test("the arbiter opens what was sold, and rules", async () => {
  const { id, dispute } = await disputed();
  const packet = await arbiter.packet(id);
  const chunk = (file, index) => arbiter.disputedChunk(id, file, index);
  const lines = await examineContent(arbiter.identity, packet, dispute, chunk, sink("opened"));
  assert.equal(lines.length, 8, JSON.stringify(lines));
  assert.deepEqual(new Set(verdicts(lines)), new Set(["proved"]));
  assert.deepEqual(readFileSync(join(folder, "opened", "a thing.bin")), bytes);
  assert.deepEqual(readFileSync(join(folder, "opened", "notes", "read me.txt")), note);

  await assert.rejects(seller.rule(id, dispute, "for_seller", "x"), failsWith("forbidden"));
  const { transfer, disputes } = await arbiter.rule(id, dispute, "for_buyer", "It is broken.");
  assert.equal(transfer.status, "revoked");
  assert.deepEqual(disputes[0].state, { closed: "ruled_for_buyer" });
  await assert.rejects(
    chunk(release.manifest.body.files[0].file_id, 0),
    failsWith("dispute_not_open"),
  );
});

test("who bought by a listing's link encloses the key too", async () => {
  const product = { id: release.product_id };
  const files = [blobSource(new Blob([note]), "read me.txt")];
  const { release_id: releaseId } = await seller.upload({ product, files });
  const { url, listing_id } = await seller.createListing({ releaseId, title: "Things" });
  const { transfer_id: id } = await buyer.buy(url);
  await buyer.accept(id);
  await buyer.download(id, sink("bought"));
  const evidence = { text: "Look.", encloseKey: true };
  const { disputes } = await buyer.openDispute(id, { kind: "content", evidence });
  const packet = await arbiter.packet(id);
  const chunk = (file, index) => arbiter.disputedChunk(id, file, index);
  const dispute = disputes[0].dispute_id;
  const lines = await examineContent(arbiter.identity, packet, dispute, chunk, sink("looked at"));
  assert.deepEqual(new Set(verdicts(lines)), new Set(["proved"]), JSON.stringify(lines));
  assert.deepEqual(readFileSync(join(folder, "looked at", "read me.txt")), note);
  await seller.closeListing(listing_id);
});

test("a chunk that is altered, missing or another's is found; nothing is then written", async () => {
  const { id, dispute } = await disputed();
  const packet = await arbiter.packet(id);
  const get = (file, index) => arbiter.disputedChunk(id, file, index);
  const examine = (chunk) =>
    examineContent(arbiter.identity, packet, dispute, chunk, sink("broken"));
  const [{ file_id: first }] = release.manifest.body.files;
  const altered = await examine(async (file, index) => {
    const chunk = await get(file, index);
    if (file === first && index === 1) chunk[chunk.length - 1] ^= 1;
    return chunk;
  });
  assert.match(JSON.stringify(altered), /chunk 1 is not the one that the seller signed/);
  assert.equal(altered.filter(({ verdict }) => verdict === "false").length, 1);
  assert.equal(altered.at(-1).verdict, "not_proved");
  const swapped = await examine((file, index) => get(file, file === first ? 1 - index : index));
  assert.match(JSON.stringify(swapped), /chunk 0 is not the one/);
  const missing = await examine(async () => assert.fail("gone"));
  assert.ok(!verdicts(missing).includes("false"));
  assert.match(JSON.stringify(missing), /chunk 0 cannot be had: gone/);
  for (const other of [seller.identity, buyer.identity]) {
    const refused = examineContent(other, packet, dispute, get, sink("broken"));
    await assert.rejects(refused, failsWith("invalid_argument"));
  }
  assert.throws(() => readFileSync(join(folder, "broken", "a thing.bin")));
});

test("packet and audit rows verify under the server's key, to both sides", async () => {
  const { id } = await disputed();
  for (const client of [seller, buyer, arbiter]) {
    assert.ok(!verdicts(await verifyPacket(await client.packet(id), jwks)).includes("false"));
    const lines = await verifyAudit(await client.auditTrail(id), jwks);
    assert.deepEqual(verdicts(lines), ["proved", "proved", "proved", "not_proved"]);
  }
  const stranger = await enter();
  await assert.rejects(stranger.packet(id), failsWith("not_found"));
  await assert.rejects(stranger.auditTrail(id), failsWith("not_found"));
  const [{ file_id: file }] = release.manifest.body.files;
  for (const client of [seller, buyer, stranger]) {
    await assert.rejects(client.disputedChunk(id, file, 0), failsWith("not_found"));
  }
});

/** The arbiter's command, with its phrase in the environment. */
function command(identity, ...args) {
  const env = { ...process.env, CLAIMCHECK_ARBITER_PHRASE: identity?.phrase() };
  return spawnSync(process.execPath, [RUN, ...args], { encoding: "utf8", env });
}

test("npm run arbiter makes an arbiter, reads a packet, re-checks the files and rules", async () => {
  const made = command(null, "new");
  assert.equal(made.status, 0, made.stderr);
  const [, phrase] = made.stdout.match(/^((?:[a-z]+ ){23}[a-z]+)$/m);
  const [, id] = made.stdout.match(/^ARBITER_AILOCK_ID = "(ailock1\w+)"$/m);
  assert.equal((await Identity.fromPhrase(phrase)).id, id);

  const phraseFile = join(folder, "phrase");
  writeFileSync(phraseFile, `${arbiter.identity.phrase()}\n`);
  const registered = command(null, "register", "--server", server.url, "--phrase-file", phraseFile);
  assert.equal(registered.status, 0, registered.stderr);

  const sale = await disputed();
  const file = join(folder, "packet.json");
  writeFileSync(file, await seller.packet(sale.id));
  const saved = join(folder, "saved");
  const online = ["--server", server.url];
  const ran = command(arbiter.identity, file, ...online, "--save", saved);
  assert.equal(ran.status, 0, ran.stdout + ran.stderr);
  assert.match(ran.stdout, /^ {4}\| It is broken\.$/m);
  assert.match(ran.stdout, /proved +The files are together what their seller committed to/);
  assert.deepEqual(readFileSync(join(saved, "files", sale.dispute, "a thing.bin")), bytes);
  assert.deepEqual(
    readFileSync(join(saved, "evidence", "1", "shots", "1.png")),
    Buffer.of(1, 2, 255),
  );

  const verdict = ["--rule", "for_buyer", "--because", "As seen."];
  const other = command(seller.identity, sale.id, ...online, ...verdict);
  assert.equal(other.status, 1);
  assert.equal((await seller.transfer(sale.id)).status, "disputed");
  const ruled = command(arbiter.identity, sale.id, ...online, ...verdict);
  assert.equal(ruled.status, 0, ruled.stdout + ruled.stderr);
  assert.match(ruled.stdout, /The verdict for_buyer is filed; the sale is revoked/);
  assert.equal((await buyer.transfer(sale.id)).status, "revoked");
});

test("npm run arbiter finds a damaged chunk in a copy of the bucket, and refuses a bad packet", async () => {
  const { id } = await disputed();
  const packet = Buffer.from(await seller.packet(id));
  const file = join(folder, "offline.json");
  writeFileSync(file, packet);
  const copy = join(folder, "bucket");
  for (const { key } of (await server.blobs.list()).objects) {
    const object = await server.blobs.get(key);
    mkdirSync(join(copy, key, ".."), { recursive: true });
    writeFileSync(join(copy, key), Buffer.from(await object.arrayBuffer()));
  }
  const good = command(arbiter.identity, file, "--chunks", copy);
  assert.equal(good.status, 0, good.stdout + good.stderr);
  const [{ file_id: first }] = release.manifest.body.files;
  const chunk = join(copy, release.release_id, first, "00000001");
  const damaged = readFileSync(chunk);
  damaged[20] ^= 1;
  writeFileSync(chunk, damaged);
  const bad = command(arbiter.identity, file, "--chunks", copy);
  assert.equal(bad.status, 1);
  assert.match(bad.stdout, /FALSE +a thing\.bin is stored as the seller signed it.*chunk 1/);

  packet[packet.length >> 1] ^= 1;
  writeFileSync(file, packet);
  const altered = command(arbiter.identity, file, "--chunks", copy);
  assert.equal(altered.status, 1);
  assert.match(altered.stderr, /not to be relied on/);
  assert.match(command(null, file).stderr, /--phrase-file/);
  assert.equal(command(arbiter.identity, join(folder, "none.json")).status, 1);
  assert.match(command(arbiter.identity, file, "--rule", "for_buyer").stderr, /Usage/);
});
