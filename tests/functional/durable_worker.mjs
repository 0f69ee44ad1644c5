// The Worker as a program of its own, so that a test can kill it: all it keeps is in one folder. The parent asks for
// statements and cron runs by messages.
import { fileURLToPath } from "node:url";
import { Miniflare, convertV4MiniflareOptions } from "miniflare";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** `migrations` are the statements of a new database, none where it exists. */
const { port, folder, vars, compatibilityDate, migrations } = JSON.parse(process.argv[2] ?? "{}");

const build = `${ROOT}edge-worker/build/`;
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    name: "claimcheck",
    host: "127.0.0.1",
    port,
    compatibilityDate,
    modules: [
      { type: "ESModule", path: `${build}index.js` },
      { type: "CompiledWasm", path: `${build}index_bg.wasm` },
    ],
    modulesRoot: build,
    resourcePersistencePath: folder,
    d1Databases: ["DB"],
    r2Buckets: ["BLOBS"],
    bindings: vars,
  }),
);
await miniflare.ready;
const db = await miniflare.getD1Database("DB");
for (const batch of migrations) await db.batch(batch.map((statement) => db.prepare(statement)));
process.on("message", answer);
process.send?.({ ready: true });

/**
 * @param {{ id: string, sql?: string, values?: unknown[], prefix?: string }} asked rows of a statement, or objects under
 *   a prefix, or without either a cron run
 */
async function answer({ id, sql, values = [], prefix }) {
  try {
    const run = () => (prefix === undefined ? runCron() : objects(prefix));
    process.send?.({ id, result: sql === undefined ? await run() : await rows(sql, values) });
  } catch (error) {
    process.send?.({ id, error: String(error) });
  }
}

async function objects(prefix) {
  const bucket = await miniflare.getR2Bucket("BLOBS");
  const found = [];
  let cursor;
  do {
    const page = await bucket.list({ prefix, cursor });
    found.push(...page.objects.map(({ key, size }) => ({ key, size })));
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return found;
}

async function rows(sql, values) {
  return (
    await db
      .prepare(sql)
      .bind(...values)
      .all()
  ).results;
}

async function runCron() {
  const worker = await miniflare.getWorker();
  return (await worker.scheduled({ cron: "*/5 * * * *" })).outcome;
}
