// A backup of a server with sales, restored into an empty database, is the same database, and the Worker goes on with it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Client } from "./client.mjs";
import { DurableServer } from "./durable_server.mjs";
import { Link } from "./links.mjs";
import { completeRelease, newId } from "./release.mjs";
import { Sale, ok } from "./sale.mjs";
import { openDispute } from "./statements.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Its manifest is longer than any statement that D1 takes. */
const FILES = 450;
const TITLE = '\'; drop table audit_log; -- "a" /* b */; end; ünï😀\u2028';

let server, folder, backup;
let [seller, buyer] = [];
before(async () => {
  server = await DurableServer.start({});
  [seller, buyer] = await Promise.all([Client.registered(server), Client.registered(server)]);
  folder = mkdtempSync(join(tmpdir(), "claimcheck-backup-"));
  backup = join(folder, "backup.sql");
  // What wrangler takes for its own local state is the server's.
  mkdirSync(join(folder, ".wrangler", "state"), { recursive: true });
  symlinkSync(server.folder, join(folder, ".wrangler", "state", "v3"));
  writeFileSync(
    join(folder, "wrangler.toml"),
    'name = "claimcheck"\n[[d1_databases]]\nbinding = "DB"\ndatabase_name = "claimcheck"\n',
  );
});
after(async () => {
  await server?.close();
  rmSync(folder, { recursive: true });
});

/** Runs one of the two commands; the server is down while it does. */
function npmRun(command) {
  const args = [`scripts/${command}.mjs`, backup, "--local"];
  const config = ["--config", join(folder, "wrangler.toml")];
  return spawnSync(process.execPath, [...args, ...config], { cwd: ROOT, encoding: "utf8" });
}

/** Every definition and every row. */
async function everything() {
  const schema = await server.query(
    "select type, name, sql from sqlite_schema where name not like '\\_cf%' escape '\\' order by type, name",
  );
  const rows = {};
  for (const { name } of schema.filter(({ type }) => type === "table")) {
    rows[name] = await server.query(`select * from "${name}"`);
  }
  return { schema, rows };
}

async function sell() {
  const release = await completeRelease(
    seller,
    Array.from({ length: FILES }, () => 1),
  );
  const sale = new Sale(seller, buyer, release, {
    offer: { title: TITLE },
    policy: { max_downloads: 3 },
  });
  await ok(await sale.makeOffer());
  await ok(await sale.invoice());
  sale.claimed = await ok(await sale.claim());
  await (await sale.chunk()).arrayBuffer();
  await ok(await sale.acknowledge());
  return sale;
}

test("a restored database equals the one that was backed up, and serves its downloads", async () => {
  const sale = await sell();
  await ok(await openDispute(sale));
  await Link.made(seller, await completeRelease(seller, [1]));
  const paid = await Sale.accepted(seller, buyer, { offer: { title: TITLE } });
  // A number is given once, also if its row is gone.
  const [{ cursor }] = await server.query("select max(cursor) as cursor from messages");
  await server.query("delete from messages where cursor = ?", cursor);
  const wanted = await everything();
  const [{ size }] = await server.query("select max(length(manifest)) as size from releases");
  assert.ok(size > 100_000, `${size}`);

  await server.kill();
  const written = npmRun("backup");
  assert.equal(written.status, 0, written.stderr);
  assert.match(readFileSync(backup, "utf8"), /^INSERT INTO "audit_log"/m);
  assert.match(npmRun("backup").stderr, /is there already/);
  const refused = npmRun("restore");
  assert.notEqual(refused.status, 0);
  assert.match(refused.stderr, /not empty/);
  renameSync(join(server.folder, "d1"), join(folder, "before"));
  const restored = npmRun("restore");
  assert.equal(restored.status, 0, restored.stderr);
  assert.match(restored.stdout, /^Restored \d+ rows: the database equals the backup\.$/m);

  await server.restart();
  assert.deepEqual(await everything(), wanted);
  await assert.rejects(server.query("delete from audit_log"), /append-only/);
  await assert.rejects(
    server.query("update product_transfers set product_id = ?", newId("product")),
    /FOREIGN KEY/,
  );
  paid.claimed = await ok(await paid.claim());
  const { bytes } = paid.release.chunks()[0];
  assert.deepEqual(Buffer.from(await (await paid.chunk()).arrayBuffer()), bytes);
  await ok(await Sale.accepted(seller, buyer).then((next) => next.claim()));
  const [{ next }] = await server.query(
    "select min(cursor) as next from messages where cursor >= ?",
    cursor,
  );
  assert.ok(next > cursor);
});
