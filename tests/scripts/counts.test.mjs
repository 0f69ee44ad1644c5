import assert from "node:assert/strict";
import { test } from "node:test";
import { countsOfLine, countsOfRun, sumCounts } from "../../scripts/test/counts.mjs";

const NONE = { passed: 0, failed: 0 };

test("reads the closing lines of cargo, with and without colour", () => {
  const line = "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out";
  assert.deepEqual(countsOfLine(line), { passed: 12, failed: 0 });
  const red = "test result: \u001b[31mFAILED\u001b[0m. 3 passed; 2 failed; 0 ignored";
  assert.deepEqual(countsOfLine(red), { passed: 3, failed: 2 });
});

test("reads the closing lines of Node's reporter, and counts a cancelled test as failed", () => {
  assert.deepEqual(countsOfLine("ℹ pass 7"), { passed: 7, failed: 0 });
  assert.deepEqual(countsOfLine("\u001b[34mℹ fail 2\u001b[39m"), { passed: 0, failed: 2 });
  assert.deepEqual(countsOfLine("ℹ cancelled 1"), { passed: 0, failed: 1 });
  assert.deepEqual(countsOfLine("ℹ skipped 4"), NONE);
});

test("ignores what merely looks like it", () => {
  assert.deepEqual(countsOfLine("we expect: test result: ok. 1 passed; 0 failed"), NONE);
  assert.deepEqual(countsOfLine("✔ pass 7 (1ms)"), NONE);
});

test("sums", () => {
  const all = [
    { passed: 1, failed: 2 },
    { passed: 3, failed: 4 },
  ];
  assert.deepEqual(sumCounts(all), { passed: 4, failed: 6 });
  assert.deepEqual(sumCounts([]), NONE);
});

test("a runner that fails, or runs nothing, is a failure even where it counted none", () => {
  const three = [{ passed: 3, failed: 0 }];
  assert.deepEqual(countsOfRun(three, true), { passed: 3, failed: 0 });
  assert.deepEqual(countsOfRun(three, false), { passed: 3, failed: 1 });
  assert.deepEqual(countsOfRun([], true), { passed: 0, failed: 1 });
  assert.deepEqual(countsOfRun([{ passed: 1, failed: 2 }], false), { passed: 1, failed: 2 });
});
