// A server that survives being killed: its process dies without notice, and the next one begins on the same folder.
import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { unstable_readConfig as readConfig, unstable_splitSqlQuery as splitSql } from "wrangler";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PROGRAM = fileURLToPath(new URL("durable_worker.mjs", import.meta.url));

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** The statements of every migration, and the table of the stopped clock. */
function migrations() {
  const folder = join(ROOT, "migrations");
  const files = readdirSync(folder).sort();
  return [
    ...files.map((file) => splitSql(readFileSync(join(folder, file), "utf8"))),
    ["create table test_clock (id integer primary key not null, unix_ms integer not null) strict"],
  ];
}

export class DurableServer {
  #child;
  #options;
  /** Everything that it keeps. */
  folder = mkdtempSync(join(tmpdir(), "claimcheck-durable-"));
  #asked = new Map();
  #millis = null;
  /** Beside the real clock, as `startServer` has it. */
  clock = {
    now: () => Math.floor((this.#millis ?? Date.now()) / 1000),
    set: async (seconds) => {
      this.#millis = seconds * 1000;
      const sql = "insert into test_clock values (1, ?1) on conflict do update set unix_ms = ?1";
      await this.query(sql, this.#millis);
    },
    advance: (seconds) => this.clock.set(this.clock.now() + seconds),
  };

  /**
   * @param {Record<string, string>} vars over those of wrangler.toml; the same in every process
   * @param {object} [options]
   * @param {boolean} [options.isRecorded] keeps in the folder too what it prints (`output.log`) and its temporary files
   */
  static async start(vars, { isRecorded = false } = {}) {
    const server = new DurableServer();
    const seed = randomBytes(32).toString("base64url");
    const config = readConfig({ config: `${ROOT}wrangler.toml` }, { hideWarnings: true });
    server.#options = {
      port: await freePort(),
      folder: server.folder,
      isRecorded,
      vars: { ...config.vars, SERVER_SEED: seed, TEST_CLOCK: "1", ...vars },
      compatibilityDate: config.compatibility_date,
    };
    await server.#spawn(migrations());
    return server;
  }

  get url() {
    return `http://127.0.0.1:${this.#options.port}`;
  }

  async #spawn(statements) {
    const options = JSON.stringify({ ...this.#options, migrations: statements });
    const { isRecorded } = this.#options;
    const temporary = join(this.folder, "temporary");
    if (isRecorded) mkdirSync(temporary, { recursive: true });
    const output = isRecorded ? openSync(join(this.folder, "output.log"), "a") : null;
    // A process group of its own: the runtime, its child, dies with it.
    this.#child = fork(PROGRAM, [options], {
      detached: true,
      stdio: ["ignore", output ?? "ignore", output ?? "inherit", "ipc"],
      env: isRecorded ? { ...process.env, TMPDIR: temporary } : process.env,
    });
    if (output !== null) closeSync(output);
    const child = this.#child;
    await new Promise((resolve, reject) => {
      child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
      child.on("message", (message) => {
        if (message.ready) return resolve(undefined);
        const asked = this.#asked.get(message.id);
        this.#asked.delete(message.id);
        if (message.error === undefined) asked.resolve(message.result);
        else asked.reject(new Error(message.error));
      });
    });
  }

  /** Ends runtime and all at once, as a power cut would. */
  async kill() {
    const gone = once(this.#child, "exit");
    process.kill(-this.#child.pid, "SIGKILL");
    await gone;
    for (const { reject } of this.#asked.values()) reject(new Error("the server was killed"));
    this.#asked.clear();
  }

  /** Begins again on what is on disk. */
  restart() {
    return this.#spawn([]);
  }

  #ask(message) {
    const id = randomBytes(8).toString("hex");
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.#child.send({ id, ...message });
    });
  }

  /** Rows of a statement. */
  query(sql, ...values) {
    return this.#ask({ sql, values });
  }

  /** Keys and sizes in the bucket. */
  objects(prefix = "") {
    return this.#ask({ prefix });
  }

  /** Runs the cron. */
  scheduled() {
    return this.#ask({});
  }

  async close() {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) await this.kill();
    rmSync(this.folder, { recursive: true });
  }
}
