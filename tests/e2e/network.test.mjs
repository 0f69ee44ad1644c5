// The line cut in the middle of a transfer: it waits, says so, and goes on to the end.
import assert from "node:assert/strict";
import { test } from "node:test";
import { join } from "node:path";
import {
  acceptOffer,
  assertReceiptShown,
  downloadButton,
  startSale,
  waitUntilOffered,
} from "./acts.mjs";
import { makeFiles, sha256 } from "./files.mjs";
import { useStage } from "./stage.mjs";

const SIZE = 21_000_000;
/** Some of the chunks have passed by then, and some have not. */
const MIDWAY = 9_000_000;

const stage = useStage();

/** @param {import("playwright-core").Page} page */
async function waitUntilItWaits(page) {
  await page.locator("cc-meter [data-phase=waiting]").waitFor();
  await page.locator("cc-meter strong", { hasText: "Waiting for the network" }).waitFor();
}

test("a line cut during upload and during download holds both up, and no more", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person()];
  const [file = ""] = await makeFiles(stage.folder, { "long.bin": SIZE });

  const cutUp = stage.line.cutAfter(MIDWAY, "up");
  await startSale(seller.page, { files: [file], buyer: buyer.id });
  await cutUp;
  await waitUntilItWaits(seller.page);
  stage.line.mend();
  await waitUntilOffered(seller.page);

  await acceptOffer(buyer.page, "long");
  const cutDown = stage.line.cutAfter(MIDWAY, "down");
  const landing = buyer.page.waitForEvent("download");
  await downloadButton(buyer.page).click();
  await cutDown;
  await waitUntilItWaits(buyer.page);
  assert.equal(await buyer.page.getByText(/^Verified/).count(), 0);
  stage.line.mend();
  const target = join(stage.folder, "landed");
  await (await landing).saveAs(target);
  assert.equal(await sha256(target), await sha256(file));
  await assertReceiptShown(buyer.page);
});

test("a browser that knows that it is offline says so, and goes on as soon as it is not", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person()];
  const files = await makeFiles(stage.folder, { "longer.bin": SIZE });
  const cut = stage.line.cutAfter(MIDWAY, "up");
  await startSale(seller.page, { files, buyer: buyer.id });
  await cut;
  await seller.context.setOffline(true);
  await seller.page.getByText("You are offline.").waitFor();
  await waitUntilItWaits(seller.page);
  stage.line.mend();
  await seller.context.setOffline(false);
  await waitUntilOffered(seller.page);
  assert.equal(await seller.page.getByText("You are offline.").count(), 0);
});
