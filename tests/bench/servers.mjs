// The Worker and the floor, each in a runtime of its own behind miniflare's own listener, without wrangler's proxy.
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Miniflare, convertV4MiniflareOptions } from "miniflare";
import { unstable_readConfig as readConfig, unstable_splitSqlQuery as splitSql } from "wrangler";
import { runtimes } from "./memory.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BUILD = `${ROOT}edge-worker/build/`;
const FLOOR = fileURLToPath(new URL("floor.mjs", import.meta.url));
const FLOOR_READS = fileURLToPath(new URL("floor_reads.mjs", import.meta.url));

// The local runtime would otherwise ask the network for a sample of request metadata.
process.env.CLOUDFLARE_CF_FETCH_ENABLED = "false";

/**
 * @typedef {object} Server
 * @property {string} url an origin without a slash
 * @property {{ now(): number }} clock Unix seconds
 * @property {readonly number[]} pids of its runtime
 * @property {Miniflare} miniflare
 * @property {() => Promise<void>} close
 */

/**
 * @param {object} options of one Worker
 * @returns {Promise<Server>}
 */
async function start(options) {
  const folder = mkdtempSync(join(tmpdir(), "claimcheck-bench-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // However the process ends: a round is hundreds of megabytes.
  process.once("exit", remove);
  const others = new Set(runtimes());
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: 0,
      resourcePersistencePath: folder,
      r2Buckets: ["BLOBS"],
      // The Worker's log lines: stdout is for the figures.
      handleStructuredLogs: () => {},
      logRequests: false,
      ...options,
    }),
  );
  const { origin } = await miniflare.ready;
  return {
    url: origin,
    clock: { now: () => Math.floor(Date.now() / 1000) },
    pids: runtimes().filter((pid) => !others.has(pid)),
    miniflare,
    close: async () => {
      await miniflare.dispose();
      process.off("exit", remove);
      remove();
    },
  };
}

/** Starts the Worker with its bindings of wrangler.toml and without a test clock. Files may be as large as releases. */
export async function startWorker() {
  const config = readConfig({ config: `${ROOT}wrangler.toml` }, { hideWarnings: true });
  const vars = { ...config.vars, MAX_FILE_BYTES: config.vars.MAX_RELEASE_BYTES };
  const server = await start({
    name: config.name,
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
    modules: [
      { type: "ESModule", path: `${BUILD}index.js` },
      { type: "CompiledWasm", path: `${BUILD}index_bg.wasm` },
    ],
    modulesRoot: BUILD,
    d1Databases: ["DB"],
    ratelimits: Object.fromEntries(
      config.ratelimits.map(({ name, namespace_id, simple }) => [name, { namespace_id, simple }]),
    ),
    analyticsEngineDatasets: { METRICS: { dataset: "claimcheck" } },
    bindings: { ...vars, SERVER_SEED: randomBytes(32).toString("base64url") },
  });
  const db = await server.miniflare.getD1Database("DB");
  for (const file of readdirSync(`${ROOT}migrations`).sort()) {
    const statements = splitSql(readFileSync(`${ROOT}migrations/${file}`, "utf8"));
    await db.batch(statements.map((statement) => db.prepare(statement)));
  }
  return server;
}

/**
 * Starts the floor.
 *
 * @param {boolean} reads whether it reads a row of D1 beside each R2 call, as the Worker must
 */
export async function startFloor(reads) {
  const config = readConfig({ config: `${ROOT}wrangler.toml` }, { hideWarnings: true });
  const server = await start({
    name: "floor",
    compatibilityDate: config.compatibility_date,
    modules: [{ type: "ESModule", path: reads ? FLOOR_READS : FLOOR }],
    modulesRoot: fileURLToPath(new URL(".", import.meta.url)),
    ...(reads && { d1Databases: ["DB"] }),
  });
  if (!reads) return server;
  const db = await server.miniflare.getD1Database("DB");
  await db.exec("create table claims (id text primary key, state text) strict");
  await db.exec("insert into claims values ('one', 'open')");
  return server;
}
