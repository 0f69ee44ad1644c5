// Files that a seller asks for: which kinds and how large, as the seller says and as the buyer is told.
import assert from "node:assert/strict";
import { test } from "node:test";
import { contentOf, openMessage, startSale, waitUntilOffered } from "./acts.mjs";
import { makeFiles } from "./files.mjs";
import { useStage } from "./stage.mjs";

/** One transparent pixel. */
const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);

const stage = useStage();

test("a seller says which files it takes, a buyer is told, and another file is not sent", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person()];
  const files = await makeFiles(stage.folder, { "badge.txt": 10 });
  await startSale(seller.page, {
    files,
    buyer: buyer.id,
    asks: [
      {
        label: "Your logo",
        kind: "File",
        takes: ["Images", "ZIP archives"],
        otherTypes: "Application/PDF, font/*",
        megabytes: "1",
      },
      { label: "Anything", kind: "File", isOptional: true },
    ],
  });
  await waitUntilOffered(seller.page);
  const { page } = buyer;
  await openMessage(page, "badge");
  const logo = page.getByLabel("Your logo");
  await page.getByText("Accepted: Images, PDF, ZIP archives, font/*. At most 1 MB.").waitFor();
  await page.getByText("At most 200 MB.").waitFor();
  assert.equal(
    await logo.getAttribute("accept"),
    "image/*,application/zip,application/x-zip-compressed,application/pdf,font/*",
  );
  const send = page.getByRole("button", { name: "Send details" });
  const choose = (/** @type {string} */ name, /** @type {string} */ mimeType, buffer = PIXEL) =>
    logo.setInputFiles({ name, mimeType, buffer });
  await choose("logo.html", "text/html");
  await page.getByText("does not take this kind of file (text/html), only: Images, PDF").waitFor();
  await send.click();
  assert.equal(await logo.evaluate((input) => input === document.activeElement), true);
  await choose("logo.png", "image/png", Buffer.concat([PIXEL, Buffer.alloc(1_000_000)]));
  await page.getByText("This file is too large. At most 1 MB.").waitFor();
  await choose("logo.png", "image/png");
  await send.click();
  await page.getByText("Your logo: sent").waitFor();

  await seller.page.getByRole("link", { name: "Show this sale" }).click();
  const landing = seller.page.waitForEvent("download");
  await seller.page.getByRole("button", { name: "Save “logo.png”" }).click();
  assert.deepEqual(await contentOf(await landing), PIXEL);
});

test("types and sizes that cannot be asked for are told, with the cursor where they stand", async () => {
  const { page } = await stage.person();
  const buyer = await stage.person();
  const [file = ""] = await makeFiles(stage.folder, { "x.txt": 10 });
  const asks = [{ label: "File", kind: "File", otherTypes: "*/*", megabytes: "2.5" }];
  await startSale(page, { files: [file], buyer: buyer.id, asks });
  const focused = (/** @type {string} */ label) =>
    page.getByLabel(label).evaluate((input) => input === document.activeElement);
  await page.getByText("Write each like application/json or font/*").waitFor();
  assert.equal(await focused("Other media types"), true);
  const most = Array.from({ length: 21 }, (_, index) => `font/x-${index}`);
  const submit = page.getByRole("button", { name: "Seal, upload and offer" });
  await page.getByLabel("Other media types").fill(most.join(" "));
  await submit.click();
  assert.equal(await focused("Other media types"), true);
  await page.getByLabel("Other media types").fill(most.slice(1).join(" "));
  await submit.click();
  await page.getByText("Enter a whole number from 1 to 200.").waitFor();
  assert.equal(await focused("Largest size in MB"), true);
  await page.getByLabel("Largest size in MB").fill("");
  await submit.click();
  await waitUntilOffered(page);
});
