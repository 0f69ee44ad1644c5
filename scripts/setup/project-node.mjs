/** Programs of the project that need its own Node, which may be newer than the one that was started. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { NODE_BIN, ROOT } from "./paths.mjs";

/**
 * Its exit status becomes ours.
 *
 * @param {string} program a module, by its path in scripts/
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
export function runOnProjectNode(program, args, env = process.env) {
  const quiet = "--disable-warning=ExperimentalWarning";
  const script = join(ROOT, "scripts", program);
  const { status } = spawnSync(join(NODE_BIN, "node"), [quiet, script, ...args], {
    env,
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
}
