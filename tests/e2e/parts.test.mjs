// Parts of the page that need no browser: its sentences for failures, and the arithmetic of speed and time left.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A module of the page with all that it imports. @param {string} path */
async function load(path) {
  const options = {
    bundle: true,
    format: /** @type {const} */ ("esm"),
    write: /** @type {const} */ (false),
  };
  const { outputFiles } = await build({ ...options, entryPoints: [`${ROOT}www/src/${path}`] });
  return import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0]?.contents ?? []).toString("base64")}`
  );
}

/** Mistakes of a program, which the page does not make: people are told that the server refused. */
const OF_PROGRAMS = [
  "authentication_required",
  "chunk_conflict",
  "content_mismatch",
  "digest_mismatch",
  "digest_required",
  "dpop_proof_replayed",
  "forbidden",
  "invalid_dpop_proof",
  "invalid_request",
  "invalid_signature",
  "invalid_statement",
  "invalid_ticket",
  "invalid_token",
  "length_required",
  "method_not_allowed",
  "range_not_satisfiable",
  "unprocessable",
  "unsupported_media_type",
  "wrong_chunk_length",
];
test("every failure that a person can meet has its own sentence", async () => {
  const { KNOWN_CODES } = await load("failures.ts");
  const problems = await readFile(`${ROOT}protocol/src/problem.rs`, "utf8");
  const local = await readFile(`${ROOT}wasm-client/npm/src/errors.ts`, "utf8");
  const codes = [
    ...[...problems.matchAll(/= \("([a-z_]+)", \d{3},/g)].map(([, code]) => code),
    ...[...local.matchAll(/^ {2}\| "([a-z0-9_]+)"/gm)].map(([, code]) => code),
  ];
  assert.ok(codes.length > 50, `${codes.length} codes were found`);
  const mute = codes.filter((code) => !KNOWN_CODES.includes(code));
  assert.deepEqual(
    mute.filter((code) => !OF_PROGRAMS.includes(code ?? "")),
    [],
  );
});

test("a failure names its file and its chunk, and never leaks a stack", async () => {
  const { explain } = await load("failures.ts");
  const stack = "Error: x\n    at open (worker.js:1:2)";
  assert.match(
    explain({ code: "corrupt_chunk", message: stack, path: "a/b.bin", chunk: 3 }).what,
    /^“a\/b\.bin”, chunk 3: What/,
  );
  assert.match(
    explain({ code: "sink_full", message: stack, path: "a/b.bin" }).what,
    /^“a\/b\.bin”: There is no room/,
  );
  assert.equal(
    explain({ code: "unexpected", message: stack }).what,
    "Something went wrong in this page.",
  );
  assert.equal(explain({ code: "of_tomorrow", message: stack }).what, "The server refused this.");
  assert.equal(
    explain({ code: "invalid_argument", message: "two files have the same path" }).what,
    "Two files have the same path.",
  );
});

test("speed and time left follow the last seconds", async () => {
  const { Meter } = await load("state/meter.ts");
  const meter = new Meter();
  const at = (bytesDone, phase = "running") => ({
    phase,
    bytesDone,
    bytesTotal: 100,
    chunksDone: 0,
    chunksTotal: 0,
    retries: 0,
  });
  assert.equal(meter.read(at(0, "started"), 0).speed, undefined);
  assert.deepEqual(pace(meter.read(at(20), 2000)), [10, 8]);
  assert.deepEqual(pace(meter.read(at(60), 4000)), [15, 40 / 15]);
  assert.equal(meter.read(at(60, "waiting"), 6000).speed, undefined, "nothing moves");
  // What is longer ago than the window counts no more.
  assert.deepEqual(pace(meter.read(at(70), 12_000)), [1.25, 24]);
});

/** @param {{ speed: number, secondsLeft: number }} reading */
const pace = ({ speed, secondsLeft }) => [speed, secondsLeft];

test("only addresses of the page are views", async () => {
  globalThis.location = /** @type {any} */ ({ pathname: "/", hash: "" });
  globalThis.addEventListener = () => {};
  const { routeOf } = await load("router.ts");
  const id = "transfer_01m80gy7cgfhban2mzetsx3v8n";
  assert.deepEqual(routeOf(`/sales/${id}`), { view: "sale", transferId: id });
  for (const checkout of ["success", "cancel"])
    assert.equal(routeOf(`/sales/${id}`, `?checkout=${checkout}`).checkout, checkout);
  assert.equal(routeOf(`/sales/${id}`, "?checkout=won").checkout, undefined);
  assert.deepEqual(
    ["/", "/inbox", "/you"].map((path) => routeOf(path).view),
    ["sell", "inbox", "you"],
  );
  const product = "product_01m80gy7cgfhban2mzetsx3v8n";
  const link = `/downloads/${"A".repeat(43)}`;
  assert.deepEqual(
    [`/p/${product}`, link, `/dashboard/products/${product}/files`, "/verify"].map(
      (path) => routeOf(path).view,
    ),
    ["listing", "link", "files", "verify"],
  );
  for (const path of [
    "/sales/",
    `/sales/${id}/x`,
    "/sales/release_01m80gy7cgfhban2mzetsx3v8n",
    "/downloads/x",
    "/p/x",
    "/p/release_01m80gy7cgfhban2mzetsx3v8n",
    "/dashboard/products/x/files",
    "/dashboard",
  ]) {
    assert.equal(routeOf(path).view, "unknown", path);
  }
});
