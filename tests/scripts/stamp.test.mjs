import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { hashInputs, inputFiles, isFresh, markFresh } from "../../scripts/build/stamp.mjs";

describe("the hash of a build's inputs", () => {
  /** @type {string} */
  let root;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "claimcheck-stamp-"));
    mkdirSync(join(root, "src", "inner"), { recursive: true });
    writeFileSync(join(root, "src", "a"), "one");
    writeFileSync(join(root, "src", "inner", "b"), "two");
  });

  afterEach(() => rmSync(root, { recursive: true }));

  test("is the same for the same files elsewhere", () => {
    const other = mkdtempSync(join(tmpdir(), "claimcheck-stamp-"));
    mkdirSync(join(other, "src", "inner"), { recursive: true });
    writeFileSync(join(other, "src", "inner", "b"), "two");
    writeFileSync(join(other, "src", "a"), "one");
    assert.equal(hashInputs(other, ["src"]), hashInputs(root, ["src"]));
    rmSync(other, { recursive: true });
  });

  test("changes with a content, a name, a new file, a removed file and a fact", () => {
    const seen = new Set([hashInputs(root, ["src"])]);
    const changes = [
      () => writeFileSync(join(root, "src", "a"), "One"),
      () => writeFileSync(join(root, "src", "c"), ""),
      () => rmSync(join(root, "src", "a")),
    ];
    for (const change of changes) {
      change();
      seen.add(hashInputs(root, ["src"]));
    }
    seen.add(hashInputs(root, ["src"], ["--release"]));
    assert.equal(seen.size, 5);
  });

  test("changes when a byte moves from a name into the content or to the next file", () => {
    writeFileSync(join(root, "src", "a"), "onet");
    writeFileSync(join(root, "src", "inner", "b"), "wo");
    const moved = hashInputs(root, ["src"]);
    writeFileSync(join(root, "src", "a"), "one");
    writeFileSync(join(root, "src", "inner", "b"), "two");
    assert.notEqual(moved, hashInputs(root, ["src"]));
  });

  test("leaves out what builds make, and a path that does not exist", () => {
    const before = hashInputs(root, ["src", "missing"]);
    mkdirSync(join(root, "src", "dist"));
    writeFileSync(join(root, "src", "dist", "made"), "x");
    writeFileSync(join(root, "src", "dist.inputs"), "x");
    assert.equal(hashInputs(root, ["src"]), before);
    assert.deepEqual(inputFiles(join(root, "missing")), []);
  });

  test("a stamp holds for its hash alone, and only while the output is there", () => {
    const output = join(root, "dist");
    assert.equal(isFresh(output, "h1"), false);
    mkdirSync(output);
    markFresh(output, "h1");
    assert.equal(isFresh(output, "h1"), true);
    assert.equal(isFresh(output, "h2"), false);
    rmSync(output, { recursive: true });
    assert.equal(isFresh(output, "h1"), false);
  });
});
