// A seller takes a release off the shelf, then the whole product; who has bought keeps the files.
import assert from "node:assert/strict";
import { test } from "node:test";
import { acceptOffer, downloadTo, standing, startSale, waitUntilOffered } from "./acts.mjs";
import { makeFiles, sha256 } from "./files.mjs";
import { useStage } from "./stage.mjs";

const stage = useStage();

test("a deleted release is sold no more, and its buyer still gets it", async () => {
  const [seller, buyer, late] = [await stage.person(), await stage.person(), await stage.person()];
  const { page } = seller;
  const files = await makeFiles(stage.folder, { "atlas.bin": 5_000_000 });
  await startSale(page, { files, buyer: buyer.id, title: "Atlas" });
  await waitUntilOffered(page);
  await acceptOffer(buyer.page, "Atlas");
  const product = page.locator("cc-sales li.card", { hasText: "Atlas" });
  await product.locator("summary", { hasText: "Offer to somebody else" }).click();
  await product.locator("cc-buyer-field input").fill(late.id);
  await product.getByRole("button", { name: "Offer", exact: true }).click();
  await product.locator("ul.rows > li").nth(1).waitFor();

  await product.getByRole("link", { name: "Files and download links" }).click();
  await page.locator("summary", { hasText: "Delete this release" }).click();
  await page.locator(".release").getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByText("The files stay until 1 sale is over.").waitFor();
  await page.getByRole("link", { name: "Sell", exact: true }).click();
  await product.getByText("Nothing stored").waitFor();
  await product.locator("[data-status=cancelled]").waitFor();

  await downloadTo(buyer.page, `${stage.folder}/landed`);
  assert.equal(await sha256(`${stage.folder}/landed`), await sha256(files[0] ?? ""));
  await standing(buyer.page, "Received");

  await product.getByRole("link", { name: "Files and download links" }).click();
  await page.locator("summary", { hasText: "Delete this product" }).click();
  await page
    .getByRole("region", { name: "Delete this product" })
    .getByRole("button", { name: "Delete", exact: true })
    .click();
  await page.getByText("Deleted").first().waitFor();
  await page.getByRole("link", { name: "What you sell" }).click();
  await page.getByText("Nothing yet. What you offer appears here.").waitFor();
});

test("a listing that closed with its release is not shown as open", async () => {
  const { page } = await stage.person();
  const files = await makeFiles(stage.folder, { "poster.txt": 10 });
  await page.locator("input[type=file]:not([webkitdirectory])").setInputFiles(files);
  await page.getByLabel("Anyone who has the link").check();
  await page.getByRole("button", { name: "Seal, upload and make the link" }).click();
  await page.getByText("on offer to whoever has this link").waitFor();
  await page.getByRole("link", { name: "Files and download links" }).click();
  await page.locator("summary", { hasText: "Make a download link" }).waitFor();
  await page.locator("summary", { hasText: "Delete this release" }).click();
  await page.locator(".release").getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByText("The files go with the server’s next clean-up.").waitFor();
  await page.locator("summary", { hasText: "Make a download link" }).waitFor({ state: "detached" });
  await page.getByRole("link", { name: "Sell", exact: true }).click();
  await page.locator("cc-sell > .card [data-listing=closed]").waitFor();
});
