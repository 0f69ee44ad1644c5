/** A Rust toolchain that compiles both natively and to WebAssembly. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { DEBIAN_TOOLCHAIN, installDebianRust } from "./debian-rust.mjs";
import { PlainError, capture, onPath, run, say } from "./process.mjs";
import { RUST_VERSION, WASM_TARGET } from "./versions.mjs";

/**
 * @typedef {{ version: string, sysroot: string, hasWasm: boolean }} Toolchain
 */

/**
 * Compares dotted versions by number.
 *
 * @param {string} found
 * @param {string} wanted
 */
export function isAtLeast(found, wanted) {
  const numbers = (/** @type {string} */ version) => version.split(/[.-]/).map(Number);
  const [have, want] = [numbers(found), numbers(wanted)];
  for (let i = 0; i < 3; i += 1) {
    const difference = (have[i] ?? 0) - (want[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/**
 * What `rustc` is under an environment, or undefined if there is none new enough.
 *
 * @param {NodeJS.ProcessEnv} selected
 * @returns {Toolchain | undefined}
 */
function inspect(selected) {
  // Asking must not make rustup download the toolchain that is asked about.
  const env = { ...selected, RUSTUP_AUTO_INSTALL: "0" };
  const version = /^rustc (\S+)/.exec(capture("rustc", ["--version"], { env }) ?? "")?.[1];
  if (!version || !isAtLeast(version, RUST_VERSION)) return undefined;
  const sysroot = capture("rustc", ["--print", "sysroot"], { env });
  if (!sysroot) return undefined;
  const library = join(sysroot, "lib", "rustlib", WASM_TARGET, "lib");
  return { version, sysroot, hasWasm: existsSync(library) };
}

/**
 * The environment under which `cargo` and `rustc` are the given rustup toolchain.
 *
 * @param {string} name
 */
function selecting(name) {
  return { ...process.env, RUSTUP_TOOLCHAIN: name };
}

/** The environments to look for a toolchain under: what the user chose comes first. */
function candidates() {
  const chosen = process.env;
  return onPath("rustup")
    ? [chosen, selecting(RUST_VERSION), selecting(DEBIAN_TOOLCHAIN)]
    : [chosen];
}

/** @returns {NodeJS.ProcessEnv | undefined} */
function findComplete() {
  return candidates().find((env) => inspect(env)?.hasWasm);
}

/** Installs by rustup what misses, and says whether that worked. */
function installByRustup() {
  if (!onPath("rustup")) return false;
  if (inspect(process.env)) {
    say(`Adding the Rust target ${WASM_TARGET} by rustup (about 1 minute).`);
    return run("rustup", ["target", "add", WASM_TARGET]);
  }
  say(`Installing Rust ${RUST_VERSION} by rustup, since no new enough one is here (2 minutes).`);
  // RUSTUP_TOOLCHAIN would have rustup look for the missing toolchain before it installs one.
  const { RUSTUP_TOOLCHAIN: _, ...env } = process.env;
  const args = ["toolchain", "install", RUST_VERSION, "--profile", "minimal", "--no-self-update"];
  const parts = ["--component", "clippy", "--component", "rustfmt", "--target", WASM_TARGET];
  return run("rustup", [...args, ...parts], { env });
}

/**
 * Finds or installs the toolchain.
 *
 * @returns {NodeJS.ProcessEnv} the environment that selects it
 */
export function ensureRust() {
  const found = findComplete();
  if (found) return found;
  if (!onPath("rustup") && !onPath("apt-get")) {
    throw new PlainError("Rust is missing: install rustup (see rustup.rs), then run this again.");
  }
  if (!installByRustup()) installDebianRust();
  const env = findComplete();
  if (env) return env;
  throw new PlainError(
    `No Rust ${RUST_VERSION} or newer with the target ${WASM_TARGET} could be set up. Run "rustup toolchain install ${RUST_VERSION} --target ${WASM_TARGET}", then this again.`,
  );
}

/**
 * Adds the formatter and the linter to the toolchain; only the checks want them.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export function ensureRustLinters(env) {
  const has = (/** @type {string} */ part) => capture("cargo", [part, "--version"], { env });
  const missing = ["clippy", "fmt"].filter((part) => !has(part));
  if (missing.length === 0) return;
  const components = missing.map((part) => (part === "fmt" ? "rustfmt" : part));
  say(`Adding ${components.join(" and ")} by rustup (1 minute).`);
  if (!run("rustup", ["component", "add", ...components], { env })) {
    throw new PlainError(`Add ${components.join(" and ")} to your Rust, then run this again.`);
  }
}
