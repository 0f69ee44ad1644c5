// A whole sale of one file, seller and buyer in two profiles of a headless Chromium.
import { basename, join } from "node:path";
import { launchBrowser } from "../../tests/e2e/browser.mjs";
import { serveSdkPage } from "../../tests/e2e/sdk-page.mjs";
import { untilDelivered } from "./payment.mjs";
import { progressOf } from "./progress.mjs";
import { sha256Of, timed } from "./sale.mjs";

/** @typedef {import("playwright-core").Page} Page */

/**
 * A page of a profile of its own, signed in under a fresh identity that stays in the page as `client`.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {{ page: string, api: string, name: string, progress: string }} setting
 */
async function openParty(browser, setting) {
  const page = await (await browser.newContext()).newPage();
  await page.exposeFunction("showProgress", progressOf(setting.progress));
  await page.goto(setting.page);
  const registration = await page.evaluate(async ({ api, name }) => {
    const { Claimcheck, Identity } = await import("claimcheck");
    const client = await Claimcheck.connect(api, await Identity.make());
    Object.assign(globalThis, { client });
    return client.register(name);
  }, setting);
  return { page, registration };
}

/** @param {Page} page @param {string} file */
async function upload(page, file) {
  await page.setInputFiles("input", file);
  return page.evaluate(async () => {
    const { blobSource } = await import("claimcheck");
    const [blob] = /** @type {HTMLInputElement} */ (document.querySelector("input")).files ?? [];
    const files = [blobSource(/** @type {File} */ (blob))];
    const { client, showProgress: onProgress } = /** @type {any} */ (globalThis);
    return client.upload({ product: { title: files[0]?.path }, files }, { onProgress });
  });
}

/** @param {Page} page @param {string} transferId @param {string} target */
async function download(page, transferId, target) {
  const saved = page.waitForEvent("download");
  const received = page.evaluate(async (id) => {
    const { PrivateSink } = await import("claimcheck/browser");
    const { client, showProgress: onProgress } = /** @type {any} */ (globalThis);
    const sink = new PrivateSink();
    const result = await client.download(id, sink, { onProgress });
    const [file] = await sink.files();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(/** @type {Blob} */ (file?.blob));
    link.download = "opened";
    link.click();
    return result;
  }, transferId);
  // Whichever fails first is the failure; without it a download that never comes would be waited for.
  const [landed, result] = await Promise.all([
    Promise.race([saved, received.then(() => saved)]),
    received,
  ]);
  await landed.saveAs(target);
  return result;
}

/** Clicks Pay, and waits until the Checkout page has sent the buyer back. @param {Page} page @param {string} url */
async function clickPay(page, url) {
  await page.goto(url);
  const { origin } = new URL(url);
  await Promise.all([
    page.waitForURL((at) => at.origin !== origin),
    page.getByRole("button", { name: "Pay", exact: true }).click(),
  ]);
}

/**
 * Accepts an offer and pays for it, in a second page of the buyer.
 *
 * @param {Page} page
 * @param {string} transferId
 * @param {import("./payment.mjs").Payment} payment
 */
async function buy(page, transferId, payment) {
  const call = (/** @type {string} */ method) =>
    page.evaluate(
      ([name, id]) => /** @type {any} */ (globalThis).client[name](id),
      [method, transferId],
    );
  const { checkout_url } = await call("accept");
  await payment.pay(checkout_url, async (url) => clickPay(await page.context().newPage(), url));
  return untilDelivered(() => call("transfer"));
}

/**
 * @param {string} api
 * @param {string} file
 * @param {string} folder where the opened file goes
 * @param {import("./payment.mjs").Payment} payment
 * @returns {Promise<import("./sale.mjs").Sale>}
 */
export async function sellInBrowser(api, file, folder, payment) {
  const [browser, sdk] = [await launchBrowser(), await serveSdkPage()];
  try {
    const setting = { page: sdk.url, api };
    const seller = await openParty(browser, {
      ...setting,
      name: "Seller",
      progress: "Sealing and uploading",
    });
    const buyer = await openParty(browser, {
      ...setting,
      name: "Buyer",
      progress: "Downloading and opening",
    });
    const release = await timed(() => upload(seller.page, file));
    const [releaseId, buyerId] = [release.value.release_id, buyer.registration.profile.body.id];
    const order = { releaseId, buyer: buyerId, title: basename(file), ...payment.offer };
    const offer = await seller.page.evaluate(
      (request) => /** @type {any} */ (globalThis).client.offer(request),
      order,
    );
    const transfer = await buy(buyer.page, offer.transfer_id, payment);
    const target = join(folder, basename(file));
    const received = await timed(() => download(buyer.page, transfer.transfer_id, target));
    return {
      seller: seller.registration,
      buyer: buyer.registration,
      transfer,
      download: received.value,
      audit: await seller.page.evaluate(
        (id) => /** @type {any} */ (globalThis).client.audit(id),
        releaseId,
      ),
      sha256: await sha256Of(target),
      packet: await seller.page.evaluate(
        (id) => /** @type {any} */ (globalThis).client.packet(id),
        offer.transfer_id,
      ),
      seconds: { seal_upload: release.seconds, download_open: received.seconds },
    };
  } finally {
    await browser.close();
    await sdk.close();
  }
}
