/** The command-line tools that turn Rust into WebAssembly, each built once per version. */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { cacheDir, toolDir } from "./paths.mjs";
import { PlainError, isExecutable, run, say } from "./process.mjs";
import { CARGO_TOOLS } from "./versions.mjs";

/** @typedef {import("./versions.mjs").CargoTool} CargoTool */

/**
 * The folder of the tool's executables: of the wanted version, else of the release before it.
 *
 * @param {CargoTool} tool
 * @returns {string | undefined}
 */
function installedAt(tool) {
  return [tool.version, tool.before]
    .filter((version) => version !== undefined)
    .map((version) => join(toolDir(tool.name, version), "bin"))
    .find((bin) => isExecutable(join(bin, tool.binary)));
}

/**
 * The ways to install a tool, best first.
 *
 * @param {CargoTool} tool
 * @returns {{ version: string, locked: boolean }[]}
 */
export function installAttempts({ version, before }) {
  const attempts = [{ version, locked: true }];
  if (before) attempts.push({ version: before, locked: true });
  return [...attempts, { version, locked: false }];
}

/** Where cargo compiles the tools; they share dependencies, so it is kept until all are there. */
function scratchDir() {
  return join(cacheDir(), "tools", "target");
}

/**
 * @param {CargoTool} tool
 * @param {NodeJS.ProcessEnv} env
 */
function install(tool, env) {
  say(
    `Building ${tool.name} ${tool.version}, which makes the WebAssembly (once, about ${tool.minutes} minutes on two cores).`,
  );
  for (const { version, locked } of installAttempts(tool)) {
    const root = toolDir(tool.name, version);
    const args = ["install", tool.name, "--version", `=${version}`, "--root", root, "--quiet"];
    if (locked) args.push("--locked");
    if (run("cargo", args, { env: { ...env, CARGO_TARGET_DIR: scratchDir() } })) return;
    say(`  ${tool.name} ${version}${locked ? " with its own lockfile" : ""} could not be built.`);
  }
  throw new PlainError(
    `${tool.name} could not be built: see cargo's message above. Its registry must be reachable; then run this again.`,
  );
}

/**
 * Builds the tools that miss.
 *
 * @param {NodeJS.ProcessEnv} env with the chosen Rust toolchain
 * @returns {Map<string, string>} the path of each tool's program, by its name
 */
export function ensureCargoTools(env) {
  const programs = CARGO_TOOLS.map((tool) => {
    if (!installedAt(tool)) install(tool, env);
    const bin = installedAt(tool);
    if (!bin) throw new PlainError(`${tool.name} was built but its program is not there.`);
    return /** @type {const} */ ([tool.binary, join(bin, tool.binary)]);
  });
  rmSync(scratchDir(), { recursive: true, force: true });
  return new Map(programs);
}
