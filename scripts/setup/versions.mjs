/** The versions that the set-up installs where they are missing. */

/** Oldest Rust that compiles the workspace, and the one installed where none is found. */
export const RUST_VERSION = "1.95.0";

export const WASM_TARGET = "wasm32-unknown-unknown";

/**
 * Command-line tools built by `cargo install`. A registry mirror can lag behind what a tool's own
 * lockfile names; `before` is then installed instead.
 *
 * @typedef {{ name: string, version: string, before: string | undefined, binary: string, minutes: number }} CargoTool
 * @type {readonly CargoTool[]}
 */
export const CARGO_TOOLS = [
  // Must equal the `wasm-bindgen` of Cargo.lock, so it has no release to fall back to.
  {
    name: "wasm-bindgen-cli",
    version: "0.2.129",
    before: undefined,
    binary: "wasm-bindgen",
    minutes: 4,
  },
  {
    name: "worker-build",
    version: "0.8.7",
    before: "0.8.6",
    binary: "worker-build",
    minutes: 5,
  },
  {
    name: "wasm-pack",
    version: "0.15.1",
    before: "0.15.0",
    binary: "wasm-pack",
    minutes: 2,
  },
];
