// What sellers' systems are told. The receiver checks signatures with Node's crypto, by the published rule alone.
import assert from "node:assert/strict";
import { createHmac, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { Client, assertProblem } from "./client.mjs";
import { startShop } from "./paid_sale.mjs";
import { completeRelease, newId } from "./release.mjs";
import { Sale, ok } from "./sale.mjs";
import { revoke } from "./statements.mjs";

const DAY = 86_400;

/** A seller's system: it keeps what arrives, and answers as it is told to. */
class Receiver {
  received = [];
  answer = 204;
  headers = {};

  static async start() {
    const receiver = new Receiver();
    receiver.server = createServer(async (request, response) => {
      const parts = [];
      for await (const part of request) parts.push(part);
      const { url, method, headers } = request;
      receiver.received.push({ url, method, headers, body: Buffer.concat(parts).toString() });
      if (receiver.answer === "never") return;
      response.writeHead(receiver.answer, receiver.headers).end();
    });
    receiver.server.listen(0, "127.0.0.1");
    await once(receiver.server, "listening");
    receiver.url = `http://127.0.0.1:${receiver.server.address().port}`;
    return receiver;
  }

  /** What came to a path, as JSON. */
  at(path) {
    return this.received
      .filter(({ url }) => url === path)
      .map((each) => ({ ...each, event: JSON.parse(each.body) }));
  }

  async close() {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }
}

/** Standard Webhooks 1.0, "Verifying webhook authenticity". */
function isSigned({ headers, body }, secret) {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const content = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const expected = createHmac("sha256", key).update(content).digest();
  return headers["webhook-signature"].split(" ").some((signature) => {
    const [version, base64] = signature.split(",");
    const given = Buffer.from(base64 ?? "", "base64");
    return version === "v1" && given.length === 32 && timingSafeEqual(given, expected);
  });
}

let shop;
let receiver;
before(async () => {
  receiver = await Receiver.start();
  shop = await startShop({
    vars: { WEBHOOK_DEV_ORIGINS: receiver.url, WEBHOOK_TIMEOUT_MS: "1000" },
  });
});
after(async () => {
  await shop.close();
  await receiver.close();
});

let paths = 0;
/** An address of its own at the receiver. */
async function hook(client, { events = [], ...changes } = {}) {
  const path = `/hook/${(paths += 1)}`;
  const json = { webhook_id: newId("webhook"), url: `${receiver.url}${path}`, events, ...changes };
  const made = await ok(await client.call("webhooks", { json }));
  return { ...made, json, path };
}

/** A seller and a release of its own, so that addresses of other tests hear nothing. */
async function seller() {
  const client = await Client.registered(shop.server);
  return { client, release: await completeRelease(client, [1]) };
}

async function sold({ client, release }, offer = {}) {
  const sale = new Sale(client, shop.buyer, release, { offer });
  await ok(await sale.makeOffer());
  await ok(await sale.invoice());
  return sale;
}

const list = async (client) => (await ok(await client.call("webhooks"))).webhooks;
const waiting = (sale) => shop.rows("outbox", "transfer_id", sale.id);
const until = (check) => shop.until(async () => check());

test("what happens in a sale is told to both sides, signed, in ids and states only", async () => {
  const from = await seller();
  const [mine, theirs] = [await hook(from.client), await hook(shop.buyer)];
  const sale = await sold(from, { title: "A very secret title" });
  await until(() => receiver.at(mine.path).length >= 2 && receiver.at(theirs.path).length >= 4);
  const told = receiver.at(mine.path);
  const types = told.map(({ event }) => event.type).sort();
  assert.deepEqual(types, ["payment_confirmed", "transfer_updated"]);
  const seen = receiver
    .at(theirs.path)
    .map(({ event }) => event.type)
    .sort();
  assert.deepEqual(seen, [
    "payment_confirmed",
    "product_delivery",
    "product_offer",
    "transfer_updated",
  ]);
  for (const each of told) {
    assert.ok(isSigned(each, mine.secret));
    assert.ok(!isSigned(each, theirs.secret), "each address has a secret of its own");
    assert.ok(!isSigned({ ...each, body: each.body.replace("seller", "buyers") }, mine.secret));
    assert.equal(each.method, "POST");
    assert.equal(each.headers["content-type"], "application/json");
    assert.match(each.event.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const { transfer_id, product_id, role, status } = each.event.data;
    assert.deepEqual(
      [transfer_id, product_id, role, status],
      [sale.id, from.release.productId, "seller", "delivered"],
    );
    assert.ok(!each.body.includes("secret"));
    for (const id of [from.client.id, shop.buyer.id]) assert.ok(!each.body.includes(id));
  }
  const ids = told.map(({ headers }) => headers["webhook-id"]);
  assert.equal(new Set(ids).size, ids.length);
  await ok(await shop.buyer.call("webhooks-revoke", { json: { webhook_id: theirs.webhook_id } }));
});

test("only the types that are wanted are told", async () => {
  const from = await seller();
  const { path } = await hook(from.client, { events: ["product_revoke"] });
  const sale = new Sale(from.client, shop.buyer, from.release);
  await ok(await sale.makeOffer());
  await ok(await revoke(sale, { client: from.client }).send());
  const other = await hook(from.client, { events: ["transfer_updated"] });
  const second = new Sale(from.client, shop.buyer, from.release);
  await ok(await second.makeOffer());
  await ok(await revoke(second, { client: from.client }).send());
  await until(() => receiver.at(path).length >= 2 && receiver.at(other.path).length >= 1);
  assert.deepEqual(
    new Set(receiver.at(path).map(({ event }) => event.type)),
    new Set(["product_revoke"]),
  );
  const [{ event }] = receiver.at(other.path);
  assert.deepEqual([event.data.before, event.data.status], ["offered", "revoked"]);
});

test("what was refused is sent again with the same id and body, and growing pauses", async () => {
  const from = await seller();
  const { path, secret, webhook_id } = await hook(from.client, { events: ["payment_confirmed"] });
  receiver.answer = 500;
  const sale = await sold(from);
  await shop.until(async () => (await waiting(sale))[0].last_error !== null);
  const pauses = [];
  for (let round = 0; round < 3; round += 1) {
    const [row] = await waiting(sale);
    pauses.push(row.next_attempt_at - shop.server.clock.now());
    await shop.server.clock.set(row.next_attempt_at);
    if (round === 2) receiver.answer = 200;
    await shop.cron();
  }
  receiver.answer = 204;
  assert.ok(pauses[0] < pauses[1] && pauses[1] < pauses[2], String(pauses));
  const tries = receiver.at(path);
  assert.equal(tries.length, 4);
  assert.equal(new Set(tries.map(({ body }) => body)).size, 1);
  assert.equal(new Set(tries.map(({ headers }) => headers["webhook-id"])).size, 1);
  assert.equal(new Set(tries.map(({ headers }) => headers["webhook-timestamp"])).size, 4);
  for (const each of tries) assert.ok(isSigned(each, secret));
  assert.ok((await waiting(sale))[0].done_at);
  const mine = (await list(from.client)).find((one) => one.webhook_id === webhook_id);
  assert.equal(mine.failures, 0, "a success forgets the failures");
  await shop.cron();
  assert.equal(receiver.at(path).length, 4);
});

test("a redirect is not followed, and no answer counts as a failure", async () => {
  const from = await seller();
  const { path } = await hook(from.client, { events: ["payment_confirmed"] });
  for (const [answer, code] of [
    [302, "status"],
    ["never", "timeout"],
  ]) {
    receiver.answer = answer;
    receiver.headers = answer === 302 ? { location: `${receiver.url}/elsewhere` } : {};
    const sale = await sold(from);
    await shop.until(async () => (await waiting(sale))[0].last_error !== null);
    assert.equal((await waiting(sale))[0].last_error, code);
  }
  Object.assign(receiver, { answer: 204, headers: {} });
  assert.equal(receiver.at(path).length, 2);
  assert.deepEqual(receiver.at("/elsewhere"), []);
});

test("an address that fails for a day is given up, and one that says it is gone at once", async () => {
  const from = await seller();
  const dead = await hook(from.client, { events: ["payment_confirmed"] });
  receiver.answer = 503;
  const sale = await sold(from);
  await shop.until(async () => (await waiting(sale))[0].last_error !== null);
  for (let round = 0; round < 20 && (await waiting(sale)).length > 0; round += 1) {
    const [row] = await waiting(sale);
    await shop.server.clock.set(Math.max(row.next_attempt_at, shop.server.clock.now()));
    await shop.cron();
  }
  const [given] = await list(from.client);
  assert.equal(given.disabled_reason, "failing");
  assert.ok(given.failures >= 12);
  assert.ok(given.disabled_at >= sale.offer.expires_at - 3600 + DAY, "not before a day");
  const before = receiver.at(dead.path).length;
  await sold(from);
  receiver.answer = 410;
  const gone = await hook(from.client, { events: ["payment_confirmed"] });
  const last = await sold(from);
  await shop.until(async () => (await list(from.client)).every((one) => one.disabled_at !== null));
  const [, second] = await list(from.client);
  assert.deepEqual([second.webhook_id, second.disabled_reason], [gone.webhook_id, "gone"]);
  assert.equal(receiver.at(dead.path).length, before, "nothing more is sent there");
  assert.deepEqual(await waiting(last), []);
  receiver.answer = 204;
});

test("the same id with the same body is the same address; the secret is shown for five minutes", async () => {
  const { client } = await seller();
  const { json, secret } = await hook(client);
  assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  const again = await Promise.all(
    Array.from({ length: 5 }, () => client.call("webhooks", { json })),
  );
  for (const answer of again) assert.equal((await ok(answer)).secret, secret);
  await assertProblem(
    await client.call("webhooks", { json: { ...json, events: ["product_offer"] } }),
    409,
    "id_conflict",
  );
  await assertProblem(await shop.stranger.call("webhooks", { json }), 409, "id_conflict");
  const listed = await list(client);
  assert.equal(listed.length, 1);
  assert.ok(!("secret" in listed[0]));
  await shop.server.clock.advance(301);
  assert.ok(!("secret" in (await ok(await client.call("webhooks", { json })))));
  const [row] = await shop.rows("webhooks", "id", json.webhook_id);
  assert.ok(!JSON.stringify(row).includes(secret.slice(6)), "it is not stored");
});

test("one that is ended is told nothing more; nobody else can end it", async () => {
  const from = await seller();
  const { path, webhook_id } = await hook(from.client);
  const json = { webhook_id };
  await assertProblem(await shop.stranger.call("webhooks-revoke", { json }), 404, "not_found");
  const unknown = { json: { webhook_id: newId("webhook") } };
  await assertProblem(await from.client.call("webhooks-revoke", unknown), 404, "not_found");
  for (const time of [1, 2]) {
    const { revoked_at } = await ok(await from.client.call("webhooks-revoke", { json }));
    assert.ok(revoked_at > 0, String(time));
  }
  assert.deepEqual(await list(from.client), []);
  assert.deepEqual(await list(shop.stranger), []);
  const sale = await sold(from);
  assert.deepEqual(await waiting(sale), []);
  assert.deepEqual(receiver.at(path), []);
});

test("an address that is not a public name under https is refused, however it is written", async () => {
  const { client } = await seller();
  const urls = [
    "http://hooks.example/",
    "https://localhost/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:7f00:1]/",
    "https://169.254.169.254/latest/meta-data",
    "https://hooks.example:8443/",
    "https://user@hooks.example/",
    "https://metadata.google.internal/",
    "https://hooks/",
    "http://127.0.0.1:1/",
    "hooks.example",
  ];
  for (const url of urls) {
    const json = { webhook_id: newId("webhook"), url };
    await assertProblem(await client.call("webhooks", { json }), 422, "webhook_url_not_allowed");
  }
  const json = { webhook_id: newId("webhook"), url: "https://hooks.example/", events: ["mood"] };
  await assertProblem(await client.call("webhooks", { json }), 422, "unprocessable");
  const wrong = { webhook_id: newId("claim"), url: "https://hooks.example/" };
  await assertProblem(await client.call("webhooks", { json: wrong }), 400, "invalid_request");
});

test("nobody has more than ten at a time", async () => {
  const { client } = await seller();
  const url = "https://hooks.example/";
  const make = () => client.call("webhooks", { json: { webhook_id: newId("webhook"), url } });
  const answers = await Promise.all(Array.from({ length: 12 }, make));
  assert.equal(answers.filter(({ status }) => status === 200).length, 10);
  const refused = answers.filter(({ status }) => status !== 200);
  for (const answer of refused) await assertProblem(answer, 403, "quota_exceeded");
  const [{ webhook_id }] = await list(client);
  await ok(await client.call("webhooks-revoke", { json: { webhook_id } }));
  await ok(await make());
});

test("what a sale that failed would have told is told to nobody", async () => {
  const from = await seller();
  const { path } = await hook(from.client);
  const sale = new Sale(from.client, shop.buyer, from.release, { offer: { price: 1000 } });
  await ok(await sale.makeOffer());
  const before = await waiting(sale);
  await assertProblem(await sale.grant(), 409, "wrong_state");
  assert.deepEqual(await waiting(sale), before);
  assert.deepEqual(receiver.at(path), []);
});
