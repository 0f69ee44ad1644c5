// What people do on the page, through what they see.
import assert from "node:assert/strict";

/** @typedef {import("playwright-core").Page} Page */

/**
 * Fills the form in and sends it; the upload then runs.
 *
 * @param {Page} page
 * @param {{ files: string | string[], buyer: string, title?: string }} sale a path of a folder, or of files
 */
export async function startSale(page, { files, buyer, title }) {
  const input = page.locator(
    typeof files === "string"
      ? "input[webkitdirectory]"
      : "input[type=file]:not([webkitdirectory])",
  );
  await input.setInputFiles(files);
  if (title !== undefined) await page.getByLabel("Title").fill(title);
  await page.locator("cc-sell > .card cc-buyer-field input").fill(buyer);
  await page.getByRole("button", { name: "Seal, upload and offer" }).click();
}

/** @param {Page} page */
export const waitUntilOffered = (page) => page.getByText("is sealed, stored and offered").waitFor();

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
