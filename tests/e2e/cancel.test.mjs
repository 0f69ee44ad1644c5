// Transfers that their owner ends: by the button, or by closing the tab.
import assert from "node:assert/strict";
import { test } from "node:test";
import { join } from "node:path";
import {
  acceptOffer,
  assertReceiptShown,
  downloadButton,
  downloadTo,
  privateFiles,
  startSale,
  waitUntilOffered,
} from "./acts.mjs";
import { makeFiles, sha256 } from "./files.mjs";
import { openPage, useStage } from "./stage.mjs";

const SIZE = 21_000_000;
/** Some of the chunks have passed by then, and some have not. */
const MIDWAY = 9_000_000;

/** @type {string[]} */
let files = [];
const stage = useStage({}, async ({ folder }) => {
  files = await makeFiles(folder, { "long.bin": SIZE });
});

async function storedChunks() {
  const { objects } = await stage.server.blobs.list();
  return objects.map(({ key }) => key);
}

/** Starts a sale and stops the line in the middle of its upload. */
async function startAndHold(page, buyer, title) {
  const held = stage.line.holdAfter(MIDWAY, "up");
  await startSale(page, { files, buyer, title });
  await held;
  await page.locator("cc-meter").waitFor();
}

const cancelButton = (page) => page.locator("cc-meter button");

test("an upload that is cancelled leaves no chunk at the server", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person()];
  await startAndHold(seller.page, buyer.id, "Stopped");
  await cancelButton(seller.page).click();
  stage.line.mend();
  await seller.page.getByText("Cancelled. Nothing was offered").waitFor();
  // A PUT that had passed the server's check before the abort stores its chunk after it; the cron takes that away.
  await stage.server.clock.advance(2 * 3600);
  await stage.server.scheduled();
  await stage.server.clock.release();
  assert.deepEqual(await storedChunks(), []);
  await seller.page
    .locator("cc-sales li.card", { hasText: "Stopped" })
    .getByText("Nothing stored")
    .waitFor();
});

test("a download that is cancelled saves nothing, and can be made again", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person()];
  await startSale(seller.page, { files, buyer: buyer.id, title: "Wanted later" });
  await waitUntilOffered(seller.page);
  await acceptOffer(buyer.page, "Wanted later");
  let landed = 0;
  buyer.page.on("download", () => (landed += 1));
  const held = stage.line.holdAfter(MIDWAY, "down");
  await downloadButton(buyer.page).click();
  await held;
  await cancelButton(buyer.page).click();
  stage.line.mend();
  await buyer.page.getByText("Cancelled. Nothing was saved").waitFor();
  assert.deepEqual([landed, await privateFiles(buyer.page)], [0, []]);

  const target = join(stage.folder, "landed");
  await downloadTo(buyer.page, target);
  assert.equal(await sha256(target), await sha256(files[0] ?? ""));
  await assertReceiptShown(buyer.page);
});

test("a tab closed during an upload asks first; opened again, the page shows it as not finished and makes it anew", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person()];
  await startAndHold(seller.page, buyer.id, "Interrupted");
  const asked = seller.page.waitForEvent("dialog");
  const closed = seller.page.close({ runBeforeUnload: true });
  const dialog = await asked;
  assert.equal(dialog.type(), "beforeunload");
  const gone = seller.page.waitForEvent("close");
  await dialog.accept();
  await Promise.all([closed, gone]);
  stage.line.mend();

  const again = await openPage(seller.context, stage.url);
  assert.equal(again.id, seller.id);
  const product = again.page.locator("cc-sales li.card", { hasText: "Interrupted" });
  await product.getByText("Nothing stored").waitFor();
  await product.getByRole("button", { name: "Upload again" }).click();
  await again.page.getByText("Choose the files of “Interrupted” again").waitFor();
  await startSale(again.page, { files, buyer: buyer.id });
  await waitUntilOffered(again.page);
  await product.locator("[data-status=offered]").waitFor();
  assert.equal(await product.getByText("Nothing stored").count(), 0);
  assert.equal(await again.page.locator("cc-sales li.card").count(), 1);
});

test("private storage that a closed tab left behind is emptied by the next", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person()];
  await startSale(seller.page, { files, buyer: buyer.id, title: "Left behind" });
  await waitUntilOffered(seller.page);
  await acceptOffer(buyer.page, "Left behind");
  await downloadTo(buyer.page, join(stage.folder, "kept"));
  assert.equal((await privateFiles(buyer.page)).length, 1);
  await buyer.page.close();
  const { page } = await openPage(buyer.context, stage.url);
  await page.waitForFunction(
    async () => (await (await navigator.storage.getDirectory()).keys().next()).done,
  );
});
