/** Builds what changed since the last build. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../setup/paths.mjs";
import { PlainError, run, say } from "../setup/process.mjs";
import { CARGO_TOOLS } from "../setup/versions.mjs";
import { withLock } from "./lock.mjs";
import { STEPS, STEP_NAMES, stepNamed } from "./plan.mjs";
import { hashInputs, isFresh, markFresh } from "./stamp.mjs";

/** @typedef {import("./plan.mjs").Step} Step */

const LOCK = join(ROOT, "node_modules", ".cache", "claimcheck-build.pid");

/**
 * The hash of all that a step's output depends on, the steps before it included.
 *
 * @param {Step} step
 * @returns {string}
 */
function inputsHash(step) {
  const before = step.after.map((name) => inputsHash(stepNamed(name)));
  return hashInputs(ROOT, step.inputs, [...step.command, ...before]);
}

/**
 * Whether a step's output is what its inputs make as they are now, by the command that it has now.
 *
 * @param {string} name
 */
export function isBuilt(name) {
  const step = stepNamed(name);
  return isFresh(join(ROOT, step.output), inputsHash(step));
}

/**
 * Brings the named steps and those before them up to date.
 *
 * @param {NodeJS.ProcessEnv} env what the set-up gave
 * @param {readonly string[]} [names]
 */
export async function build(env, names = STEP_NAMES) {
  checkBindgenVersion();
  await withLock(LOCK, () => buildSteps(names, env));
}

/**
 * @param {readonly string[]} names
 * @param {NodeJS.ProcessEnv} env
 */
function buildSteps(names, env) {
  const wanted = new Set(names.flatMap((name) => [...stepNamed(name).after, name]));
  for (const step of STEPS) {
    if (wanted.has(step.name)) buildStep(step, env);
  }
}

/**
 * @param {Step} step
 * @param {NodeJS.ProcessEnv} env
 */
function buildStep(step, env) {
  // Taken before the build: a file edited while it runs makes the output stale, not fresh.
  const hash = inputsHash(step);
  const output = join(ROOT, step.output);
  if (isFresh(output, hash)) return;
  say(`Building ${step.what}.`);
  const [program, ...args] = step.command;
  if (!run(program, args, { cwd: join(ROOT, step.folder), env })) {
    throw new PlainError(`Building ${step.what} failed: see the messages above.`);
  }
  step.finish?.();
  markFresh(output, hash);
}

/** Refuses a wasm-bindgen tool of another version than the crate's: its output would not fit. */
function checkBindgenVersion() {
  const cliVersion = CARGO_TOOLS.find((tool) => tool.binary === "wasm-bindgen")?.version;
  const lock = readFileSync(join(ROOT, "Cargo.lock"), "utf8");
  const locked = /name = "wasm-bindgen"\nversion = "([^"]+)"/.exec(lock)?.[1];
  if (locked === undefined || locked === cliVersion) return;
  throw new PlainError(
    `Cargo.lock has wasm-bindgen ${locked}, but scripts/setup/versions.mjs installs its tool in version ${cliVersion}. Make them equal.`,
  );
}
