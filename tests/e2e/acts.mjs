// What people do on the page, through what they see.
import assert from "node:assert/strict";

/** @typedef {import("playwright-core").Page} Page */

/**
 * Fills the form in and sends it; the upload then runs.
 *
 * @param {Page} page
 * @param {{ files: string | string[], buyer: string, title?: string, price?: string, asks?: Ask[] }} sale a path of
 *   a folder, or of files; a price in euro
 */
export async function startSale(page, { files, buyer, title, price, asks = [] }) {
  const input = page.locator(
    typeof files === "string"
      ? "input[webkitdirectory]"
      : "input[type=file]:not([webkitdirectory])",
  );
  await input.setInputFiles(files);
  if (title !== undefined) await page.getByLabel("Title").fill(title);
  await page.locator("cc-sell > .card cc-buyer-field input").fill(buyer);
  const terms = page.locator("cc-sell > .card cc-terms");
  if (price !== undefined) await terms.getByLabel("Price").fill(price);
  for (const ask of asks) await addAsk(terms, ask);
  await page.getByRole("button", { name: "Seal, upload and offer" }).click();
}

/**
 * As the form names them; the last three of a file.
 *
 * @typedef {{ label: string, kind?: string, timing?: string, isOptional?: boolean,
 *   takes?: string[], otherTypes?: string, megabytes?: string }} Ask
 */

/** @param {import("playwright-core").Locator} terms @param {Ask} ask */
async function addAsk(terms, { label, kind, timing, isOptional = false, takes = [], ...limits }) {
  await terms.getByRole("button", { name: "Ask for something" }).click();
  const ask = terms.locator("fieldset.ask").last();
  await ask.getByLabel("What you ask for").fill(label);
  if (kind !== undefined) await ask.getByLabel("Kind of answer").selectOption(kind);
  if (timing !== undefined) await ask.getByLabel("When", { exact: true }).selectOption(timing);
  if (isOptional) await ask.getByLabel("The sale waits for it").uncheck();
  for (const kind of takes) await ask.getByLabel(kind, { exact: true }).check();
  const { otherTypes, megabytes } = limits;
  if (otherTypes !== undefined) await ask.getByLabel("Other media types").fill(otherTypes);
  if (megabytes !== undefined) await ask.getByLabel("Largest size in MB").fill(megabytes);
}

/** What the fake Stripe has to tell arrives. @param {{ stripe: import("../fake-stripe/server.mjs").FakeStripe }} stage */
export async function deliverWebhooks({ stripe }) {
  for (const { status, body } of await stripe.deliverPending()) assert.equal(status, 200, body);
}

/** Presses a button of the fake's payment page. @param {Page} page @param {string} name */
export async function atCheckout(page, name) {
  await page.getByText("Fake Stripe on this machine").waitFor();
  await page.getByRole("button", { name, exact: true }).click();
}

/** Where the sale that a page shows stands. @param {Page} page @param {string} status */
export const standing = (page, status) =>
  page.locator("h1 + wa-badge", { hasText: status }).waitFor();

/** @param {Page} page */
export const waitUntilOffered = (page) => page.getByText("is sealed, stored and offered").waitFor();

/**
 * A sale at a price, as far as its paid delivery; both look at it then.
 *
 * @param {{ stripe: import("../fake-stripe/server.mjs").FakeStripe }} stage
 * @param {{ seller: { page: Page }, buyer: { page: Page, id: string }, files: string[], title: string }} sale
 */
export async function sellPaid(stage, { seller, buyer, files, title }) {
  await startSale(seller.page, { files, buyer: buyer.id, title, price: "4.99" });
  await waitUntilOffered(seller.page);
  await seller.page.getByRole("link", { name: "Show this sale" }).click();
  await openMessage(buyer.page, title);
  await buyer.page.getByRole("button", { name: "Accept and pay €4.99" }).click();
  await atCheckout(buyer.page, "Pay");
  await deliverWebhooks(stage);
  await downloadButton(buyer.page).waitFor();
}

/** The text of a download. @param {import("playwright-core").Download} download */
export async function contentOf(download) {
  const pieces = [];
  for await (const piece of await download.createReadStream()) pieces.push(piece);
  return Buffer.concat(pieces);
}

/**
 * Opens the newest message and accepts its offer; the list of files is there then.
 *
 * @param {Page} page
 * @param {string} title
 */
export async function acceptOffer(page, title) {
  await openMessage(page, title);
  await page.getByRole("button", { name: "Accept" }).click();
  await downloadButton(page).waitFor();
}

/**
 * @param {Page} page
 * @param {string} title
 */
export async function openMessage(page, title) {
  await page.getByRole("link", { name: /^Inbox/ }).click();
  // The page asks by itself, but less and less often.
  await page.getByRole("button", { name: "Refresh" }).click();
  await page.locator("cc-inbox a.message", { hasText: title }).first().click();
  await page.getByText("The offer is signed by this seller").waitFor();
}

/** @param {Page} page */
export const downloadButton = (page) =>
  page.locator("cc-delivery").getByRole("button", { name: /^Download/ });

/**
 * Downloads the one file of a sale by the browser's own downloads.
 *
 * @param {Page} page
 * @param {string} target
 */
export async function downloadTo(page, target) {
  const landing = page.waitForEvent("download");
  await downloadButton(page).click();
  const landed = await landing;
  await landed.saveAs(target);
  return landed.suggestedFilename();
}

/**
 * The facts that a list of names and values shows.
 *
 * @param {import("playwright-core").Locator} within
 * @param {string} name
 */
export function fact(within, name) {
  return within
    .locator("dl.facts > div", { has: within.page().getByText(name, { exact: true }) })
    .locator("dd");
}

/** @param {Page} page */
export async function assertReceiptShown(page) {
  await page.getByText("The buyer signed this receipt").waitFor();
  for (const name of [
    "Signed by",
    "Signed",
    "Countersigned by the server",
    "Hash of the content",
  ]) {
    assert.notEqual(await fact(page.locator("cc-receipt"), name).innerText(), "", name);
  }
}

/** Names in the private storage, its folders' too. @param {Page} page */
export function privateFiles(page) {
  return page.evaluate(async () => {
    /** @param {FileSystemDirectoryHandle} folder @returns {Promise<string[]>} */
    async function list(folder) {
      const names = [];
      for await (const [name, handle] of folder.entries()) {
        if (handle.kind === "file") names.push(name);
        else names.push(...(await list(handle)).map((inner) => `${name}/${inner}`));
      }
      return names;
    }
    return (await list(await navigator.storage.getDirectory())).sort();
  });
}
