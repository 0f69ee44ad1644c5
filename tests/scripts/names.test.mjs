import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutNames } from "../../scripts/build/names.mjs";

/** A custom section. @param {string} name @param {string} content */
const section = (name, content) => {
  const body = Buffer.concat([Buffer.from([name.length]), Buffer.from(name + content)]);
  return Buffer.concat([Buffer.from([0, body.length]), body]);
};
const header = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);

test("names go, and every other section stays", async () => {
  const kept = section("producers", "name");
  const long = section("x", "y".repeat(100));
  const module = Buffer.concat([header, kept, section("name", "abc"), long]);
  const stripped = withoutNames(module);
  assert.deepEqual(stripped, Buffer.concat([header, kept, long]));
  assert.ok(/** @type {any} */ (globalThis).WebAssembly.validate(stripped));
  assert.deepEqual(withoutNames(header), header);
});
