import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { installAttempts } from "../../scripts/setup/cargo-tools.mjs";
import { ROOT } from "../../scripts/setup/paths.mjs";
import { isAtLeast } from "../../scripts/setup/rust.mjs";
import { RUST_VERSION } from "../../scripts/setup/versions.mjs";

/** A rustc whose toolchains are files `rustc-NAME` (`rustc-default` where none is selected). */
const RUSTC = `#!/bin/sh
dir=$(dirname "$0"); file="$dir/rustc-\${RUSTUP_TOOLCHAIN:-default}"
[ -f "$file" ] || exit 1
case "$1" in --version) cat "$file" ;; *) echo "$dir/sysroot" ;; esac
`;

/** Programs that write down how they were called, and then do what the test wants. */
const recording = (/** @type {string} */ body) => `#!/bin/sh
dir=$(dirname "$0"); echo "$(basename "$0") $*" >> "$dir/calls"
${body}
`;

const ADD_TARGET = 'mkdir -p "$dir/sysroot/lib/rustlib/wasm32-unknown-unknown/lib"';
const SCRIPT = `
  import { ensureRust } from "./scripts/setup/rust.mjs";
  import { PlainError } from "./scripts/setup/process.mjs";
  try { console.log(ensureRust().RUSTUP_TOOLCHAIN ?? "default"); }
  catch (error) { if (!(error instanceof PlainError)) throw error; console.log(error.message); }
`;

describe("finding Rust", () => {
  /** @type {string} */
  let bin;

  beforeEach(() => {
    bin = mkdtempSync(join(tmpdir(), "claimcheck-bin-"));
    addProgram("rustc", RUSTC);
    for (const name of ["dirname", "basename", "cat", "mkdir"]) {
      addProgram(name, `#!/bin/sh\nexec /bin/${name} "$@"\n`, `/usr/bin/${name}`);
    }
  });

  afterEach(() => rmSync(bin, { recursive: true }));

  /**
   * @param {string} name
   * @param {string} text
   * @param {string} [elsewhere] where the program lies on other systems
   */
  function addProgram(name, text, elsewhere) {
    const real =
      elsewhere && existsSync(elsewhere) ? text.replace(`/bin/${name}`, elsewhere) : text;
    writeFileSync(join(bin, name), real);
    chmodSync(join(bin, name), 0o755);
  }

  /**
   * @param {string} toolchain
   * @param {string} version
   */
  function addToolchain(toolchain, version) {
    writeFileSync(join(bin, `rustc-${toolchain}`), `rustc ${version} (of a test)\n`);
  }

  function ensureRust() {
    const { RUSTUP_TOOLCHAIN: _, ...env } = process.env;
    const result = spawnSync(process.execPath, ["--input-type=module", "--eval", SCRIPT], {
      cwd: ROOT,
      env: { ...env, PATH: bin },
      encoding: "utf8",
    });
    assert.equal(result.status, 0, result.stderr);
    const calls = join(bin, "calls");
    const made = existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n") : [];
    return { answer: result.stdout.trim(), calls: made };
  }

  test("a complete toolchain is taken as it is", () => {
    addToolchain("default", "1.99.1");
    addProgram("rustup", recording("exit 1"));
    spawnSync("mkdir", ["-p", join(bin, "sysroot/lib/rustlib/wasm32-unknown-unknown/lib")]);
    assert.deepEqual(ensureRust(), { answer: "default", calls: [] });
  });

  test("a missing target is added", () => {
    addToolchain("default", RUST_VERSION);
    addProgram("rustup", recording(ADD_TARGET));
    assert.deepEqual(ensureRust(), {
      answer: "default",
      calls: ["rustup target add wasm32-unknown-unknown"],
    });
  });

  for (const [title, prepare] of /** @type {const} */ ([
    ["an empty home", () => {}],
    ["a toolchain too old", () => addToolchain("default", "1.60.0")],
  ])) {
    test(`${title}: the pinned toolchain is installed and selected`, () => {
      prepare();
      const install = `${ADD_TARGET}; echo "rustc ${RUST_VERSION}" > "$dir/rustc-${RUST_VERSION}"`;
      addProgram("rustup", recording(install));
      const { answer, calls } = ensureRust();
      assert.equal(answer, RUST_VERSION);
      assert.equal(calls.length, 1);
      assert.match(
        String(calls[0]),
        new RegExp(`^rustup toolchain install ${RUST_VERSION} .*wasm`),
      );
    });
  }

  test("where rustup cannot fetch, Debian's packages are asked for", () => {
    addProgram("rustup", recording("exit 1"));
    addProgram("apt-get", recording("exit 100"));
    addProgram("sudo", '#!/bin/sh\nshift\nexec "$@"\n');
    const { answer, calls } = ensureRust();
    assert.match(answer, /^apt-get could not install rustc-web, .*rustup/);
    assert.deepEqual(
      calls.map((call) => call.split(" ").slice(0, 3).join(" ")),
      ["rustup toolchain install", "apt-get -qq update", "apt-get -qq install"],
    );
  });

  test("without rustup and apt, a sentence says what to install", () => {
    const { answer } = ensureRust();
    assert.match(answer, /install rustup/);
  });
});

test("versions are compared by number", () => {
  assert.equal(isAtLeast("1.100.0", "1.95.0"), true);
  assert.equal(isAtLeast("1.95.0", "1.95.0"), true);
  assert.equal(isAtLeast("1.95.0-nightly", "1.95.0"), true);
  assert.equal(isAtLeast("1.94.9", "1.95.0"), false);
  assert.equal(isAtLeast("20.0.0", "20"), true);
});

test("a tool is installed as pinned, else the release before, else without its lockfile", () => {
  const tool = { name: "t", binary: "t", minutes: 1, version: "2.0.0", before: "1.9.0" };
  assert.deepEqual(installAttempts(tool), [
    { version: "2.0.0", locked: true },
    { version: "1.9.0", locked: true },
    { version: "2.0.0", locked: false },
  ]);
  assert.deepEqual(
    installAttempts({ ...tool, before: undefined }).map(({ version }) => version),
    ["2.0.0", "2.0.0"],
  );
});
