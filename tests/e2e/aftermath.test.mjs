// What can go wrong after a payment: a refund in the middle of a download, a dispute, and the packet that proves it all.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Claimcheck, Identity } from "claimcheck";
import {
  contentOf,
  deliverWebhooks,
  downloadButton,
  openMessage,
  sellPaid,
  standing,
  startSale,
  waitUntilOffered,
} from "./acts.mjs";
import { makeFiles } from "./files.mjs";
import { openTab, useStage } from "./stage.mjs";

/** Some of the chunks have passed by then, and some have not. */
const SIZE = 21_000_000;
const MIDWAY = 9_000_000;

const arbiter = await Identity.make();
const stage = useStage({ vars: { ARBITER_AILOCK_ID: arbiter.id } }, async ({ server }) => {
  await (await Claimcheck.connect(server.url, arbiter)).register("Arbiter");
});

test("a refund ends access in the middle of a download, and says so to both", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person()];
  const files = await makeFiles(stage.folder, { "long.bin": SIZE });
  await sellPaid(stage, { seller, buyer, files, title: "long" });
  const cut = stage.line.cutAfter(MIDWAY, "down");
  await downloadButton(buyer.page).click();
  await cut;
  await buyer.page.locator("cc-meter [data-phase=waiting]").waitFor();
  const { payment_intent } = stage.stripe.all("sessions").at(-1);
  stage.stripe.refund(payment_intent);
  await deliverWebhooks(stage);
  stage.line.mend();

  await buyer.page.getByText("A download that was running has been stopped").waitFor();
  await standing(buyer.page, "Refunded");
  assert.equal(await downloadButton(buyer.page).count(), 0);
  assert.equal(await buyer.page.getByText(/^Verified/).count(), 0);
  await standing(seller.page, "Refunded");
  await seller.page.getByText("The payment was given back").waitFor();
});

test("the seller gives a part back, then all of it", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person()];
  const files = await makeFiles(stage.folder, { "parts.txt": 100 });
  await sellPaid(stage, { seller, buyer, files, title: "parts" });
  const { page } = seller;
  await page.reload();
  await page.locator("summary", { hasText: "Give the money back" }).click();
  await page.getByLabel("A part. The buyer keeps access.").check();
  await page.getByLabel("Amount of the part, in EUR").fill("5");
  await page.getByRole("button", { name: "Refund", exact: true }).click();
  await page.getByText("Enter an amount of at most €4.99.").waitFor();
  await page.getByLabel("Amount of the part, in EUR").fill("1,50");
  await page.getByRole("button", { name: "Refund", exact: true }).click();
  await stage.server.scheduled();
  await deliverWebhooks(stage);
  await page.reload();
  await page.getByText("€1.50 of the price was given back. Access stays.").waitFor();
  await buyer.page.reload();
  await downloadButton(buyer.page).waitFor();

  await page.locator("summary", { hasText: "Give the money back" }).click();
  await page.getByRole("button", { name: "Refund", exact: true }).click();
  await standing(page, "Refund under way");
  await stage.server.scheduled();
  await deliverWebhooks(stage);
  await buyer.page.reload();
  await standing(buyer.page, "Refunded");
  const charge = stage.stripe.all("charges").at(-1);
  assert.deepEqual([charge.amount_refunded, charge.refunded], [499, true]);
});

test("an offer that nobody has paid is taken back", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person()];
  const files = await makeFiles(stage.folder, { "never.txt": 100 });
  /** @type {string[]} */
  const asked = [];
  for (const { page } of [seller, buyer])
    page.on("request", (request) => asked.push(request.url()));
  await startUnpaid(seller, buyer, files);
  const offerBack = seller.page.getByRole("button", { name: "Take the offer back" });
  await offerBack.waitFor();
  assert.ok(asked.some((url) => url.includes("/transfers?")));
  assert.ok(!asked.some((url) => url.includes("/products-dispute")), "there is no dispute yet");
  await offerBack.click();
  await seller.page.getByText("This sale was cancelled.").waitFor();
  await buyer.page.getByRole("button", { name: /^Accept/ }).click();
  await standing(buyer.page, "Cancelled");
  assert.equal(await buyer.page.getByRole("button", { name: /^Accept/ }).count(), 0);
});

test("a dispute is opened, answered and withdrawn, and its packet is verified to the byte", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person()];
  const files = await makeFiles(stage.folder, { "thing.txt": 100 });
  await sellPaid(stage, { seller, buyer, files, title: "thing" });
  const { page } = buyer;
  await page.locator("summary", { hasText: "Open a dispute" }).click();
  await page.getByLabel("What is wrong").selectOption("The files are not what was offered");
  await page.getByRole("button", { name: "Open the dispute" }).click();
  await page.getByText("Say what happened.").waitFor();
  await page.getByLabel("What happened").fill("It is another thing.");
  await page.getByRole("button", { name: "Open the dispute" }).click();
  await page.getByText("Downloads are held until the dispute is decided").waitFor();
  assert.equal(await downloadButton(page).count(), 0);

  await seller.page.getByText("The seller has to answer by").waitFor();
  await seller.page.getByLabel("Answer").fill("It is this thing.");
  await seller.page.getByRole("button", { name: "Send the answer" }).click();
  await seller.page.getByText("The seller has answered.").waitFor();
  await page.reload();
  await page.getByText("The seller has answered.").waitFor();

  const landing = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save the dispute packet" }).click();
  const packet = await contentOf(await landing);
  assert.doesNotMatch(packet.toString(), /another thing|this thing/, "only the arbiter reads it");
  await assertVerified(packet);

  await page.getByRole("button", { name: "Take the dispute back" }).click();
  await downloadButton(page).waitFor();
  await page.getByText("Taken back by the buyer").waitFor();
  await seller.page.reload();
  await standing(seller.page, "Ready to download");
});

/**
 * By somebody who is nobody here.
 *
 * @param {Buffer} packet
 */
async function assertVerified(packet) {
  const context = await stage.profile();
  const page = await openTab(context, `${stage.url}/verify`);
  const lines = page.locator("cc-verify .report li");
  const choose = async (/** @type {Buffer} */ buffer, /** @type {string} */ verdict) => {
    const file = { name: "packet.json", mimeType: "application/json", buffer };
    await page.locator("cc-verify input[type=file]").setInputFiles(file);
    await page.locator("cc-verify .card wa-callout", { hasText: verdict }).waitFor();
  };
  await choose(packet, "Nothing in it is contradicted");
  assert.equal((await page.locator(".report [data-verdict=not_proved]").count()) > 0, true);
  await page.getByRole("button", { name: "Use the key of this server" }).click();
  await lines
    .filter({ hasText: /The server signed the packet/ })
    .and(page.locator("[data-verdict=proved]"))
    .waitFor();
  const altered = Buffer.from(packet);
  altered[altered.length >> 1] = (altered[altered.length >> 1] ?? 0) ^ 1;
  await choose(altered, "It was altered");
  assert.equal(
    await page.evaluate(async () => (await indexedDB.databases()).length),
    0,
    "no keys were made",
  );
  await context.close();
}

/**
 * @param {{ page: import("playwright-core").Page }} seller
 * @param {{ page: import("playwright-core").Page, id: string }} buyer
 * @param {string[]} files
 */
async function startUnpaid(seller, buyer, files) {
  await startSale(seller.page, { files, buyer: buyer.id, price: "3" });
  await waitUntilOffered(seller.page);
  await seller.page.getByRole("link", { name: "Show this sale" }).click();
  await openMessage(buyer.page, "never");
}
