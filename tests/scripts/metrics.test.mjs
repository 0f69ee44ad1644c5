// What npm run metrics reads: a Worker's own lines, and what `wrangler tail --format json` makes of them.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ValueReader } from "../../scripts/metrics/values.mjs";

const METRICS = fileURLToPath(new URL("../../scripts/metrics.mjs", import.meta.url));
const CALL = { route: "inbox", le: 25, outcome: "ok", ms: 12 };
const TAIL = {
  outcome: "ok",
  event: { request: { url: "https://files.example/api/inbox", headers: { a: 'quoted " { \\' } } },
  logs: [
    { message: [JSON.stringify(CALL)], level: "log" },
    { message: ["no JSON {"], level: "warn" },
  ],
};
const SUMMED = (/** @type {number} */ calls) =>
  new RegExp(`^inbox +${calls} +100\\.0 % +0\\.0 % +25 +25 +25$`, "m");

/** @param {string} input */
function metricsOf(input) {
  const { stdout, status } = spawnSync(process.execPath, [METRICS], { input, encoding: "utf8" });
  assert.equal(status, 0);
  return stdout;
}

describe("the objects of a log", () => {
  /** @param {readonly string[]} parts */
  const valuesOf = (...parts) => {
    const reader = new ValueReader();
    for (const part of parts) reader.push(part);
    reader.end();
    return reader.values;
  };

  /** @type {[string, string][]} */
  const forms = [
    ["a line each", `${JSON.stringify(TAIL)}\n${JSON.stringify(TAIL)}\n`],
    ["over many lines", `${JSON.stringify(TAIL, null, 2)}\n${JSON.stringify(TAIL, null, "\t")}`],
    [
      "with line ends of Windows",
      JSON.stringify([TAIL, TAIL], null, 2).replaceAll("\n", "\r\n").slice(1, -1),
    ],
    ["with nothing between them", JSON.stringify(TAIL) + JSON.stringify(TAIL)],
    [
      "beside text",
      `[info] Ready {\n${JSON.stringify(TAIL)} {\n{ no JSON\n  "x": {\n${JSON.stringify(TAIL)}\n`,
    ],
    [
      "after a string without an end",
      `{ "x\n${JSON.stringify(TAIL)}\n{"y": "\n${JSON.stringify(TAIL)}`,
    ],
  ];
  for (const [how, log] of forms) {
    test(`are read ${how}`, () => assert.deepEqual(valuesOf(log), [TAIL, TAIL]));
  }

  test("are read however the log is cut", () => {
    const log = JSON.stringify(TAIL, null, 2);
    assert.deepEqual(valuesOf(...log), [TAIL]);
  });

  test("are none in plain text", () => {
    assert.deepEqual(valuesOf("[wrangler:info] GET /x {}\n} ]\n\n{]}\n"), []);
  });
});

describe("npm run metrics", () => {
  test("sums what wrangler tail prints and what the Worker prints", () => {
    const tail = JSON.stringify(TAIL, null, 2);
    assert.match(metricsOf(`${tail}\n${tail}\nReady\n${JSON.stringify(CALL)}\n`), SUMMED(3));
  });

  test("reports at Ctrl-C what it has read until then", async () => {
    const child = spawn(process.execPath, [METRICS], { stdio: ["pipe", "pipe", "pipe"] });
    const ended = once(child, "exit");
    const output = text(child.stdout);
    // Once it says that it reads, it listens for the signal as well.
    await once(child.stderr, "data");
    // More than a pipe holds: when all of it is taken, its beginning has been read.
    const rest = Buffer.alloc(4_000_000, "\n");
    const log = `${JSON.stringify(TAIL, null, 2)}\n${rest}`;
    await new Promise((resolve) => child.stdin.write(log, resolve));
    child.kill("SIGINT");
    assert.deepEqual(await ended, [0, null]);
    assert.match(await output, SUMMED(1));
  });
});
