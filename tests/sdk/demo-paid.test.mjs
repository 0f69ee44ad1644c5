// `npm run demo -- FILE --paid`: the same sale with a price, paid at a Checkout page and confirmed by webhook.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PAYMENT = { amount: 499, currency: "eur", status: "paid" };

const folder = mkdtempSync(join(tmpdir(), "claimcheck-demo-paid-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const bytes = randomBytes(600_000);
const file = join(folder, "sold.bin");
writeFileSync(file, bytes);
const sha256 = createHash("sha256").update(bytes).digest("hex");

/** @param {string} script @param {string[]} args */
function run(script, ...args) {
  const command = [join(ROOT, "scripts/demo", script), ...args];
  return spawnSync(process.execPath, command, { encoding: "utf8" });
}

test("a paid sale goes round, and what it leaves verifies", () => {
  const kept = join(folder, "kept");
  const { status, stdout, stderr } = run("run.mjs", file, "--paid", "--keep", kept);
  assert.equal(status, 0, stderr);
  const result = JSON.parse(stdout);
  assert.deepEqual(
    [result.ok, result.receipt_verified, result.sha256, result.payment],
    [true, true, sha256, PAYMENT],
  );
  assert.equal(run("check-kept.mjs", kept).status, 0);
  const read = (/** @type {string} */ name) => JSON.parse(readFileSync(join(kept, name), "utf8"));
  for (const name of ["offer.json", "receipt.json"]) {
    const { price, currency } = read(name).body;
    assert.deepEqual([price, currency], [PAYMENT.amount, PAYMENT.currency], name);
  }
  assert.ok(readdirSync(kept).includes("sold.bin"));

  const packet = read("packet.json").body;
  assert.equal(packet.transfer_id, result.transfer_id);
  assert.equal(packet.offer.signature, read("offer.json").signature);
  assert.equal(packet.receipt.signature, read("receipt.json").signature);
  const { paid_by, payments } = packet.payment;
  assert.match(payments[paid_by].confirmed_by, /^cs_test_/);
  assert.equal(payments[paid_by].refunded, 0);
});

test("a paid sale runs in headless Chromium, by a click on Pay", () => {
  const { status, stdout, stderr } = run("run.mjs", file, "--paid", "--browser");
  assert.equal(status, 0, stderr);
  const result = JSON.parse(stdout);
  assert.deepEqual([result.ok, result.sha256, result.payment], [true, sha256, PAYMENT]);
});
