// The Worker's route table, read from its source, so that a test over every route misses none.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const SOURCE = new URL("../../edge-worker/src/router.rs", import.meta.url);
const LINE = /^\s*(api|at)\("([^"]+)", ([A-Z_]+), (public|probe|token|ticket)!\(/gm;

/**
 * Each route once for each method.
 *
 * @returns {{ name: string, method: string, access: "public" | "probe" | "token" | "ticket" }[]} names as the table has them
 */
export function routes(source = readFileSync(SOURCE, "utf8")) {
  const table = source.slice(source.indexOf("static ROUTES"));
  const lines = [...table.matchAll(LINE)];
  const all = table.match(/^\s*(api|at)\(/gm)?.length;
  assert.equal(lines.length, all, "a line of the route table cannot be read");
  return lines.flatMap(([, , name, methods, access]) =>
    methods.split("_").map((method) => ({ name, method, access })),
  );
}
