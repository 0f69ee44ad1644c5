// A sale with a price: through the payment page and back, with details before and after the payment.
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
  openMessage,
  standing,
  startSale,
  waitUntilOffered,
} from "./acts.mjs";
import { makeFiles, sha256 } from "./files.mjs";
import { useStage } from "./stage.mjs";

const stage = useStage();

test("details before the payment, the payment, details after it, and the file comes", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person()];
  const files = await makeFiles(stage.folder, { "portrait.bin": 5_000_000 });
  await startSale(seller.page, {
    files,
    buyer: buyer.id,
    price: "4,99",
    asks: [
      { label: "Name on the picture" },
      { label: "Your site", kind: "Web address", timing: "After paying" },
      { label: "Wishes", kind: "Several lines of text", isOptional: true },
      { label: "A photo", kind: "File", timing: "After paying" },
    ],
  });
  await waitUntilOffered(seller.page);
  await seller.page.getByRole("link", { name: "Show this sale" }).click();

  const { page } = buyer;
  await openMessage(page, "portrait");
  const terms = page.locator("cc-sale > .card").first();
  assert.equal(await fact(terms, "Price").innerText(), "€4.99");
  assert.deepEqual((await fact(terms, "You will be asked for").innerText()).split("\n"), [
    "Name on the picture (before paying)",
    "Your site (after paying)",
    "Wishes, optional (before paying)",
    "A photo (after paying)",
  ]);
  const pay = page.getByRole("button", { name: "Accept and pay €4.99" });
  assert.equal(await pay.isDisabled(), true, "details come first");
  await page.getByRole("button", { name: "Send details" }).click();
  await page.getByText("Please fill this in.").waitFor();
  await page.getByLabel("Name on the picture").fill("Zoë 🎉");
  await page.getByLabel("Wishes").fill("two\nlines");
  await page.getByRole("button", { name: "Send details" }).click();
  await page.getByText("Name on the picture: sent").waitFor();
  await pay.click();
  await atCheckout(page, "Pay");
  await page.getByText("Waiting for the payment provider to confirm it").waitFor();
  await deliverWebhooks(stage);

  await page.getByText("The seller needs these details before the files come").waitFor();
  await standing(seller.page, "Waiting for the buyer’s details");
  await seller.page.getByText("€4.99 has been paid.").waitFor();
  await page.getByLabel("Your site").fill("https://zoë.example/");
  const [photo = ""] = await makeFiles(stage.folder, { "a photo.bin": 4_500_000 });
  await page.getByLabel("A photo").setInputFiles(photo);
  await page.getByRole("button", { name: "Send details" }).click();
  await downloadButton(page).waitFor();
  await downloadTo(page, join(stage.folder, "landed.bin"));
  assert.equal(await sha256(join(stage.folder, "landed.bin")), await sha256(files[0] ?? ""));
  await assertReceiptShown(page);

  await standing(seller.page, "Received");
  await seller.page.locator("cc-provided .value").nth(2).waitFor();
  assert.deepEqual(await seller.page.locator("cc-provided .value").allInnerTexts(), [
    "Zoë 🎉",
    "https://zoë.example/",
    "two\nlines",
  ]);
  const landing = seller.page.waitForEvent("download");
  await seller.page.getByRole("button", { name: "Save “a photo.bin”" }).click();
  await (await landing).saveAs(join(stage.folder, "photo landed"));
  assert.equal(await sha256(join(stage.folder, "photo landed")), await sha256(photo));
  await assertReceiptShown(seller.page);
});

test("leaving the payment page, reloading and another tab lose nothing, and a late payment arrives", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person()];
  const files = await makeFiles(stage.folder, { "late.txt": 100 });
  await startSale(seller.page, { files, buyer: buyer.id, price: "12" });
  await waitUntilOffered(seller.page);
  const { page } = buyer;
  await openMessage(page, "late");
  await page.getByRole("button", { name: "Accept and pay €12.00" }).click();
  await atCheckout(page, "Back to the shop");
  await page.getByText("You came back without paying").waitFor();
  await page.reload();
  await page.getByText("You came back without paying").waitFor();

  const session = stage.stripe.all("sessions").at(-1);
  await page.getByRole("button", { name: "Go to the payment page: €12.00" }).click();
  await page.getByText("Fake Stripe on this machine").waitFor();
  assert.ok(page.url().endsWith(session.id), "the same page is open still");
  await page.goBack();
  await page
    .getByRole("button", { name: "Go to the payment page: €12.00", disabled: false })
    .click();
  await atCheckout(page, "Pay later (the bank decides afterwards)");
  await page.getByText("Waiting for the payment provider to confirm it").waitFor();
  const other = await buyer.context.newPage();
  await other.goto(page.url().replace(/\?.*/, ""));
  await standing(other, "Waiting for payment");
  await deliverWebhooks(stage);
  await page.getByText("The payment is being processed").waitFor();
  stage.stripe.settle(session.id);
  await deliverWebhooks(stage);
  for (const tab of [page, other]) await downloadButton(tab).waitFor();
  await downloadTo(other, join(stage.folder, "late landed"));
  await standing(other, "Received");
  assert.equal(
    stage.stripe
      .all("sessions")
      .filter(({ client_reference_id: id }) => id === session.client_reference_id).length,
    1,
  );
});

test("a detail that the seller sends back is asked for again with the reason", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person()];
  const files = await makeFiles(stage.folder, { "logo.txt": 100 });
  await startSale(seller.page, { files, buyer: buyer.id, asks: [{ label: "Colour" }] });
  await waitUntilOffered(seller.page);
  await seller.page.getByRole("link", { name: "Show this sale" }).click();
  await openMessage(buyer.page, "logo");
  await buyer.page.getByLabel("Colour").fill("mauve");
  await buyer.page.getByRole("button", { name: "Send details" }).click();
  await buyer.page.getByText("Colour: sent").waitFor();
  await seller.page.reload();
  await seller.page.locator("cc-provided .value", { hasText: "mauve" }).waitFor();
  await seller.page.locator("summary", { hasText: "Send back" }).click();
  await seller.page.getByLabel("What is wrong with “Colour”").fill("as a number, please");
  await seller.page.getByRole("button", { name: "Send back" }).click();
  await seller.page.getByText("You sent this back: “as a number, please”").waitFor();
  await buyer.page.reload();
  await buyer.page.getByText("The seller sent this back: “as a number, please”").waitFor();
  await buyer.page.getByLabel("Colour").fill("#e0b0ff");
  await buyer.page.getByRole("button", { name: "Send details" }).click();
  await buyer.page.getByRole("button", { name: "Accept", disabled: false }).click();
  await downloadButton(buyer.page).waitFor();
});

test("a price that cannot be charged is told as it is typed, in any currency", async () => {
  const { page } = await stage.person();
  const terms = page.locator("cc-sell > .card cc-terms");
  const note = terms.locator("cc-price .note");
  for (const [currency, typed, answer] of /** @type {const} */ ([
    ["eur", "0,49", "The least that can be charged is €0.50."],
    ["eur", "1,234", "at most 2 decimals"],
    ["eur", "1 234,5", "✓ €1,234.50"],
    ["jpy", "1200", "✓ ¥1,200"],
    ["jpy", "12.5", "Enter a whole number"],
    ["kwd", "1.234", "a multiple of KWD 0.010"],
    ["kwd", "1.23", "✓ KWD 1.230"],
    ["eur", "", "Free."],
  ])) {
    await terms.getByLabel("Currency").selectOption(currency);
    await terms.getByLabel("Price").fill(typed);
    await note.filter({ hasText: answer }).waitFor();
  }
});
