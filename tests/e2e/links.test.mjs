// Download links: made and watched by a seller, followed by somebody who is nobody here.
import assert from "node:assert/strict";
import { test } from "node:test";
import { join } from "node:path";
import { contentOf, downloadButton, downloadTo, startSale, waitUntilOffered } from "./acts.mjs";
import { makeFiles, sha256 } from "./files.mjs";
import { openTab, useStage } from "./stage.mjs";

/** @type {Awaited<ReturnType<typeof stage.person>>} */
let seller;
/** @type {string[]} */
let files = [];
const stage = useStage({}, async (stage) => {
  seller = await stage.person();
  const buyer = await stage.person();
  files = await makeFiles(stage.folder, { "maps/north.bin": 5_000_000, "maps/south.txt": 100 });
  await startSale(seller.page, {
    files: join(stage.folder, "maps"),
    buyer: buyer.id,
    title: "Maps",
  });
  await waitUntilOffered(seller.page);
  await seller.page.getByRole("link", { name: "Files and download links" }).click();
  await seller.page.getByRole("heading", { name: "Files of “Maps”" }).waitFor();
});

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
  await downloadTo(page, join(stage.folder, "north landed"));
  assert.equal(await sha256(join(stage.folder, "north landed")), await sha256(files[0] ?? ""));
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
  await page.waitForFunction(() => document.activeElement?.id === "link-password");
  await page.keyboard.type("open sesame");
  await page.getByRole("button", { name: "Get the files" }).click();
  await downloadButton(page).click();
  const landing = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save maps/south.txt" }).click();
  assert.equal((await contentOf(await landing)).length, 100);

  await newest().getByRole("button", { name: "Revoke" }).click();
  await newest().getByText("Revoked").waitFor();
  await newest().getByRole("button", { name: "Show the log" }).click();
  await newest().getByText("Refused: wrong password").waitFor();
  const late = await openTab(await stage.profile(), url);
  await late.getByText("This link has ended, or was taken back.").waitFor();
});

test("a link that was cut short says so, and opens once it is whole", async () => {
  const url = await makeLink({});
  const [address = ""] = url.split("#");
  const page = await openTab(await stage.profile(), address);
  await page.getByText("the part after # is missing").waitFor();
  // In the same tab only the part behind the # is another one, so nothing is loaded anew.
  await page.goto(url);
  await page.getByRole("button", { name: "Get the files" }).waitFor();
  const wrong = new URL(address);
  wrong.pathname = wrong.pathname.replace(/.$/, (last) => (last === "A" ? "E" : "A"));
  await page.goto(`${wrong}#${"A".repeat(43)}`);
  await page.getByText("There is no such link.").waitFor();
});

test("a link for a part of a download is not asked for", async () => {
  const form = seller.page.locator("cc-link-form");
  await form.getByLabel("Downloads").fill("1.5");
  await form.getByRole("button", { name: "Make the link" }).click();
  await form.getByText("Enter a whole number from 1 to 5.").waitFor();
  assert.equal(
    await form.getByLabel("Downloads").evaluate((input) => input === document.activeElement),
    true,
  );
  await form.getByLabel("Downloads").fill("5");
});

test("a log of many entries is shown to its end", async () => {
  await makeLink({});
  const { db } = stage.server;
  const [{ id }] = (
    await db
      .prepare("select immutable_id as id from download_links order by immutable_id desc limit 1")
      .all()
  ).results;
  const resumed = db.prepare(
    "insert into link_log (link_id, event, at, user_agent) values (?1, 'resumed', 1, ?2)",
  );
  await db.batch(Array.from({ length: 120 }, (_, index) => resumed.bind(id, `agent ${index}.`)));
  const link = newest();
  await link.getByRole("button", { name: "Show the log" }).click();
  const rows = link.locator("ol.log > li");
  await rows.nth(49).waitFor();
  assert.equal(await rows.count(), 50);
  for (const shown of [100, 120]) {
    await link.getByRole("button", { name: "Show earlier entries" }).click();
    await rows.nth(shown - 1).waitFor();
  }
  assert.match(await rows.last().innerText(), /agent 0\./);
  assert.equal(await link.getByRole("button", { name: "Show earlier entries" }).count(), 0);
  await link.getByRole("button", { name: "Hide the log" }).click();
  assert.equal(await rows.count(), 0);
});

test("a new release stands beside the earlier one", async () => {
  const { page } = seller;
  const [next = ""] = await makeFiles(stage.folder, { "east.txt": 200 });
  await page.locator("cc-files input[type=file]:not([webkitdirectory])").setInputFiles(next);
  await page.getByRole("button", { name: "Seal and upload" }).click();
  await page.getByText("The new release is stored.").waitFor();
  await page.locator("[data-current=yes] .path", { hasText: "east.txt" }).waitFor();
  assert.equal(await page.locator("[data-current=no] .path").count(), 2);
});

/** The files of one of the seller's products. @param {string} title */
async function openFiles(title) {
  const { page } = seller;
  await page.getByRole("link", { name: "Sell", exact: true }).click();
  await page
    .locator("cc-sales li.card", { hasText: title })
    .getByRole("link", { name: "Files and download links" })
    .click();
  await page.getByRole("heading", { name: `Files of “${title}”` }).waitFor();
  await page.getByRole("heading", { name: "Upload a new release" }).waitFor();
}

test("an upload to one product is not shown at another, and goes on behind it", async () => {
  const { page } = seller;
  const [buyer, [legend = ""]] = [
    await stage.person(),
    await makeFiles(stage.folder, { "legend.txt": 10 }),
  ];
  await page.getByRole("link", { name: "Sell", exact: true }).click();
  await page.getByRole("button", { name: "Sell something else" }).click();
  await startSale(page, { files: [legend], buyer: buyer.id, title: "Legend" });
  await waitUntilOffered(page);
  await openFiles("Maps");
  const [west = ""] = await makeFiles(stage.folder, { "west.bin": 6_000_000 });
  const held = stage.line.holdAfter(1_000_000, "up");
  await page.locator("cc-files input[type=file]:not([webkitdirectory])").setInputFiles(west);
  await page.getByRole("button", { name: "Seal and upload" }).click();
  await held;
  await page.locator("cc-files cc-meter").waitFor();
  stage.line.mend();
  await openFiles("Legend");
  await page.getByRole("button", { name: "Seal and upload" }).waitFor();
  assert.equal(await page.locator("cc-files cc-meter").count(), 0);
  assert.equal(await page.getByText("The new release is stored.").count(), 0);
  await openFiles("Maps");
  await page.getByText("The new release is stored.").waitFor();
  await page.locator("[data-current=yes] .path", { hasText: "west.bin" }).waitFor();
});
