/** What wrangler does with a D1 database for backup and restore. */

import { spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";
import { NODE_BIN, ROOT } from "../setup/paths.mjs";
import { PlainError } from "../setup/process.mjs";

/** @typedef {import("./arguments.mjs").Target} Target */

/**
 * One command of `wrangler d1`. What it prints is shown only if it fails: of every statement there is a paragraph.
 *
 * @param {string} verb
 * @param {Target} target
 * @param {readonly string[]} rest
 * @returns {string} standard output
 */
function d1(verb, { database, where, config }, rest) {
  const named = config === undefined ? [] : ["--config", config];
  const args = ["d1", verb, database, where, ...rest, ...named];
  const { status, stdout, stderr } = spawnSync(join(NODE_BIN, "wrangler"), args, {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: Infinity,
    stdio: ["inherit", "pipe", "pipe"],
    env: {
      ...process.env,
      PATH: [NODE_BIN, process.env["PATH"]].join(delimiter),
      // The local runtime would otherwise ask the network for a sample of request metadata.
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
      WRANGLER_SEND_METRICS: "false",
    },
  });
  if (status === 0) return stdout;
  throw new PlainError(`${stdout}${stderr}\nwrangler d1 ${verb} failed: see its message above.`);
}

/**
 * @param {Target} target
 * @param {string} file
 */
export function exportTo(target, file) {
  // Only the real export asks whether to go on.
  const yes = target.where === "--remote" ? ["--skip-confirmation"] : [];
  d1("export", target, ["--output", file, ...yes]);
}

/**
 * Tables that are not Cloudflare's or SQLite's own.
 *
 * @param {Target} target
 * @returns {string[]}
 */
export function tablesOf(target) {
  const sql =
    "select name from sqlite_schema where type = 'table' and name not glob '_cf_*' and name not glob 'sqlite_*'";
  const [{ results }] = JSON.parse(d1("execute", target, ["--json", "--command", sql]));
  return results.map((/** @type {{ name: string }} */ { name }) => name);
}

/**
 * Runs a file of SQL, as a whole or not at all.
 *
 * @param {Target} target
 * @param {string} file
 */
export function execute(target, file) {
  d1("execute", target, ["--yes", "--file", file]);
}
