// Download links: made and watched by a seller, followed by somebody who is nobody here.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { join } from "node:path";
import { contentOf, downloadButton, downloadTo, startSale, waitUntilOffered } from "./acts.mjs";
import { makeFiles, makeFolder, sha256 } from "./files.mjs";
import { openStage, openTab } from "./stage.mjs";

/** @type {Awaited<ReturnType<typeof openStage>>} */
let stage;
/** @type {Awaited<ReturnType<typeof stage.person>>} */
let seller;
let folder = "";
/** @type {string[]} */
let files = [];
before(async () => {
  stage = await openStage();
  folder = await makeFolder();
  seller = await stage.person();
  const buyer = await stage.person();
  files = await makeFiles(folder, { "maps/north.bin": 5_000_000, "maps/south.txt": 100 });
  await startSale(seller.page, { files: join(folder, "maps"), buyer: buyer.id, title: "Maps" });
  await waitUntilOffered(seller.page);
  await seller.page.getByRole("link", { name: "Files and download links" }).click();
  await seller.page.getByRole("heading", { name: "Files of “Maps”" }).waitFor();
});
after(() => stage.close());

/** @param {{ what?: string, downloads?: number, password?: string }} wanted */
async function makeLink({ what = "The present release (2 files)", downloads, password }) {
  const form = seller.page.locator("cc-link-form");
  if (!(await form.isVisible()))
    await seller.page.locator("summary", { hasText: "Make a download link" }).click();
  await form.getByLabel("What it gives").selectOption(what);
  if (downloads !== undefined) await form.getByLabel("Downloads").fill(String(downloads));
  if (password !== undefined) await form.getByLabel("Password (optional)").fill(password);
  const known = await seller.page.locator("cc-links cc-copy-id code").allInnerTexts();
  await form.getByRole("button", { name: "Make the link" }).click();
  const code = seller.page.locator("cc-links cc-copy-id code");
  await seller.page.waitForFunction((before) => {
    const text = document.querySelector("cc-links cc-copy-id code")?.textContent ?? "";
    return text !== "" && !before.includes(text);
  }, known);
  return code.innerText();
}

const newest = () => seller.page.locator("cc-links ul.rows > li").first();

test("a link to one file is followed without keys, survives a reload, and is counted once", async () => {
  const url = await makeLink({ what: "maps/north.bin", downloads: 1 });
  const context = await stage.profile();
  const page = await openTab(context, url);
  const get = page.getByRole("button", { name: "Get the files" });
  await get.waitFor();
  assert.equal(new URL(page.url()).hash, "", "the secret is out of the address");
  await page.reload();
  await get.click();
  await downloadButton(page).waitFor();
  const cut = stage.line.cutAfter(2_000_000, "down");
  await downloadButton(page).click();
  await cut;
  await page.locator("cc-meter [data-phase=waiting]").waitFor();
  await page.evaluate(() => (globalThis.onbeforeunload = null));
  stage.line.mend();
  await page.getByText(/^Verified/).waitFor();
  await page.reload();
  await downloadTo(page, join(folder, "north landed"));
  assert.equal(await sha256(join(folder, "north landed")), await sha256(files[0] ?? ""));
  assert.equal(await page.evaluate(async () => localStorage.length + document.cookie.length), 0);

  const late = await openTab(await stage.profile(), url);
  await late.getByText("All downloads of this link are used up.").waitFor();
  await newest().getByRole("button", { name: "Show the log" }).click();
  await newest().getByText("Download completed").first().waitFor();
  await newest().getByText("1 of 1 download used").waitFor();
});

test("a password is asked for, a wrong one costs nothing, and a revoked link ends", async () => {
  const url = await makeLink({ password: "open sesame" });
  const page = await openTab(await stage.profile(), url);
  await page.getByLabel("Password").fill("open says me");
  await page.getByRole("button", { name: "Get the files" }).click();
  await page.getByText("The password is not right. No download was used up.").waitFor();
  await page.getByLabel("Password").fill("open sesame");
  await page.getByRole("button", { name: "Get the files" }).click();
  await downloadButton(page).click();
  const landing = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save maps/south.txt" }).click();
  assert.equal((await contentOf(await landing)).length, 100);

  await newest().getByRole("button", { name: "Revoke" }).click();
  await newest().getByText("Revoked").waitFor();
  const late = await openTab(await stage.profile(), url);
  await late.getByText("This link has ended, or was taken back.").waitFor();
});

test("a new release stands beside the earlier one", async () => {
  const { page } = seller;
  const [next = ""] = await makeFiles(folder, { "east.txt": 200 });
  await page.locator("cc-files input[type=file]:not([webkitdirectory])").setInputFiles(next);
  await page.getByRole("button", { name: "Seal and upload" }).click();
  await page.getByText("The new release is stored.").waitFor();
  await page.locator("[data-current=yes] .path", { hasText: "east.txt" }).waitFor();
  assert.equal(await page.locator("[data-current=no] .path").count(), 2);
});
