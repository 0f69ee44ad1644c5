// What sealing 200 MB costs a tab in memory, and how fast sealing and opening are beside raw WebCrypto over the same
// bytes in the same run. `npm run bench:browser [-- MEGABYTES]`; one JSON line on stdout. Not a part of the tests.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  acceptOffer,
  assertReceiptShown,
  downloadButton,
  startSale,
  waitUntilOffered,
} from "./acts.mjs";
import { openAlone, rawSeal, sealAlone } from "./bench-page.mjs";
import { makeFiles, makeFolder } from "./files.mjs";
import { serveSdkPage } from "./sdk-page.mjs";
import { openStage } from "./stage.mjs";

const SAMPLE_MS = 50;
const PATIENCE_MS = 10 * 60_000;
const bytes = Number(process.argv[2] ?? 200) * 1_000_000;

/** Resident memory of all renderers together, in bytes. @param {import("playwright-core").CDPSession} session */
async function rendererMemory(session) {
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const renderers = processInfo.filter(({ type }) => type === "renderer");
  const sizes = await Promise.all(renderers.map(({ id }) => residentOf(id)));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** @param {number} pid */
async function residentOf(pid) {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

/**
 * Runs `work`, and finds how far memory rises above what it was before.
 *
 * @param {import("playwright-core").CDPSession} session
 * @param {() => Promise<unknown>} work
 */
async function measure(session, work) {
  const idle = await rendererMemory(session);
  let peak = idle;
  let isRunning = true;
  const sampling = (async () => {
    while (isRunning) {
      peak = Math.max(peak, await rendererMemory(session));
      await new Promise((next) => setTimeout(next, SAMPLE_MS));
    }
  })();
  const began = performance.now();
  try {
    await work();
    return { seconds: (performance.now() - began) / 1000, peakAboveIdle: () => peak - idle, idle };
  } finally {
    isRunning = false;
    await sampling;
  }
}

const stage = await openStage({ isDirect: true });
const sdk = await serveSdkPage();
try {
  const session = await stage.browser.newBrowserCDPSession();
  const folder = await makeFolder();
  const [file = ""] = await makeFiles(folder, { "large.bin": bytes });
  const [seller, buyer] = [await stage.person(), await stage.person()];
  for (const { page } of [seller, buyer]) page.setDefaultTimeout(PATIENCE_MS);
  const sealed = await measure(session, async () => {
    await startSale(seller.page, { files: [file], buyer: buyer.id });
    await waitUntilOffered(seller.page);
  });
  await acceptOffer(buyer.page, "large");
  const landing = buyer.page.waitForEvent("download");
  const opened = await measure(session, async () => {
    await downloadButton(buyer.page).click();
    await assertReceiptShown(buyer.page);
  });
  await (await landing).saveAs(join(folder, "landed"));

  const page = await (await stage.browser.newContext()).newPage();
  await page.goto(sdk.url);
  await page.setInputFiles("input", file);
  const raw = await page.evaluate(rawSeal);
  const alone = {
    seal: await page.evaluate(sealAlone, stage.url),
    open: await page.evaluate(openAlone, stage.url),
  };
  process.stdout.write(`${JSON.stringify(figures({ sealed, opened, raw, alone }))}\n`);
} finally {
  await sdk.close();
  await stage.close();
}

/** Megabytes and megabytes a second; ratios are of time, raw to ours, so that 1 is as fast as raw. */
function figures({ sealed, opened, raw, alone }) {
  const speed = (/** @type {number} */ seconds) => Math.round(bytes / 1e6 / seconds);
  const megabytes = (/** @type {number} */ size) => Math.round(size / 1e6);
  const ratio = (/** @type {number} */ seconds) => Math.round((raw / seconds) * 100) / 100;
  return {
    megabytes: megabytes(bytes),
    idle_rss_mb: megabytes(sealed.idle),
    seal_peak_above_idle_mb: megabytes(sealed.peakAboveIdle()),
    open_peak_above_idle_mb: megabytes(opened.peakAboveIdle()),
    mb_per_second: {
      raw_aes_gcm: speed(raw),
      seal_upload: speed(sealed.seconds),
      download_open: speed(opened.seconds),
      seal_without_network: speed(alone.seal),
      open_without_network: speed(alone.open),
    },
    ratio_to_raw: {
      seal_upload: ratio(sealed.seconds),
      download_open: ratio(opened.seconds),
      seal_without_network: ratio(alone.seal),
      open_without_network: ratio(alone.open),
    },
  };
}
