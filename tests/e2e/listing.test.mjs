// Selling to whoever has a link: strangers buy, pay and download while the seller's browser is closed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { join } from "node:path";
import {
  assertReceiptShown,
  atCheckout,
  deliverWebhooks,
  downloadButton,
  downloadTo,
  fact,
  standing,
} from "./acts.mjs";
import { makeFiles, sha256 } from "./files.mjs";
import { openTab, useStage } from "./stage.mjs";

const stage = useStage();

/**
 * A seller makes a listing, and closes the browser unless it is kept.
 *
 * @param {{ name: string, size?: number, price?: string, stock?: string, isKept?: boolean }} listing
 */
async function list({ name, size = 100, price, stock, isKept = false }) {
  const seller = await stage.person();
  const { page } = seller;
  const files = await makeFiles(stage.folder, { [name]: size });
  await page.locator("input[type=file]:not([webkitdirectory])").setInputFiles(files);
  await page.getByLabel("Anyone who has the link").check();
  if (stock !== undefined) await page.getByLabel("Copies (optional)").fill(stock);
  if (price !== undefined) await page.locator("cc-sell cc-price").getByLabel("Price").fill(price);
  await page.getByRole("button", { name: "Seal, upload and make the link" }).click();
  await page.getByText("on offer to whoever has this link").waitFor();
  const url = await page.locator("cc-sell > .card cc-own-listing code").innerText();
  if (!isKept) await seller.context.close();
  return { seller, url, file: files[0] ?? "" };
}

/** Every address that a profile asks for. @param {import("playwright-core").BrowserContext} context */
function recordRequests(context) {
  /** @type {string[]} */
  const asked = [];
  context.on("request", (request) => {
    asked.push(request.url(), request.postData() ?? "", JSON.stringify(request.headers()));
  });
  return asked;
}

test("a stranger buys from a link, comes back from Checkout, and has the file and its receipt", async () => {
  const { url, file } = await list({
    name: "album.bin",
    size: 5_000_000,
    price: "7.50",
    stock: "2",
  });
  const secret = new URL(url).hash.slice(1).split(".")[0] ?? "";
  assert.match(secret, /^[\w-]{43}$/);
  const context = await stage.profile();
  const asked = recordRequests(context);
  const page = await openTab(context, url);
  const buy = page.getByRole("button", { name: "Buy for €7.50", disabled: false });
  await buy.waitFor();
  assert.equal(new URL(page.url()).hash, "", "the secret is out of the address");
  const terms = page.locator("cc-listing .card").first();
  assert.equal(await fact(terms, "Size").innerText(), "1 file, 5 MB");
  assert.equal(await fact(terms, "Copies").innerText(), "2 of 2 copies left");
  await page.reload();
  await buy.click();
  await atCheckout(page, "Pay");
  await page.getByText("Waiting for the payment provider to confirm it").waitFor();
  await deliverWebhooks(stage);
  await downloadTo(page, join(stage.folder, "album landed"));
  assert.equal(await sha256(join(stage.folder, "album landed")), await sha256(file));
  await assertReceiptShown(page);
  assert.ok(asked.length > 10);
  assert.deepEqual(
    asked.filter((text) => text.includes(secret)),
    [],
    "the secret was sent to nobody",
  );
});

test("a purchase that was left unpaid goes on, and on another device with the phrase", async () => {
  const { url, file } = await list({ name: "novel.txt", size: 5000, price: "3" });
  const context = await stage.profile();
  const page = await openTab(context, url);
  await page.getByRole("button", { name: "Buy for €3.00", disabled: false }).click();
  await atCheckout(page, "Back to the shop");
  await page.getByText("You came back without paying").waitFor();
  const sale = page.url().replace(/\?.*/, "");
  await page.goto(url.replace(/#.*/, ""));
  await page.getByRole("button", { name: "Buy for €3.00", disabled: false }).click();
  await atCheckout(page, "Pay");
  await deliverWebhooks(stage);
  await downloadButton(page).waitFor();
  assert.equal(page.url().replace(/\?.*/, ""), sale, "it is the same purchase");

  await page.getByRole("link", { name: "You", exact: true }).click();
  await page.getByRole("button", { name: "Show the 24 words" }).click();
  const words = (await page.locator(".words li").allInnerTexts()).join(" ");
  await context.close();
  const other = await stage.person();
  await other.page.getByRole("link", { name: "You", exact: true }).click();
  await other.page.getByLabel("I have kept the words").check();
  await other.page.getByLabel("24 words").fill(words);
  await other.page.getByRole("button", { name: "Restore" }).click();
  await other.page.getByText("Restored. You are:").waitFor();
  await other.page.getByRole("link", { name: /^Inbox/ }).click();
  await other.page.locator("cc-inbox a.message", { hasText: "novel" }).first().click();
  await downloadTo(other.page, join(stage.folder, "novel landed"));
  assert.equal(await sha256(join(stage.folder, "novel landed")), await sha256(file));
  await assertReceiptShown(other.page);
});

test("a free listing sells out, and the seller sees it and closes another", async () => {
  const { seller, url, file } = await list({ name: "flyer.txt", stock: "1", isKept: true });
  const context = await stage.profile();
  const page = await openTab(context, url);
  await page.getByRole("button", { name: "Get the files", disabled: false }).click();
  await downloadTo(page, join(stage.folder, "flyer landed"));
  assert.equal(await sha256(join(stage.folder, "flyer landed")), await sha256(file));
  await standing(page, "Received");
  const late = await openTab(await stage.profile(), url);
  await late.getByText("This is sold out.").waitFor();
  assert.equal(await late.getByRole("button", { name: "Get the files" }).count(), 0);

  await seller.page.reload();
  await seller.page.locator("cc-sales [data-listing=sold_out]").waitFor();
  await seller.page.locator("cc-sales").getByRole("button", { name: "Show QR code" }).click();
  assert.ok((await seller.page.locator("svg.qr path").getAttribute("d"))?.includes("M4 4h1v1h-1z"));
  await seller.page.locator("cc-sales").getByRole("button", { name: "Close the listing" }).click();
  await seller.page.locator("cc-sales [data-listing=closed]").waitFor();
  await late.reload();
  await late.getByText("The seller does not sell this any more.").waitFor();
});

test("a link with another seller, another secret or none at all is refused", async () => {
  const { url } = await list({ name: "honest.txt", price: "2" });
  const stranger = await stage.person();
  const [address = "", fragment = ""] = url.split("#");
  const [secret = ""] = fragment.split(".");
  const page = await openTab(await stage.profile(), `${address}#${secret}.${stranger.id}`);
  await page.getByText("is not what was signed").waitFor();
  assert.equal(await page.getByRole("button", { name: /^Buy/ }).count(), 0);
  const bare = await openTab(await stage.profile(), address);
  await bare.getByText("the part after # is missing").waitFor();
  const typo = await openTab(
    await stage.profile(),
    `${address}#${"A".repeat(43)}.${fragment.split(".")[1]}`,
  );
  await typo.getByText("does not open").waitFor();
});
