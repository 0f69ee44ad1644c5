/**
 * Rust from Debian's packages, for machines whose network reaches package registries only.
 *
 * Debian ships no standard library for WebAssembly but its source, so the library is built here
 * once and laid beside the native one.
 */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { aptInstall, runAsRoot } from "./apt.mjs";
import { PlainError, onPath, run, say } from "./process.mjs";
import { WASM_TARGET } from "./versions.mjs";

/** The name under which rustup knows Debian's compiler. */
export const DEBIAN_TOOLCHAIN = "claimcheck-debian";

const SYSROOT = "/usr";
const LLD = "22";
const PACKAGES = [
  "rustc-web",
  "cargo-web",
  "rust-web-src",
  "rust-web-llvm",
  "rust-web-clippy",
  "rustfmt-web",
  `lld-${LLD}`,
];

const HELP =
  "Install Rust with its WebAssembly target by rustup on a network that reaches its downloads, then run this again.";

/** Installs Debian's Rust with a WebAssembly library and makes it known to rustup. */
export function installDebianRust() {
  say("rustup cannot fetch from here: taking Rust from Debian's packages (about 3 minutes).");
  aptInstall(PACKAGES, HELP);
  linkLinker();
  if (onPath("rustup")) {
    const linked = run("rustup", ["toolchain", "link", DEBIAN_TOOLCHAIN, SYSROOT]);
    if (!linked) throw new PlainError(`rustup could not link Debian's compiler. ${HELP}`);
  }
  const library = join(SYSROOT, "lib", "rustlib", WASM_TARGET, "lib");
  if (!existsSync(library)) buildLibrary(library);
}

/** rustc asks for `rust-lld` in its own folder; Debian has the same linker under another name. */
function linkLinker() {
  const native = process.arch === "arm64" ? "aarch64" : "x86_64";
  const folder = join(SYSROOT, "lib", "rustlib", `${native}-unknown-linux-gnu`, "bin");
  const link = join(folder, "rust-lld");
  if (existsSync(link)) return;
  const done =
    runAsRoot(["mkdir", "-p", folder]) && runAsRoot(["ln", "-s", `/usr/bin/wasm-ld-${LLD}`, link]);
  if (!done) throw new PlainError(`The linker could not be put at ${link}. ${HELP}`);
}

/**
 * @param {string} library
 */
function buildLibrary(library) {
  say(`Building Rust's standard library for ${WASM_TARGET} from Debian's source (about 1 minute).`);
  const crate = mkdtempSync(join(tmpdir(), "claimcheck-std-"));
  try {
    mkdirSync(join(crate, "src"));
    writeFileSync(join(crate, "src", "lib.rs"), "");
    writeFileSync(
      join(crate, "Cargo.toml"),
      '[package]\nname = "only_std"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n',
    );
    const target = join(crate, "target");
    const args = ["build", "--release", "--quiet", "--target", WASM_TARGET];
    const built = run("cargo", [...args, "-Zbuild-std=std,panic_abort,test"], {
      cwd: crate,
      env: {
        ...process.env,
        ...(onPath("rustup") ? { RUSTUP_TOOLCHAIN: DEBIAN_TOOLCHAIN } : {}),
        RUSTC_BOOTSTRAP: "1",
        // Without embedded bitcode, link-time optimisation fails later.
        RUSTFLAGS: "-Cembed-bitcode=yes",
        CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "1",
        CARGO_TARGET_DIR: target,
      },
    });
    if (!built) throw new PlainError(`Rust's standard library could not be built. ${HELP}`);
    const deps = join(target, WASM_TARGET, "release", "deps");
    const libraries = readdirSync(deps)
      .filter((name) => name.endsWith(".rlib") && !name.startsWith("libonly_std"))
      .map((name) => join(deps, name));
    const staged = `${library}.new`;
    const copied =
      runAsRoot(["rm", "-rf", staged]) &&
      runAsRoot(["mkdir", "-p", staged]) &&
      runAsRoot(["cp", ...libraries, staged]) &&
      runAsRoot(["mv", staged, library]);
    if (!copied) throw new PlainError(`The library could not be put at ${library}. ${HELP}`);
  } finally {
    rmSync(crate, { recursive: true, force: true });
  }
}
