// Each view, held against the rules of WCAG 2.2 AA by axe, in light and dark, and at the width of a small phone.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";
import {
  acceptOffer,
  assertReceiptShown,
  downloadTo,
  startSale,
  waitUntilOffered,
} from "./acts.mjs";
import { makeFiles } from "./files.mjs";
import { useStage } from "./stage.mjs";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const stage = useStage();

/** @param {import("playwright-core").Page} page @param {string} view */
async function assertAccessible(page, view) {
  await page.evaluate(axe);
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const { violations, passes } = await page.evaluate(
      (values) =>
        /** @type {any} */ (globalThis).axe.run(document, { runOnly: { type: "tag", values } }),
      RULES,
    );
    const found = violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`,
    );
    assert.ok(passes.length > 10, `axe checked ${passes.length} rules`);
    assert.deepEqual(found, [], `${view}, ${colorScheme}`);
  }
  await page.setViewportSize({ width: 360, height: 740 });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(overflow <= 0, `${view} is ${overflow} px too wide at 360 px`);
  await page.setViewportSize({ width: 1280, height: 900 });
}

test("every view is accessible", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person()];
  await assertAccessible(seller.page, "the empty form");
  const files = await makeFiles(stage.folder, {
    "a file of a rather long name, without which it would fit.txt": 1000,
  });
  await startSale(seller.page, { files, buyer: `${buyer.id.slice(0, -3)}qqq` });
  await seller.page.locator("cc-buyer-field .bad").waitFor();
  await assertAccessible(seller.page, "the form with an error");
  await seller.page.locator("cc-sell > .card cc-buyer-field input").fill(buyer.id);
  await seller.page.getByRole("button", { name: "Seal, upload and offer" }).click();
  await waitUntilOffered(seller.page);
  await seller.page.locator("cc-sales [data-status=offered]").waitFor();
  await assertAccessible(seller.page, "a finished sale");
  await seller.page.goto(`${stage.url}/verify`);
  await seller.page.getByRole("heading", { name: "Verify a dispute packet", level: 1 }).waitFor();
  await assertAccessible(seller.page, "the verifier");

  await buyer.page.getByRole("link", { name: /^Inbox/ }).click();
  await buyer.page.locator("cc-inbox a.message.unread").waitFor();
  await assertAccessible(buyer.page, "the inbox");
  await acceptOffer(buyer.page, "a file");
  await assertAccessible(buyer.page, "an accepted offer");
  await downloadTo(buyer.page, `${stage.folder}/landed`);
  await assertReceiptShown(buyer.page);
  await assertAccessible(buyer.page, "a receipt");
  await buyer.page.getByRole("link", { name: "You" }).click();
  await buyer.page.getByRole("button", { name: "Show the 24 words" }).click();
  await buyer.page.locator(".words li").first().waitFor();
  await buyer.page.getByRole("heading", { name: "Leave this server" }).waitFor();
  await assertAccessible(buyer.page, "the recovery phrase");
});

test("the views of selling to anybody are accessible", async () => {
  const { page } = await stage.person();
  const files = await makeFiles(stage.folder, { "for all.txt": 100 });
  await page.locator("input[type=file]:not([webkitdirectory])").setInputFiles(files);
  await page.getByLabel("Anyone who has the link").check();
  await page.locator("cc-sell cc-price").getByLabel("Price").fill("3");
  await page.getByRole("button", { name: "Ask for something" }).click();
  await page.getByLabel("Kind of answer").selectOption("File");
  await page.locator("cc-sell summary", { hasText: "Access and expiry" }).click();
  await assertAccessible(page, "the form with all terms");
  await page.getByLabel("What you ask for").fill("Name");
  await page.getByRole("button", { name: "Seal, upload and make the link" }).click();
  await page.getByText("on offer to whoever has this link").waitFor();
  await page.locator("cc-sell > .card").getByRole("button", { name: "Show QR code" }).click();
  await page.locator("cc-sales cc-own-listing").waitFor();
  await assertAccessible(page, "a listing of one's own");
  const url = await page.locator("cc-sell > .card cc-own-listing code").innerText();
  await page.getByRole("link", { name: "Files and download links" }).click();
  await page.locator("summary", { hasText: "Make a download link" }).click();
  await page.getByRole("button", { name: "Make the link" }).click();
  await page.locator("cc-links cc-copy-id code").waitFor();
  await page.getByRole("button", { name: "Show the log" }).click();
  await page.getByText("Nobody has followed this link yet.").waitFor();
  const link = await page.locator("cc-links cc-copy-id code").innerText();
  await assertAccessible(page, "the files and their links");

  const buyer = await stage.person();
  await buyer.page.goto(url);
  await buyer.page.getByRole("button", { name: "Buy for €3.00", disabled: false }).click();
  await buyer.page.getByRole("button", { name: "Send details" }).waitFor();
  await assertAccessible(buyer.page, "a purchase that asks for details");
  await buyer.page.goto(link);
  await buyer.page.getByRole("button", { name: "Get the files" }).waitFor();
  await assertAccessible(buyer.page, "a download link");
});

test("a sale can be made with the keyboard alone", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person()];
  const { page } = seller;
  await page.keyboard.press("Tab");
  assert.equal(
    await page.evaluate(() => document.activeElement?.textContent),
    "Skip to the content",
  );
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "content");
  const [file = ""] = await makeFiles(stage.folder, { "by key.txt": 10 });
  const choosing = page.waitForEvent("filechooser");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await (await choosing).setFiles(file);
  const field = page.locator("cc-sell > .card cc-buyer-field input");
  while (!(await field.evaluate((input) => input === document.activeElement)))
    await page.keyboard.press("Tab");
  await page.keyboard.insertText(buyer.id);
  await page.keyboard.press("Enter");
  await waitUntilOffered(page);
});
