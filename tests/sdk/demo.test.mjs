// `npm run demo`: sizes on every edge go round, what it leaves can be checked by other code, and no altered byte passes.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash, randomBytes, randomInt } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "claimcheck-demo-test-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** @param {string} script @param {string[]} args */
function run(script, ...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, script), ...args], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

const demo = (/** @type {string[]} */ ...args) => run("scripts/demo/run.mjs", ...args);
const check = (/** @type {string} */ dir) => run("scripts/demo/check-kept.mjs", dir).status;

/** @param {number} size */
function makeFile(size) {
  const path = join(folder, `size ${size}.bin`);
  const bytes = randomBytes(size);
  writeFileSync(path, bytes);
  return { path, sha256: createHash("sha256").update(bytes).digest("hex") };
}

const SEGMENT = 524_256;
const SIZES = [
  0,
  1,
  SEGMENT - 1,
  SEGMENT,
  SEGMENT + 1,
  8 * SEGMENT,
  2 ** 23 - 1,
  2 ** 23 + 1,
  209_715_200,
];

for (const size of SIZES) {
  test(`a file of ${size} bytes goes round`, () => {
    const { path, sha256 } = makeFile(size);
    const { status, stdout, stderr } = demo(path);
    assert.equal(status, 0, stderr);
    const result = JSON.parse(stdout);
    assert.deepEqual(
      { ...result, release_id: "", transfer_id: "", seconds: {} },
      {
        ok: true,
        release_id: "",
        transfer_id: "",
        bytes: size,
        chunks: Math.ceil(Math.max(1, Math.ceil(size / SEGMENT)) / 8),
        sha256,
        seconds: {},
        receipt_verified: true,
      },
    );
    assert.match(result.release_id, /^release_[0-9a-z]{26}$/);
    assert.match(result.transfer_id, /^transfer_[0-9a-z]{26}$/);
  });
}

test("the kept files verify, and with any byte of them altered they do not", () => {
  const kept = join(folder, "kept");
  const { path } = makeFile(SEGMENT + 77);
  const { status, stderr } = demo(path, "--keep", kept);
  assert.equal(status, 0, stderr);
  assert.equal(check(kept), 0);
  const names = readdirSync(kept);
  for (const name of [
    "audit.json",
    "envelope.json",
    "manifest.json",
    "offer.json",
    "receipt.json",
  ]) {
    assert.ok(names.includes(name), name);
  }
  for (const name of names) {
    const original = readFileSync(join(kept, name));
    for (let round = 0; round < 6; round += 1) {
      const at = randomInt(original.length);
      const altered = Buffer.from(original);
      altered[at] = (altered[at] ?? 0) ^ (1 << randomInt(8));
      writeFileSync(join(kept, name), altered);
      assert.notEqual(
        check(kept),
        0,
        `byte ${at} of ${name}: ${original[at]} became ${altered[at]}`,
      );
    }
    writeFileSync(join(kept, name), original);
  }
  assert.equal(check(kept), 0, "as it was");
});

test("a folder from which anything is missing does not verify", () => {
  const [kept, copy] = [join(folder, "kept"), join(folder, "copy")];
  for (const name of readdirSync(kept)) {
    cpSync(kept, copy, { recursive: true });
    rmSync(join(copy, name));
    assert.notEqual(check(copy), 0, name);
    rmSync(copy, { recursive: true });
  }
});

test("the sale runs in headless Chromium as well", () => {
  const { path, sha256 } = makeFile(9_000_000);
  const { status, stdout, stderr } = demo(path, "--browser");
  assert.equal(status, 0, stderr);
  assert.equal(JSON.parse(stdout).sha256, sha256);
});

test("a file that is not there, and words that make no sense, end in a plain sentence", () => {
  for (const args of [[], [join(folder, "nothing")], [folder], ["a", "b"], ["--what"]]) {
    const { status, stdout, stderr } = run("scripts/demo.mjs", ...args);
    assert.deepEqual([status, stdout], [1, ""], args.join(" "));
    assert.doesNotMatch(stderr, /\n\s+at /, "no stack");
  }
  assert.ok(!existsSync(join(folder, "nothing")));
});
