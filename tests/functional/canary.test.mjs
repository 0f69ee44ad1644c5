// Whole sales with canaries for secrets: whatever the server prints and keeps, not one of them is in it.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Identity } from "claimcheck";
import { startFakeStripe } from "../fake-stripe/server.mjs";
import {
  Canaries,
  Market,
  callWrongly,
  giveByLink,
  sellAndDispute,
  sellByListing,
  sellWithInputs,
  tellSystem,
} from "./canary_sales.mjs";
import { Searcher, filesUnder, formsOf, halvesOf } from "./canary_search.mjs";
import { Wire } from "./canary_wire.mjs";
import { DurableServer } from "./durable_server.mjs";

const folder = mkdtempSync(join(tmpdir(), "claimcheck-canary-"));
const canaries = new Canaries();
let server;
let stripe;
let wire;
let told = 0;
const system = createServer((request, response) => {
  told += 1;
  request.resume();
  response.writeHead(204).end();
});

before(async () => {
  system.listen(0, "127.0.0.1");
  await once(system, "listening");
  const systemOrigin = `http://127.0.0.1:${system.address().port}`;
  const arbiter = await Identity.make();
  stripe = await startFakeStripe({
    secretKey: canaries.text("Stripe key", "sk_test_"),
    webhookSecret: canaries.text("Stripe webhook secret", "whsec_"),
  });
  const seed = canaries.add("SERVER_SEED", randomBytes(32));
  const vars = {
    SERVER_SEED: seed.toString("base64url"),
    ARBITER_AILOCK_ID: arbiter.id,
    STRIPE_API_BASE: stripe.url,
    STRIPE_SECRET_KEY: stripe.secretKey,
    STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
    WEBHOOK_DEV_ORIGINS: systemOrigin,
  };
  server = await DurableServer.start(vars, { isRecorded: true });
  stripe.webhookUrl = `${server.url}/api/payments-stripe-webhook`;
  wire = Wire.over(server.url);
  await runSales(new Market({ server, stripe, canaries, folder, arbiter }), arbiter, systemOrigin);
  wire.release();
  canaries.all.push(...wire.canaries());
  await settle();
});
after(async () => {
  wire?.release();
  await server?.close();
  await stripe?.close();
  system.closeAllConnections();
  system.close();
  rmSync(folder, { recursive: true, force: true });
});

async function runSales(market, arbiterIdentity, systemOrigin) {
  const arbiter = await market.enter("Arbiter", arbiterIdentity);
  const [seller, buyer] = [await market.enter("Seller"), await market.enter("Buyer")];
  await tellSystem(market, seller, `${systemOrigin}/told`);
  await sellWithInputs(market, seller, buyer);
  await sellAndDispute(market, seller, buyer, arbiter);
  await sellByListing(market, seller, buyer);
  await giveByLink(market, seller);
  await server.scheduled();
  await callWrongly(market, [...wire.heard.keys()]);
  await server.scheduled();
}

const output = () => readFileSync(join(server.folder, "output.log"), "utf8");

/** Waits until the last call is in the output, then ends the server at once: SQLite tidies nothing away. */
async function settle() {
  for (let tries = 0; tries < 2000 && !output().includes(wire.answered.at(-1)); tries += 1)
    await (await fetch(`${server.url}/healthz`)).text();
  await server.kill();
}

/** A finding as a line, without the canary itself. */
const line = ({ file, offset, canary, form }) => `${file} at ${offset}: ${canary} (${form})`;

test("the sales ran, and what they left is what is searched", () => {
  const files = filesUnder(server.folder);
  const sizes = files.map((file) => statSync(join(server.folder, file)).size);
  const databases = files.filter((file) => /\.sqlite$/.test(file));
  const logs = files.filter((file) => /\.sqlite-wal$/.test(file));
  const blobs = files.filter((file) => /\/blobs\//.test(file));
  const kinds = new Set([...wire.heard.values()]);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const counts = `${databases.length} databases, ${logs.length} -wal, ${blobs.length} blobs`;
  console.log(`${canaries.all.length} canaries, ${files.length} files, ${total} bytes: ${counts}`);
  assert.ok(databases.length >= 2 && logs.length >= 1 && blobs.length >= 5, files.join("\n"));
  for (const kind of ["DPoP proof", "client assertion", "access_token", "ticket", "secret"])
    assert.ok(kinds.has(kind), `no ${kind} was heard`);
  for (const id of wire.answered) assert.ok(output().includes(id), `no line of ${id}`);
  assert.ok(told > 0, "the seller's system was told of nothing");
});

test("no canary is in the output, the databases, the blobs or any other file", () => {
  assert.deepEqual(new Searcher(canaries.all).inFolder(server.folder).map(line), []);
});

test("Stripe was told no canary", () => {
  const objects = ["sessions", "events"].map((kind) => [kind, stripe.all(kind)]);
  const searcher = new Searcher(canaries.all);
  for (const [kind, all] of objects) {
    assert.ok(all.length > 0, kind);
    assert.deepEqual(searcher.inBytes(Buffer.from(JSON.stringify(all)), kind).map(line), []);
  }
});

test("the searcher finds every canary, in every form, wherever it is", () => {
  const copy = join(folder, "copy");
  cpSync(server.folder, copy, { recursive: true });
  const files = filesUnder(copy);
  const ends = new Map(files.map((file) => [file, statSync(join(copy, file)).size]));
  const parts = new Map(files.map((file) => [file, []]));
  /** @type {{ file: string, start: number, end: number, canary: string, form: string }[]} */
  const planted = [];
  const plant = (canary, form, bytes) => {
    const file = files[planted.length % files.length];
    const padding = randomBytes(1 + (planted.length % 5));
    const start = ends.get(file) + padding.length;
    planted.push({ file, start, end: start + bytes.length, canary, form });
    parts.get(file).push(padding, bytes);
    ends.set(file, start + bytes.length);
  };
  for (const canary of canaries.all) {
    for (const { form, bytes } of formsOf(canary.bytes)) plant(canary.name, form, bytes);
    for (const alphabet of ["base64", "base64url"]) {
      for (const shift of [0, 1, 2]) {
        const within = Buffer.concat([randomBytes(shift), canary.bytes, randomBytes(2)]);
        plant(canary.name, `within ${alphabet}`, Buffer.from(within.toString(alphabet)));
      }
    }
    // Broken at a page's edge, either half is enough.
    for (const half of halvesOf(canary)) plant(canary.name, "half", half);
  }
  for (const [file, bytes] of parts) appendFileSync(join(copy, file), Buffer.concat(bytes));

  const found = Map.groupBy(new Searcher(canaries.all).inFolder(copy), ({ file }) => file);
  const missed = planted.filter(
    ({ file, start, end, canary }) =>
      !(found.get(file) ?? []).some(
        (each) => each.canary === canary && each.offset >= start && each.offset < end,
      ),
  );
  assert.deepEqual(missed, []);
  assert.ok(planted.length >= canaries.all.length * 35, `${planted.length} were planted`);
});
