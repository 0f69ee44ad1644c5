// What a deployment refuses before anything leaves this machine.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { problems } from "../../scripts/deploy/preflight.mjs";
import { compressedSize } from "../../scripts/deploy/size.mjs";

const ROOT = new URL("../../", import.meta.url);
const SEED = "A".repeat(43);

/**
 * What is known before a deployment, all right unless `options` say otherwise.
 *
 * @param {{
 *   vars?: Record<string, string>, given?: Record<string, string>, local?: Record<string, string>, deployed?: string[],
 * }} [options]
 */
const plan = ({ vars = {}, given = { SERVER_SEED: SEED }, local = {}, deployed = [] } = {}) => ({
  vars: { PUBLIC_ORIGIN: "https://files.example", ...vars },
  secrets: new Set([...deployed, ...Object.keys(given)]),
  given: new Map(Object.entries(given)),
  local: new Map(Object.entries(local)),
});

/** @type {string} */
let folder;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "claimcheck-deploy-"));
});
after(() => rmSync(folder, { recursive: true }));

describe("the checks before a deployment", () => {
  test("find nothing wrong with what is right", () => {
    assert.deepEqual(problems(plan()), []);
    assert.deepEqual(problems(plan({ given: {}, deployed: ["SERVER_SEED"] })), []);
  });

  /** @type {[string, Parameters<typeof plan>[0], RegExp][]} */
  const refusals = [
    ["a test clock", { vars: { TEST_CLOCK: "1" } }, /^TEST_CLOCK is set/],
    ["a fake Stripe's address", { vars: { STRIPE_API_BASE: "http://localhost:1" } }, /^STRIPE_API/],
    ["a loopback webhook", { vars: { WEBHOOK_DEV_ORIGINS: "http://localhost" } }, /^WEBHOOK_DEV/],
    ["no public origin", { vars: { PUBLIC_ORIGIN: "" } }, /^PUBLIC_ORIGIN is empty/],
    ["an origin without TLS", { vars: { PUBLIC_ORIGIN: "http://files.example" } }, /no public/],
    ["an origin of this machine", { vars: { PUBLIC_ORIGIN: "https://localhost" } }, /no public/],
    ["an origin with a path", { vars: { PUBLIC_ORIGIN: "https://a.example/x" } }, /no public/],
    ["a secret among the vars", { vars: { SERVER_SEED: SEED } }, /make it a secret/],
    ["no seed", { given: {} }, /^the secret SERVER_SEED is missing/],
    ["a seed of another length", { given: { SERVER_SEED: "short" } }, /not 32 bytes/],
    ["the seed of .dev.vars", { local: { SERVER_SEED: SEED } }, /\.dev\.vars/],
    [
      "a key without its webhook secret",
      { deployed: ["SERVER_SEED", "STRIPE_SECRET_KEY"] },
      /without STRIPE_WEBHOOK_SECRET/,
    ],
    [
      "the fake Stripe's key",
      {
        given: { SERVER_SEED: SEED, STRIPE_SECRET_KEY: "sk_test_fake_1" },
        deployed: ["STRIPE_WEBHOOK_SECRET"],
      },
      /fake Stripe/,
    ],
  ];
  for (const [why, options, message] of refusals) {
    test(`refuse ${why}, and nothing else`, () => {
      const found = problems(plan(options));
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(found[0] ?? "", message);
      assert.ok(!found.join().includes(SEED), "a message shows no secret");
    });
  }
});

test("npm run deploy says every reason, builds nothing and fails", () => {
  const secrets = join(folder, "secrets");
  writeFileSync(secrets, "SERVER_SEED=short\n");
  const args = ["scripts/deploy.mjs", "--dry-run", "--origin", "http://x", "--secrets", secrets];
  const env = { ...process.env, CLAIMCHECK_BUILD: "" };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    env,
    encoding: "utf8",
  });
  assert.notEqual(status, 0);
  assert.equal(stdout, "");
  assert.match(stderr, /Not deployed:\n- PUBLIC_ORIGIN is http:\/\/x.*\n- SERVER_SEED is not 32/);
});

test("the size counts modules, compressed, and nothing else", () => {
  const bundle = mkdtempSync(join(folder, "bundle-"));
  writeFileSync(join(bundle, "a.wasm"), Buffer.alloc(100_000));
  const one = compressedSize(bundle);
  assert.ok(one > 50 && one < 1000, `${one}`);
  writeFileSync(join(bundle, "README.md"), "x".repeat(1000));
  assert.equal(compressedSize(bundle), one);
  writeFileSync(join(bundle, "b.js"), "x");
  assert.ok(compressedSize(bundle) > one);
});
