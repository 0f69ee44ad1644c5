// The verifier as anybody runs it, on a packet that a server made.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { verifyPacket } from "claimcheck";
import { Client } from "../functional/client.mjs";
import { startServer } from "../functional/harness.mjs";
import { Sale, ok } from "../functional/sale.mjs";
import { openDispute } from "../functional/statements.mjs";

const RUN = fileURLToPath(new URL("../../scripts/verify/run.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "claimcheck-verify-"));

let server;
let packet;
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

test("one altered byte anywhere in it is found", async () => {
  for (let position = 0; position < packet.length; position += 7) {
    const altered = Buffer.from(packet);
    altered[position] ^= 1 << (position % 8);
    assert.ok(isFalse(await verifyPacket(altered, jwks)), `byte ${position}`);
    assert.ok(isFalse(await verifyPacket(altered)), `byte ${position}, no key`);
  }
});
