// The verifier as anybody runs it, on a packet that a server made.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { verifyPacket } from "claimcheck";
import { Client } from "../functional/client.mjs";
import { startServer } from "../functional/harness.mjs";
import { seeded } from "../functional/paid_sale.mjs";
import { Sale, ok } from "../functional/sale.mjs";
import { openDispute } from "../functional/statements.mjs";
import { identity, jcs, signStatement } from "../interop/protocol.mjs";

const RUN = fileURLToPath(new URL("../../scripts/verify/run.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "claimcheck-verify-"));

let server;
let packet;
let trail;
let jwks;
before(async () => {
  server = await startServer();
  const [seller, buyer] = await Promise.all([Client.registered(server), Client.registered(server)]);
  const sale = await Sale.claimed(seller, buyer);
  assert.equal((await sale.chunk()).status, 200);
  await ok(await sale.acknowledge());
  await ok(await openDispute(sale));
  const response = await buyer.call(`transfers-packet?transfer_id=${sale.id}`);
  packet = Buffer.from(await response.arrayBuffer());
  trail = Buffer.from(
    await (await buyer.call(`transfers-audit?transfer_id=${sale.id}`)).arrayBuffer(),
  );
  jwks = await (await fetch(`${server.url}/.well-known/jwks.json`)).text();
});
after(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

function run(bytes, ...args) {
  const file = join(folder, "packet.json");
  writeFileSync(file, bytes);
  return spawnSync(process.execPath, [RUN, file, ...args], { encoding: "utf8" });
}
const isFalse = (lines) => lines.some(({ verdict }) => verdict === "false");

test("a server's packet proves every line under the server's key", async () => {
  const lines = await verifyPacket(packet, jwks);
  assert.deepEqual(
    lines.filter(({ verdict }) => verdict !== "proved"),
    [],
  );
  assert.equal(lines.length, 11);
  const file = join(folder, "jwks.json");
  writeFileSync(file, jwks);
  const { status, stdout } = run(packet, "--server-key", file);
  assert.equal(status, 0, stdout);
  assert.equal(stdout.trim().split("\n").length, lines.length);
});

test("without the server's key the report says what it cannot know, and fails nothing", () => {
  const { status, stdout } = run(packet);
  assert.equal(status, 0, stdout);
  assert.match(stdout, /not proved +The server signed the packet/);
});

test("another server's key, an altered byte and nonsense are found", () => {
  const other = run(packet, "--server-key", "A".repeat(43));
  assert.equal(other.status, 1);
  assert.match(other.stdout, /FALSE +The server signed the packet/);
  const altered = Buffer.from(packet);
  altered[altered.length >> 1] ^= 1;
  assert.equal(run(altered).status, 1);
  assert.equal(run("{}").status, 1);
  const nonsense = run(packet, "--server-key", "no key");
  assert.equal(nonsense.status, 1);
  assert.match(nonsense.stderr, /neither the name/);
});

/** Every way of altering one part of a JSON value, as texts; each leaf, member and element has its turn. */
function* alterations(value, write = (text) => text) {
  if (Array.isArray(value)) {
    const parts = value.map((element) => JSON.stringify(element));
    const list = (texts) => write(`[${texts.join(",")}]`);
    for (const [at, element] of value.entries()) {
      yield list(parts.toSpliced(at, 1));
      yield list(parts.toSpliced(at, 0, parts[at]));
      if (at + 1 < parts.length && parts[at] !== parts[at + 1])
        yield list(parts.toSpliced(at, 2, parts[at + 1], parts[at]));
      yield* alterations(element, (text) => list(parts.toSpliced(at, 1, text)));
    }
  } else if (typeof value === "object" && value !== null) {
    const names = Object.keys(value);
    const parts = names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(value[name])}`);
    const object = (texts) => write(`{${texts.join(",")}}`);
    for (const [at, name] of names.entries()) {
      yield object(parts.toSpliced(at, 1));
      yield object(parts.toSpliced(at, 0, parts[at]));
      if (at > 0) yield object(parts.toSpliced(at - 1, 2, parts[at], parts[at - 1]));
      const member = (text) => object(parts.toSpliced(at, 1, `${JSON.stringify(name)}:${text}`));
      yield* alterations(value[name], member);
    }
  } else if (typeof value === "number") yield write(String(value + 1));
  else if (typeof value === "string") yield write(JSON.stringify(`${value.slice(0, -1)}~`));
  else yield write(JSON.stringify(value === null ? 0 : !value));
}

test("one altered part anywhere in it is found, and the command finds a sample of them", async () => {
  const all = [...alterations(JSON.parse(packet))];
  assert.ok(all.length > 500, `${all.length}`);
  for (const text of all) {
    const altered = Buffer.from(text);
    assert.ok(!altered.equals(packet));
    assert.ok(isFalse(await verifyPacket(altered, jwks)), text);
    assert.ok(isFalse(await verifyPacket(altered)), text);
  }
  const seed = randomInt(2 ** 32);
  console.log(`seed ${seed}`);
  const random = seeded(seed);
  for (let sample = 0; sample < 5; sample += 1) {
    const text = all[Math.floor(random() * all.length)];
    assert.equal(run(text).status, 1, text);
  }
});

test("a packet signed anew by another server names its key, and proves nothing by that server's word", async () => {
  const forger = identity(randomBytes(32));
  const { body } = JSON.parse(packet);
  body.server_keys = [forger.signing.publicKey.toString("base64url")];
  body.service[0].first_chunk_at += 1;
  const signature = signStatement(forger.signing, "packet", body).toString("base64url");
  const anew = jcs({ body, signature });
  assert.ok(isFalse(await verifyPacket(anew, jwks)));
  const { status, stdout } = run(anew);
  assert.equal(status, 0, stdout);
  assert.match(stdout, /not proved +The server signed the packet: .*nobody vouches for: [\w-]{43}/);
  assert.match(stdout, /not proved +The server delivered parts/);
  assert.match(stdout, /^No server key was given\./m);
});

test("an exported audit trail is verified by the same command", async () => {
  const pinned = join(folder, "jwks.json");
  writeFileSync(pinned, jwks);
  const good = run(trail, "--server-key", pinned);
  assert.equal(good.status, 0, good.stdout);
  assert.equal(good.stdout.match(/^proved/gm).length, 4, good.stdout);
  const { body, signature } = JSON.parse(trail);
  const { rows } = body;
  const newest = rows.length - 1;
  const bad = {
    "the newest altered": rows.with(newest, { ...rows[newest], action: "grant" }),
    "the newest removed": rows.slice(0, newest),
    removed: rows.toSpliced(1, 1),
    altered: rows.with(1, { ...rows[1], action: "grant" }),
    reordered: rows.toSpliced(1, 2, rows[2], rows[1]),
    truncated: rows.slice(
      0,
      rows.findIndex(({ action }) => action === "ack"),
    ),
  };
  for (const [name, altered] of Object.entries(bad)) {
    const text = jcs({ body: { ...body, rows: altered }, signature });
    const { status, stdout } = run(text, "--server-key", pinned);
    assert.equal(status, 1, `${name}: ${stdout}`);
    assert.match(stdout, /^FALSE/m, name);
  }
  const stripped = jcs({ body: { ...body, countersign: null }, signature });
  assert.equal(run(stripped, "--server-key", pinned).status, 1);
});

test("one altered byte anywhere in it is found", async () => {
  for (let position = 0; position < packet.length; position += 7) {
    const altered = Buffer.from(packet);
    altered[position] ^= 1 << (position % 8);
    assert.ok(isFalse(await verifyPacket(altered, jwks)), `byte ${position}`);
    assert.ok(isFalse(await verifyPacket(altered)), `byte ${position}, no key`);
  }
});
