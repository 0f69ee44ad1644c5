/** What is built, from which inputs, and by which command. */

import { join } from "node:path";
import { ROOT } from "../setup/paths.mjs";
import { PlainError } from "../setup/process.mjs";
import { removeNames } from "./names.mjs";

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string} what is being made, for the person who waits
 * @property {readonly string[]} inputs files and folders, relative to the root
 * @property {readonly string[]} after steps whose outputs are inputs too
 * @property {string} output the folder that is made, relative to the root
 * @property {readonly [string, ...string[]]} command
 * @property {() => void} [finish] runs after the command
 * @property {string} folder where the command runs, relative to the root
 */

const RUST_INPUTS = ["Cargo.toml", "Cargo.lock", "protocol", "scripts/setup/versions.mjs"];

/** `CLAIMCHECK_BUILD=dev` builds in a fraction of the time what runs several times slower. */
const IS_DEV = process.env["CLAIMCHECK_BUILD"] === "dev";

const NPM_INPUTS = ["package-lock.json", "tsconfig.base.json"];

/** @type {readonly Step[]} */
export const STEPS = [
  {
    name: "client",
    what: "the client's Rust as WebAssembly",
    inputs: [...RUST_INPUTS, "wasm-client/Cargo.toml", "wasm-client/src"],
    after: [],
    output: "wasm-client/npm/wasm",
    command: [
      "wasm-pack",
      ...["build", ".", IS_DEV ? "--dev" : "--release", "--target", "web", "--mode", "no-install"],
      ...["--no-pack", "--no-gitignore", "--out-dir", "npm/wasm"],
    ],
    folder: "wasm-client",
  },
  {
    name: "package",
    what: "the npm package claimcheck",
    inputs: [...NPM_INPUTS, "wasm-client/npm"],
    after: ["client"],
    output: "wasm-client/npm/dist",
    command: ["npm", "run", "--silent", "build"],
    folder: "wasm-client/npm",
  },
  {
    name: "worker",
    what: "the Worker",
    inputs: [...RUST_INPUTS, "edge-worker", "migrations"],
    after: [],
    output: "edge-worker/build",
    command: ["worker-build", ...(IS_DEV ? ["--profile", "quick", "--no-opt"] : ["--release"])],
    finish: () => removeNames(join(ROOT, "edge-worker", "build", "index_bg.wasm")),
    folder: "edge-worker",
  },
  {
    name: "page",
    what: "the page",
    inputs: [...NPM_INPUTS, "www"],
    after: ["client", "package"],
    output: "www/dist",
    command: ["npm", "run", "--silent", "build"],
    folder: "www",
  },
];

export const STEP_NAMES = STEPS.map((step) => step.name);

/**
 * @param {string} name
 * @returns {Step}
 */
export function stepNamed(name) {
  const step = STEPS.find((candidate) => candidate.name === name);
  if (!step) {
    throw new PlainError(`There is no build step ${name}: choose from ${STEP_NAMES.join(", ")}.`);
  }
  return step;
}
