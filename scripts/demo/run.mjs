/** The demo itself, under the project's own Node and with everything built. */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { startServer } from "../../tests/functional/harness.mjs";
import { PlainError, runMain } from "../setup/process.mjs";
import { readArguments } from "./arguments.mjs";
import { keep as keepFiles } from "./keep.mjs";
import { preparePayment } from "./payment.mjs";

const CHECK = fileURLToPath(new URL("check-kept.mjs", import.meta.url));

/**
 * A process of its own, so that the verdict owes nothing to the code that made the files.
 *
 * @param {string} folder
 */
function verifyKept(folder) {
  const check = spawnSync(process.execPath, [CHECK, folder], { encoding: "utf8" });
  process.stderr.write(check.stdout + check.stderr);
  return check.status === 0;
}

/** @param {string | undefined} keepAs */
function makeFolder(keepAs) {
  if (keepAs === undefined) return mkdtempSync(join(tmpdir(), "claimcheck-demo-"));
  mkdirSync(keepAs, { recursive: true });
  return resolve(keepAs);
}

/**
 * @param {string} folder
 * @param {ReturnType<typeof readArguments>} options
 * @param {import("./payment.mjs").Payment} payment
 */
async function sell(folder, { file, browser, paid }, payment) {
  const server = await startServer({ vars: payment.vars });
  try {
    payment.toldAt(server.url);
    // Each way is loaded only when it is taken: without --browser nobody needs a browser's driver.
    const sale = browser
      ? await (await import("./browser.mjs")).sellInBrowser(server.url, file, folder, payment)
      : await (await import("./sale.mjs")).sellInNode(server.url, file, folder, payment);
    await keepFiles(folder, sale, server);
    if (paid) writeFileSync(join(folder, "packet.json"), sale.packet);
    return sale;
  } finally {
    await server.close();
  }
}

async function demo() {
  const options = readArguments(process.argv.slice(2));
  const payment = await preparePayment(options.paid);
  const folder = makeFolder(options.keep);
  try {
    const { download, transfer, sha256, seconds } = await sell(folder, options, payment);
    const manifest = download.manifest.body;
    const verified = verifyKept(folder);
    const result = {
      ok: verified,
      release_id: manifest.release_id,
      transfer_id: transfer.transfer_id,
      bytes: download.bytes,
      chunks: manifest.files.reduce((sum, { chunks }) => sum + chunks.length, 0),
      sha256,
      seconds,
      payment: payment.outcome(),
      receipt_verified: verified,
    };
    process.stdout.write(`${JSON.stringify(result)}\n`);
    if (!verified) throw new PlainError("The sale went through, but what it left does not verify.");
  } finally {
    await payment.close();
    if (options.keep === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

await runMain(demo);
