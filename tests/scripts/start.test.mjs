import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { tryLock, withLock } from "../../scripts/build/lock.mjs";
import { ROOT } from "../../scripts/setup/paths.mjs";
import { ensureDevVars, readDevVars } from "../../scripts/start/dev-vars.mjs";
import { chooseFakeStripe, fakeStripe } from "../../scripts/start/fake-stripe.mjs";
import { isPortFree } from "../../scripts/start/port.mjs";

/** @param {import("node:test").TestContext} t */
function makeFolder(t) {
  const folder = mkdtempSync(join(tmpdir(), "claimcheck-start-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("development secrets are made once, for this user's eyes only", (t) => {
  const file = join(makeFolder(t), ".dev.vars");
  const made = ["SERVER_SEED", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_API_BASE"];
  assert.deepEqual(ensureDevVars(file, "http://localhost:1"), made);
  const text = readFileSync(file, "utf8");
  const seed = /^SERVER_SEED=([\w-]{43})$/m.exec(text)?.[1] ?? "";
  assert.equal(Buffer.from(seed, "base64url").length, 32);
  assert.match(
    text,
    /^STRIPE_WEBHOOK_SECRET=whsec_[\w-]{43}\nSTRIPE_API_BASE=http:..localhost:1$/m,
  );
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(ensureDevVars(file, "http://localhost:2"), []);
  assert.equal(readFileSync(file, "utf8"), text);
});

test("a person's own development variables are kept", (t) => {
  const file = join(makeFolder(t), ".dev.vars");
  writeFileSync(file, "OTHER=1");
  ensureDevVars(file, "http://localhost:1");
  assert.match(readFileSync(file, "utf8"), /^OTHER=1\nSERVER_SEED=[\w-]{43}\nSTRIPE_/);
});

test("a person's own Stripe key is used with the real Stripe", async (t) => {
  const file = join(makeFolder(t), ".dev.vars");
  writeFileSync(file, 'STRIPE_SECRET_KEY = "sk_test_mine"\n');
  assert.deepEqual(ensureDevVars(file, "http://localhost:1"), ["SERVER_SEED"]);
  const devVars = readDevVars(file);
  assert.equal(devVars.get("STRIPE_SECRET_KEY"), "sk_test_mine");
  assert.equal(await fakeStripe(devVars, 8787, {}), undefined);
});

test("the fake Stripe serves where .dev.vars says, with the secrets that it holds", async (t) => {
  const folder = makeFolder(t);
  const file = join(folder, ".dev.vars");
  const base = await chooseFakeStripe(8788);
  assert.notEqual(new URL(base).port, "8788");
  ensureDevVars(file, base);
  const devVars = readDevVars(file);
  const program = await fakeStripe(devVars, 8787, process.env);
  assert.ok(program);
  const [command, ...args] = program.command;
  const env = { ...program.env, STATE_FILE: join(folder, "state.json") };
  const child = spawn(command, args, { env, stdio: ["ignore", "inherit", "inherit"] });
  const ended = once(child, "exit");
  t.after(() => child.kill("SIGKILL"));
  await untilAnswered(program.readyUrl, ended);
  const headers = { authorization: `Bearer ${devVars.get("STRIPE_SECRET_KEY")}` };
  assert.equal((await fetch(`${base}/v1/refunds`, { headers })).status, 200);
  assert.equal((await fetch(`${base}/v1/refunds`)).status, 401);
  await assert.rejects(fakeStripe(devVars, 8787, {}), /in use/);
  child.kill("SIGTERM");
  assert.equal((await ended)[0], 0);
  await assert.rejects(fakeStripe(devVars, Number(new URL(base).port), {}), /in use/);
});

/** @param {string} url @param {Promise<unknown>} ended ends the wait too */
async function untilAnswered(url, ended) {
  let isOver = false;
  void ended.then(() => (isOver = true));
  while (!isOver) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return response.text();
  }
  throw new Error("the program ended");
}

test("a port in use is seen, on IPv4", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(address && typeof address === "object");
  assert.equal(await isPortFree(address.port), false);
  server.close();
  await once(server, "close");
  assert.equal(await isPortFree(address.port), true);
});

test("a lock is held by one living process at a time", async (t) => {
  const file = join(makeFolder(t), "inner", "lock");
  const order = await withLock(file, async () => {
    assert.equal(tryLock(file), false);
    const second = withLock(file, () => "second");
    return { second };
  });
  assert.equal(await order.second, "second");
  assert.equal(tryLock(file), true);
});

test("the lock of a process that is gone is taken over", async (t) => {
  const file = join(makeFolder(t), "lock");
  const gone = spawn(process.execPath, ["--eval", ""]);
  await once(gone, "exit");
  writeFileSync(file, String(gone.pid));
  assert.equal(tryLock(file), true);
  assert.equal(readFileSync(file, "utf8"), String(process.pid));
});

/** A server with a child of its own, as wrangler has; prints both process ids. */
const SERVER = `
  const child = require("node:child_process").spawn(process.execPath, ["--eval", "setInterval(() => {}, 1000)"]);
  require("node:http").createServer((_, response) => response.end()).listen(PORT, () => console.log("ids", process.pid, child.pid));
`;

const SUPERVISOR = `
  import { supervise } from "./scripts/start/supervise.mjs";
  const [port, ...sources] = JSON.parse(process.argv[1]);
  const programs = sources.map((source, index) => ({
    name: "program " + index,
    command: [process.execPath, "--eval", source],
    env: process.env,
    readyUrl: "http://localhost:" + port + "/",
  }));
  try { await supervise(programs, () => console.log("ready")); console.log("ended"); }
  catch (error) { console.log(error.constructor.name, error.message); }
`;

/** @param {readonly string[]} sources */
async function startSupervisor(sources) {
  const server = createServer().listen(0);
  await once(server, "listening");
  const address = server.address();
  assert.ok(address && typeof address === "object");
  server.close();
  await once(server, "close");
  const { port } = address;
  const programs = sources.map((source) => source.replace("PORT", String(port)));
  const child = spawn(
    process.execPath,
    ["--input-type=module", "--eval", SUPERVISOR, JSON.stringify([port, ...programs])],
    { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] },
  );
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

/** @param {string} id */
function isAlive(id) {
  try {
    return process.kill(Number(id), 0);
  } catch {
    return false;
  }
}

test("a signal ends the programs and their children", async () => {
  const { child, lines } = await startSupervisor([SERVER]);
  const ids = String((await lines.next()).value)
    .split(" ")
    .slice(1);
  assert.equal(ids.length, 2);
  assert.equal((await lines.next()).value, "ready");
  assert.deepEqual(ids.map(isAlive), [true, true]);
  child.kill("SIGINT");
  assert.equal((await lines.next()).value, "ended");
  await once(child, "exit");
  assert.deepEqual(ids.map(isAlive), [false, false]);
});

test("when one program ends, the others are ended and it is named", async () => {
  const { child, lines } = await startSupervisor(["setInterval(() => {}, 1000)", ""]);
  assert.match(String((await lines.next()).value), /^PlainError program 1 ended/);
  await once(child, "exit");
});
