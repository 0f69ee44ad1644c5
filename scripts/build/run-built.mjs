/** Runs a program of the project under its own Node, with everything built that it needs. */

import { setUp } from "../setup/environment.mjs";
import { runOnProjectNode } from "../setup/project-node.mjs";
import { build } from "./build.mjs";

/**
 * Its exit status becomes ours.
 *
 * @param {string} program the folder of its run.mjs, in scripts/
 * @param {readonly string[]} args
 * @param {readonly string[]} needs build steps
 * @param {Parameters<typeof setUp>[0]} [wanted] of the set-up
 */
export async function runBuilt(program, args, needs, wanted) {
  const env = setUp(wanted);
  await build(env, needs);
  runOnProjectNode(`${program}/run.mjs`, args, env);
}
