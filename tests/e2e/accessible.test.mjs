// Each view, held against the rules of WCAG 2.2 AA by axe, in light and dark, and at the width of a small phone.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import {
  acceptOffer,
  assertReceiptShown,
  downloadTo,
  startSale,
  waitUntilOffered,
} from "./acts.mjs";
import { makeFiles, makeFolder } from "./files.mjs";
import { openStage } from "./stage.mjs";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** @type {Awaited<ReturnType<typeof openStage>>} */
let stage;
let folder = "";
before(async () => {
  stage = await openStage();
  folder = await makeFolder();
});
after(() => stage.close());

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
  const files = await makeFiles(folder, {
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

  await buyer.page.getByRole("link", { name: /^Inbox/ }).click();
  await buyer.page.locator("cc-inbox a.message.unread").waitFor();
  await assertAccessible(buyer.page, "the inbox");
  await acceptOffer(buyer.page, "a file");
  await assertAccessible(buyer.page, "an accepted offer");
  await downloadTo(buyer.page, `${folder}/landed`);
  await assertReceiptShown(buyer.page);
  await assertAccessible(buyer.page, "a receipt");
  await buyer.page.getByRole("link", { name: "You" }).click();
  await buyer.page.getByRole("button", { name: "Show the 24 words" }).click();
  await buyer.page.locator(".words li").first().waitFor();
  await assertAccessible(buyer.page, "the recovery phrase");
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
  const [file = ""] = await makeFiles(folder, { "by key.txt": 10 });
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
