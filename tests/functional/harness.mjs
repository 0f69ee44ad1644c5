// The built Worker on the real runtime, with the bindings of wrangler.toml, an empty database and an empty bucket.
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { createTestHarness, unstable_readConfig as readConfig } from "wrangler";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

// The local runtime would otherwise ask the network for a sample of request metadata.
process.env.CLOUDFLARE_CF_FETCH_ENABLED = "false";
process.env.WRANGLER_SEND_METRICS = "false";

/**
 * The Worker's part of wrangler.toml, without its build command, which `npm test` has run before. Without the page
 * too, unless a test is about it: the others then need no build of it.
 */
function workerConfig(vars, rates, page, database) {
  const config = readConfig({ config: `${ROOT}wrangler.toml` }, { hideWarnings: true });
  if (!existsSync(config.main))
    throw new Error(`${config.main} is missing: run \`npm run build -- worker\``);
  return {
    name: config.name,
    main: config.main,
    compatibility_date: config.compatibility_date,
    compatibility_flags: config.compatibility_flags,
    r2_buckets: config.r2_buckets,
    d1_databases: (database ? config.d1_databases : []).map((bound) => ({
      ...bound,
      migrations_dir: `${ROOT}${bound.migrations_dir}`,
    })),
    triggers: config.triggers,
    ratelimits: config.ratelimits.map(({ name, simple, ...rest }) => ({
      ...rest,
      name,
      simple: { ...simple, limit: rates[name] ?? simple.limit },
    })),
    analytics_engine_datasets: config.analytics_engine_datasets,
    vars: { ...config.vars, ...vars },
    ...(page && { assets: { ...config.assets, directory: `${ROOT}${config.assets.directory}` } }),
  };
}

/** The server's clock: the runtime's until it is set, and again once it is released. */
class Clock {
  #db;
  #millis = null;

  constructor(db) {
    this.#db = db;
  }

  /** Unix seconds. */
  now() {
    return Math.floor((this.#millis ?? Date.now()) / 1000);
  }

  /** Stops it at a time in Unix seconds. */
  async set(seconds) {
    this.#millis = seconds * 1000;
    await this.#db
      .prepare(
        "insert into test_clock (id, unix_ms) values (1, ?1) on conflict do update set unix_ms = ?1",
      )
      .bind(this.#millis)
      .run();
  }

  /** Stops it `seconds` later than it is now. */
  advance(seconds) {
    return this.set(this.now() + seconds);
  }

  async release() {
    this.#millis = null;
    await this.#db.prepare("delete from test_clock").run();
  }
}

/**
 * Starts a server on a free port.
 *
 * @param {object} [options]
 * @param {Record<string, unknown>} [options.vars] over those of wrangler.toml; null takes one away
 * @param {Record<string, number>} [options.rates] calls a minute, by the name of a rate-limit binding
 * @param {boolean} [options.page] serves the page beside the Worker
 * @param {boolean} [options.database] false leaves its binding out, and the clock cannot be set
 * @returns {Promise<{
 *   url: string, db: D1Database, blobs: R2Bucket, clock: Clock,
 *   scheduled(): Promise<unknown>, logs(): object[], close(): Promise<void>,
 * }>} `url` is an origin without a slash; `db` and `blobs` are the Worker's own bindings; `logs` are its JSON lines
 */
export async function startServer({ vars = {}, rates = {}, page = false, database = true } = {}) {
  const seed = randomBytes(32).toString("base64url");
  const config = workerConfig(
    { SERVER_SEED: seed, TEST_CLOCK: "1", ...vars },
    rates,
    page,
    database,
  );
  for (const [name, value] of Object.entries(vars)) if (value === null) delete config.vars[name];
  // From the project's own folder the runtime would read a developer's .dev.vars, over what a test says.
  const harness = createTestHarness({ root: dirname(config.main), workers: [{ config }] });
  const { url } = await harness.listen();
  const worker = harness.getWorker();
  if (database) await worker.applyD1Migrations("DB");
  const { DB: db, BLOBS: blobs } = await worker.getEnv();
  await db?.exec(
    "create table test_clock (id integer primary key not null, unix_ms integer not null) strict",
  );
  return {
    url: url.origin,
    db,
    blobs,
    clock: new Clock(db),
    scheduled: () => worker.scheduled({ cron: config.triggers.crons[0] }),
    logs: () => harness.getLogs().flatMap(({ message }) => jsonLine(message)),
    close: () => harness.close(),
  };
}

function jsonLine(message) {
  try {
    return [JSON.parse(message)];
  } catch {
    return [];
  }
}
