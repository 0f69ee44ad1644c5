/** The checks that need no running: formatting, lints and types. Each counts as one test. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { NODE_BIN, ROOT } from "../setup/paths.mjs";
import { runWatched } from "../setup/process.mjs";
import { WASM_TARGET } from "../setup/versions.mjs";
import { sumCounts } from "./counts.mjs";

/** @typedef {import("./counts.mjs").Counts} Counts */
/** @typedef {readonly [string, ...string[]]} Command */

const DENY = ["--", "-D", "warnings"];
const FOR_WASM = ["--target", WASM_TARGET];
const WASM_CRATES = ["wasm-client", "edge-worker"];
const TYPED_FOLDERS = ["scripts", "wasm-client/npm", "www", "tests"];

/** @type {readonly Command[]} */
const SOURCE_CHECKS = [
  ["cargo", "fetch", "--quiet", "--locked"],
  ["cargo", "fmt", "--all", "--check"],
  [join(NODE_BIN, "prettier"), "--check", "--log-level=warn", "."],
];

/** @returns {Command[]} */
function lintCommands() {
  const clippy = /** @type {const} */ (["cargo", "clippy", "--all-targets"]);
  const typed = TYPED_FOLDERS.filter((folder) => existsSync(join(ROOT, folder, "tsconfig.json")));
  return [
    [...clippy, "--workspace", ...DENY],
    ...WASM_CRATES.map(
      /** @returns {Command} */
      (crate) => [...clippy, "--manifest-path", `${crate}/Cargo.toml`, ...FOR_WASM, ...DENY],
    ),
    ...typed.map(
      /** @returns {Command} */
      (folder) => [join(NODE_BIN, "tsc"), "--noEmit", "-p", folder],
    ),
  ];
}

/**
 * @param {readonly Command[]} commands
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Counts>}
 */
async function runAll(commands, env) {
  /** @type {Counts[]} */
  const counts = [];
  for (const [program, ...args] of commands) {
    process.stdout.write(`$ ${program.replace(`${NODE_BIN}/`, "")} ${args.join(" ")}\n`);
    const passed = await runWatched(program, args, { cwd: ROOT, env, onLine: () => {} });
    counts.push(passed ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });
  }
  return sumCounts(counts);
}

/**
 * Whether what was committed is complete and formatted; to be run before a build changes lockfiles.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export function runSourceChecks(env) {
  return runAll(SOURCE_CHECKS, env);
}

/**
 * Lints and types; types want what a build makes.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export function runLintChecks(env) {
  return runAll(lintCommands(), env);
}
