// What the Worker costs a chunk's PUT and GET over the R2 calls that it makes, and what memory: both sides in turn, in
// the same run. `npm run bench:edge [-- --case COUNTxBYTES]... [--clients 1,8,32] [--rounds 7] [--floor-reads]`; one
// JSON line on stdout. Not a part of the tests.
import { statSync } from "node:fs";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { isBuilt } from "../../scripts/build/build.mjs";
import { Client } from "../functional/client.mjs";
import { CHUNK } from "../functional/release.mjs";
import { makeAgent, timeCalls } from "./load.mjs";
import { MemoryWatch } from "./memory.mjs";
import { Rounds } from "./rounds.mjs";
import { startFloor, startWorker } from "./servers.mjs";

const WASM = new URL("../../edge-worker/build/index_bg.wasm", import.meta.url);
const SIDES = /** @type {const} */ (["worker", "floor"]);
/** Rounds of each method that are not counted. */
const WARM_UPS = 1;

const { values } = parseArgs({
  options: {
    case: { type: "string", multiple: true, default: [`32x${CHUNK}`, "256x65536"] },
    clients: { type: "string", default: "1,8,32" },
    rounds: { type: "string", default: "7" },
    "floor-reads": { type: "boolean", default: false },
  },
});
const rounds = wholeNumber(values.rounds);
const reads = values["floor-reads"];
const shapes = values.case.map((spelled) => {
  const [count = "", bytes = "", ...rest] = spelled.split("x");
  const shape = { count: wholeNumber(count), bytes: wholeNumber(bytes) };
  if (rest.length > 0 || shape.bytes <= 32 || shape.bytes > CHUNK)
    throw new Error(`A case is COUNTxBYTES, of 33 to ${CHUNK} bytes: ${spelled}`);
  return shape;
});
const cases = shapes.flatMap((shape) =>
  values.clients.split(",").map((clients) => ({ ...shape, clients: wholeNumber(clients) })),
);
for (const { count, clients } of cases)
  if (count < clients) throw new Error(`${count} chunks do not keep ${clients} clients busy`);

// What else the machine was busy with.
const load_before = rounded(loadavg()[0] ?? 0, 1);
const warning = buildWarning();
if (warning) process.stderr.write(`WARNING: ${warning}\n`);
const results = [];
for (const one of cases) results.push(...(await runCase(one)));
const run = {
  floor_reads: reads,
  wasm_bytes: statSync(WASM).size,
  load_before,
  rounds,
  cases: results,
};
process.stdout.write(`${JSON.stringify({ ...(warning && { warning }), ...run })}\n`);

/** @param {string} spelled */
function wholeNumber(spelled) {
  if (!/^[1-9][0-9]*$/.test(spelled)) throw new Error(`Not a whole number above 0: "${spelled}"`);
  return Number(spelled);
}

/** Why the figures mean nothing, if so. */
function buildWarning() {
  if (process.env["CLAIMCHECK_BUILD"] !== "dev" && isBuilt("worker")) return undefined;
  return "edge-worker/build is not a release build of these sources, so the figures mean nothing: run `npm run build -- worker`";
}

/** PUTs, then GETs, with fresh runtimes, so that no case has the memory of another. */
async function runCase({ clients, ...shape }) {
  const servers = { worker: await startWorker(), floor: await startFloor(reads) };
  const agents = { worker: makeAgent(clients), floor: makeAgent(clients) };
  try {
    const make = () => Client.registered(servers.worker);
    const [seller, buyer] = await Promise.all([make(), make()]);
    const work = new Rounds({ floor: servers.floor, seller, buyer }, shape);
    await fetch(`${servers.floor.url}/nothing`);
    const results = [];
    for (const [method, next] of [
      ["PUT", () => work.puts()],
      ["GET", () => work.gets()],
    ]) {
      const measured = await measure({ servers, agents, clients, next });
      const result = { method, ...shape, clients, ...measured };
      process.stderr.write(`${JSON.stringify(result)}\n`);
      results.push(result);
    }
    return results;
  } finally {
    for (const side of SIDES) {
      agents[side].destroy();
      await servers[side].close();
    }
  }
}

/** Times rounds of calls, each round on both sides, either side first in turn. */
async function measure({ servers, agents, clients, next }) {
  const watches = bySide((side) => new MemoryWatch(servers[side].pids));
  const seconds = { worker: [], floor: [] };
  for (let round = -WARM_UPS; round < rounds; round += 1) {
    const calls = await next();
    for (const side of round % 2 === 0 ? SIDES : SIDES.toReversed()) {
      const taken = await timeCalls(calls[side], clients, agents[side]);
      if (round >= 0) seconds[side].push(taken);
    }
  }
  const memory = bySide((side) => watches[side].stop());
  const ratios = seconds.worker.map((taken, i) => taken / seconds.floor[i]);
  return {
    seconds: rounded(median(seconds.worker), 4),
    floor_seconds: rounded(median(seconds.floor), 4),
    // Of a round, in which both had the same weather.
    ratio_to_floor: rounded(median(ratios), 3),
    ratio_range: [Math.min(...ratios), Math.max(...ratios)].map((ratio) => rounded(ratio, 3)),
    rss_mb: memory.worker,
    floor_rss_mb: memory.floor,
  };
}

/** @template T @param {(side: "worker" | "floor") => T} make */
function bySide(make) {
  return { worker: make("worker"), floor: make("floor") };
}

/** @param {readonly number[]} numbers */
function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
}

/** @param {number} value @param {number} digits */
function rounded(value, digits) {
  return Number(value.toFixed(digits));
}
