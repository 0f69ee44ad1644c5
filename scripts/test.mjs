/**
 * `npm test [-- --only GROUP]`: sets up, builds, and runs every group of tests.
 *
 * --only GROUP  one group alone, for developers (may be repeated)
 * --with-checks formatting, lints and types too
 * --long        the long variants of tests, too slow for every change
 *
 * The last line of standard output is `N passed, N failed`, summed over all groups.
 */

import { parseArgs } from "node:util";
import { build } from "./build/build.mjs";
import { setUp } from "./setup/environment.mjs";
import { PlainError, runMain } from "./setup/process.mjs";
import { runLintChecks, runSourceChecks } from "./test/checks.mjs";
import { sumCounts } from "./test/counts.mjs";
import { SERVERS_AT_ONCE, runCargoTests, runNodeTests, runWasmTests } from "./test/runners.mjs";

/**
 * @typedef {object} Group
 * @property {string} name
 * @property {string} title
 * @property {(env: NodeJS.ProcessEnv) => Promise<import("./test/counts.mjs").Counts>} run
 * @property {readonly string[]} needs build steps
 * @property {boolean} [isCheck] runs only with --with-checks, or by name
 * @property {boolean} [beforeBuild] wants the sources as committed
 * @property {boolean} [inBrowser]
 */

/**
 * @param {string} name
 * @param {string} title
 * @param {readonly string[]} needs
 * @param {number} [atOnce] files
 */
const nodeGroup = (name, title, needs, atOnce) => ({
  name,
  title,
  needs,
  run: (/** @type {NodeJS.ProcessEnv} */ env) => runNodeTests(`tests/${name}`, env, atOnce),
});

const SDK = ["client", "package", "worker"];
const ALL = [...SDK, "page"];

/** @type {readonly Group[]} */
const GROUPS = [
  {
    name: "source",
    title: "Lockfile and formatting",
    needs: [],
    isCheck: true,
    beforeBuild: true,
    run: runSourceChecks,
  },
  { name: "rust", title: "Rust, native", needs: [], run: runCargoTests },
  {
    name: "wasm",
    title: "Rust, as WebAssembly in Chromium",
    needs: [],
    inBrowser: true,
    run: runWasmTests,
  },
  nodeGroup("scripts", "Set-up and build scripts", []),
  nodeGroup("functional", "Endpoints, on the real runtime", SDK, SERVERS_AT_ONCE),
  nodeGroup("sdk", "The npm package", SDK),
  nodeGroup("interop", "Other implementations of the standards", SDK),
  { ...nodeGroup("e2e", "The page, end to end in Chromium", ALL), inBrowser: true },
  { name: "lint", title: "Lints and types", needs: ALL, isCheck: true, run: runLintChecks },
];

/**
 * @param {readonly string[]} only
 * @param {boolean} withChecks
 */
function chooseGroups(only, withChecks) {
  const unknown = only.find((name) => !GROUPS.some((group) => group.name === name));
  if (unknown) {
    const names = GROUPS.map(({ name }) => name).join(", ");
    throw new PlainError(`There is no group ${unknown}: choose from ${names}.`);
  }
  if (only.length > 0) return GROUPS.filter(({ name }) => only.includes(name));
  return GROUPS.filter(({ isCheck }) => withChecks || !isCheck);
}

/**
 * @param {readonly Group[]} groups
 * @param {NodeJS.ProcessEnv} env
 */
async function runGroups(groups, env) {
  const counts = [];
  for (const { title, run } of groups) {
    process.stdout.write(`\n== ${title} ==\n`);
    const { passed, failed } = await run(env);
    process.stdout.write(`-- ${title}: ${passed} passed, ${failed} failed --\n`);
    counts.push({ passed, failed });
  }
  return sumCounts(counts);
}

async function main() {
  const { values } = parseArgs({
    options: {
      only: { type: "string", multiple: true, default: [] },
      "with-checks": { type: "boolean", default: false },
      long: { type: "boolean", default: false },
    },
  });
  const groups = chooseGroups(values.only, values["with-checks"]);
  const env = setUp({
    browser: groups.some(({ inBrowser }) => inBrowser),
    linters: groups.some(({ isCheck }) => isCheck),
  });
  if (values.long) env["CLAIMCHECK_LONG"] = "1";
  const [early, late] = [true, false].map((isEarly) =>
    groups.filter(({ beforeBuild = false }) => beforeBuild === isEarly),
  );
  const before = await runGroups(early ?? [], env);
  await build(env, [...new Set(groups.flatMap(({ needs }) => needs))]);
  const { passed, failed } = sumCounts([before, await runGroups(late ?? [], env)]);
  process.exitCode = failed > 0 ? 1 : 0;
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
}

await runMain(main);
