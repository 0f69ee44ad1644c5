import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isInstalled } from "../../scripts/setup/node-modules.mjs";
import { ROOT } from "../../scripts/setup/paths.mjs";

const text = readFileSync(join(ROOT, "package-lock.json"), "utf8");

/**
 * @typedef {{ version?: string, optionalDependencies?: Record<string, string> }} Locked
 * @type {Record<string, Locked>}
 */
const packages = JSON.parse(text).packages;

test("the lockfile names no registry", () => {
  assert.deepEqual(text.match(/"resolved": "[a-z+]+:.*/g), null);
});

// npm writes only what the registry of the moment has, and `npm ci` then refuses the whole file.
test("the lockfile has every platform's package of what it installs", () => {
  const names = new Set(Object.keys(packages).map((path) => path.split("node_modules/").pop()));
  const missing = Object.values(packages)
    .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
    .filter((name) => !names.has(name));
  assert.deepEqual(missing, []);
});

test("the versions asked for are exact", () => {
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  for (const [name, version] of Object.entries(devDependencies)) {
    assert.match(String(version), /^\d+\.\d+\.\d+(-[\w.]+)?$/, name);
  }
});

const wanted = {
  packages: {
    "": { version: "1.0.0" },
    www: { version: "1.0.0" },
    "node_modules/a": { version: "1.0.0" },
    "node_modules/a/node_modules/b": { version: "2.0.0" },
    "node_modules/for-another-platform": { version: "1.0.0", optional: true },
  },
};

/** @param {Record<string, string>} versions */
const installed = (versions) => ({
  packages: Object.fromEntries(
    Object.entries(versions).map(([path, version]) => [`node_modules/${path}`, { version }]),
  ),
});

test("an installed tree is complete without other platforms' packages", () => {
  assert.equal(isInstalled(wanted, installed({ a: "1.0.0", "a/node_modules/b": "2.0.0" })), true);
});

test("an installed tree that lacks a package, or has another version or one more, is not", () => {
  assert.equal(isInstalled(wanted, installed({ a: "1.0.0" })), false);
  assert.equal(isInstalled(wanted, installed({ a: "1.0.0", "a/node_modules/b": "2.0.1" })), false);
  const surplus = { a: "1.0.0", "a/node_modules/b": "2.0.0", c: "1.0.0" };
  assert.equal(isInstalled(wanted, installed(surplus)), false);
});
