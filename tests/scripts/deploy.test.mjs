// What a deployment refuses before anything leaves this machine.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { bech32m } from "@scure/base";
import { unstable_readConfig as readConfig } from "wrangler";
import { problems } from "../../scripts/deploy/preflight.mjs";
import { deployedNames } from "../../scripts/deploy/secrets.mjs";
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
    ["an IP address", { vars: { PUBLIC_ORIGIN: "https://127.0.0.1" } }, /no public/],
    ["another IP address", { vars: { PUBLIC_ORIGIN: "https://[2001:db8::1]" } }, /no public/],
    ["a name of this machine", { vars: { PUBLIC_ORIGIN: "https://a.localhost" } }, /no public/],
    ["a name of this network", { vars: { PUBLIC_ORIGIN: "https://nas.local" } }, /no public/],
    ["a name with a dot too many", { vars: { PUBLIC_ORIGIN: "https://a.example." } }, /no public/],
    ["an origin with a path", { vars: { PUBLIC_ORIGIN: "https://a.example/x" } }, /no public/],
    ["a secret among the vars", { vars: { SERVER_SEED: SEED } }, /make it a secret/],
    ["no seed", { given: {} }, /^the secret SERVER_SEED is missing/],
    ["a seed of another length", { given: { SERVER_SEED: "short" } }, /not 32 bytes/],
    ["the seed of .dev.vars", { local: { SERVER_SEED: SEED } }, /\.dev\.vars/],
    [
      "a seed that no encoder writes",
      { given: { SERVER_SEED: `${"A".repeat(42)}B` } },
      /^SERVER_SEED is not 32 bytes/,
    ],
    ["an empty secret", { given: { SERVER_SEED: SEED, STRIPE_WEBHOOK_SECRET: "" } }, /is empty/],
    [
      "a secret that it does not know",
      { given: { SERVER_SEED: SEED, STRIPE_KEY: "x" } },
      /is no secret/,
    ],
    [
      "the same seed as the previous one",
      { given: { SERVER_SEED: SEED, SERVER_SEED_PREVIOUS: SEED } },
      /^SERVER_SEED_PREVIOUS is SERVER_SEED/,
    ],
    [
      "connected accounts of which nothing would be heard",
      { vars: { PAYMENTS_MODE: "connect" } },
      /without the secret STRIPE_CONNECT_WEBHOOK_SECRET/,
    ],
    ["a var that it does not know", { vars: { QUOTA_BYTE: "1" } }, /^QUOTA_BYTE is no var/],
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

describe("a var read from a secret", () => {
  for (const name of [
    "TEST_CLOCK",
    "STRIPE_API_BASE",
    "WEBHOOK_DEV_ORIGINS",
    "PUBLIC_ORIGIN",
    "QUOTA_BYTES",
  ]) {
    test(`is refused: ${name}, in the file and on the Worker`, () => {
      const found = [
        problems(plan({ given: { SERVER_SEED: SEED, [name]: "1" } })),
        problems(plan({ given: {}, deployed: ["SERVER_SEED", name] })),
      ];
      for (const reasons of found) {
        assert.equal(reasons.length, 1, reasons.join("\n"));
        assert.match(reasons[0] ?? "", new RegExp(`^${name} is a secret`));
      }
    });
  }
});

describe("the vars of a deployment", () => {
  const { vars } = readConfig(
    { config: `${fileURLToPath(ROOT)}wrangler.toml` },
    { hideWarnings: true },
  );

  test("are right as wrangler.toml has them, once there is an origin", () => {
    const set = {
      .../** @type {Record<string, string>} */ (vars),
      PUBLIC_ORIGIN: "https://files.example",
    };
    assert.deepEqual(problems(plan({ vars: set })), []);
  });

  const id = bech32m.encode("ailock", bech32m.toWords(new Uint8Array(32)));
  /** @type {[string, readonly string[], readonly string[]][]} good values, bad values */
  const cases = [
    ["QUOTA_BYTES", ["0", "", " 7 "], ["lots", "-1", "1.5", "1e3", "99999999999999999999"]],
    ["QUOTA_OPEN_UPLOADS", ["200"], ["x"]],
    ["QUOTA_PRODUCTS", ["1"], ["1 000"]],
    ["MAX_FILE_BYTES", ["1"], ["200MB", "0"]],
    ["MAX_RELEASE_BYTES", ["1"], ["2GB"]],
    ["RETENTION_DAYS", ["7"], ["0", "4294967296"]],
    ["RECORD_DAYS", ["1"], ["0"]],
    ["RETENTION_RUN", ["200"], ["0", "201"]],
    ["CONNECT_FEE_BPS", ["0", "10000"], ["10001", "2.5"]],
    ["STRIPE_TIMEOUT_MS", ["1"], ["0", "20s"]],
    ["WEBHOOK_TIMEOUT_MS", ["1"], ["ten"]],
    ["PAYMENTS_MODE", ["merchant"], ["marketplace"]],
    ["LINK_LOG_IP", ["hashed", "truncated", "none"], ["all"]],
    [
      "RETURN_ORIGINS",
      ["https://a.example, https://b.example:1"],
      ["https://a.example/", "a.example"],
    ],
    ["CORS_ORIGINS", ["*", "https://a.example"], ["https://a.example/x"]],
    ["ALLOWED_TYPES", ["image/*, application/pdf"], ["images", "a/b/c"]],
    ["DENIED_TYPES", ["application/x-msdownload"], [".exe"]],
    ["ARBITER_AILOCK_ID", [id], ["x", id.toUpperCase(), `${id}q`, id.slice(0, -1)]],
    ["OPERATOR_AILOCK_ID", [id], [id.replace("ailock", "padlock")]],
  ];
  for (const [name, good, bad] of cases) {
    test(`hold ${name} to what the Worker can read`, () => {
      for (const value of good)
        assert.deepEqual(problems(plan({ vars: { [name]: value } })), [], value);
      for (const value of bad) {
        const found = problems(plan({ vars: { [name]: value } }));
        assert.equal(found.length, 1, value);
        assert.match(found[0] ?? "", new RegExp(`^${name} `));
      }
    });
  }
});

describe("the secrets of the Worker", () => {
  test("are those that wrangler lists, and none before there is a Worker", () => {
    const stdout = '[{"name":"SERVER_SEED","type":"secret_text"}]';
    assert.deepEqual(deployedNames({ status: 0, stdout, stderr: "" }), ["SERVER_SEED"]);
    const stderr = '✘ [ERROR] Worker "claimcheck" not found.\n\nIf this is a new Worker, run';
    assert.deepEqual(deployedNames({ status: 1, stdout: "", stderr }), []);
  });

  test("are not taken for none when wrangler cannot say", () => {
    assert.throws(
      () => deployedNames({ status: 1, stdout: "", stderr: "fetch failed" }),
      /cannot list/,
    );
  });
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

test("the runtime keeps no line of each call, whose address may hold a link's token", () => {
  const config = fileURLToPath(new URL("../../wrangler.toml", import.meta.url));
  const { observability } = readConfig({ config }, { hideWarnings: true });
  assert.equal(observability?.logs?.enabled, true);
  assert.equal(observability?.logs?.invocation_logs, false);
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
