/** The whole set-up: finds or installs every tool and gives the environment to use them in. */

import { delimiter, dirname, join } from "node:path";
import { ensureBrowser } from "./chromium.mjs";
import { ensureCargoTools } from "./cargo-tools.mjs";
import { ensureCompiler } from "./c-compiler.mjs";
import { ensureNodeModules } from "./node-modules.mjs";
import { NODE_BIN, cacheDir } from "./paths.mjs";
import { PlainError } from "./process.mjs";
import { isAtLeast, ensureRust, ensureRustLinters } from "./rust.mjs";

const OLDEST_NODE = "20.0.0";

/**
 * Sets up what misses. When nothing does, this takes well under a second.
 *
 * @param {{ browser?: boolean, linters?: boolean }} [wanted] what only some commands need
 * @returns {NodeJS.ProcessEnv} the environment for every program of the project
 */
export function setUp(wanted = {}) {
  if (!isAtLeast(process.versions.node, OLDEST_NODE)) {
    throw new PlainError(`Node ${process.versions.node} is too old: install Node 20 or newer.`);
  }
  ensureNodeModules();
  ensureCompiler();
  const rust = ensureRust();
  if (wanted.linters) ensureRustLinters(rust);
  const env = toolEnvironment(rust, ensureCargoTools(rust));
  if (!wanted.browser) return env;
  const { chromium, chromedriver } = ensureBrowser(env);
  return { ...env, CHROMIUM: chromium, CHROMEDRIVER: chromedriver };
}

/**
 * @param {NodeJS.ProcessEnv} base
 * @param {ReadonlyMap<string, string>} tools the path of each program by its name
 * @returns {NodeJS.ProcessEnv}
 */
function toolEnvironment(base, tools) {
  const folders = [...tools.values()].map(dirname);
  return {
    ...base,
    PATH: [NODE_BIN, ...folders, base["PATH"]].join(delimiter),
    CARGO_TARGET_DIR: base["CARGO_TARGET_DIR"] || join(cacheDir(base), "target"),
    // worker-build downloads whichever of these it is not given.
    WASM_BINDGEN_BIN: tools.get("wasm-bindgen"),
    ESBUILD_BIN: join(NODE_BIN, "esbuild"),
    WASM_OPT_BIN: join(NODE_BIN, "wasm-opt"),
    // The local runtime would otherwise ask the network for a sample of request metadata.
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    WRANGLER_SEND_METRICS: "false",
  };
}
