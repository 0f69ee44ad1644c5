// The sale in two browsers, and what landed on disk.
import assert from "node:assert/strict";
import { test } from "node:test";
import { basename, join } from "node:path";
import {
  acceptOffer,
  assertReceiptShown,
  downloadButton,
  downloadTo,
  fact,
  openMessage,
  privateFiles,
  startSale,
  waitUntilOffered,
} from "./acts.mjs";
import { makeFiles, sha256 } from "./files.mjs";
import { useStage } from "./stage.mjs";

const ODD_FILES = {
  "my things/empty — leer.txt": 0,
  "my things/一 byte.bin": 1,
  "my things/deep down/Ünïcode & 🎉 (1).data": 5_000_000,
};

const stage = useStage();

test("a file of several chunks is sealed, offered, accepted, downloaded and acknowledged", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person()];
  const [file = ""] = await makeFiles(stage.folder, { "nine megabytes.bin": 9_000_000 });
  await startSale(seller.page, { files: [file], buyer: buyer.id });
  await waitUntilOffered(seller.page);

  await buyer.page.getByRole("link", { name: /1 unread/ }).waitFor();
  assert.match(await buyer.page.title(), /^\(1\)/);
  await openMessage(buyer.page, "nine megabytes");
  const terms = buyer.page.locator("cc-sale > .card");
  assert.equal(await fact(terms, "Price").innerText(), "Free");
  assert.match(await fact(terms, "Downloads").innerText(), /^1 download;/);
  assert.match(await fact(terms, "Access").innerText(), /^7 days/);
  await buyer.page.getByRole("button", { name: "Accept" }).click();
  await downloadButton(buyer.page).waitFor();
  assert.match(
    await buyer.page.locator("cc-delivery ul.files").innerText(),
    /nine megabytes\.bin\s+9 MB/,
  );

  const target = join(stage.folder, "landed.bin");
  assert.equal(await downloadTo(buyer.page, target), basename(file));
  assert.equal(await sha256(target), await sha256(file));
  await assertReceiptShown(buyer.page);
  const hashes = buyer.page.locator("cc-receipt .hashes");
  assert.match(await hashes.innerText(), /matches what the seller stated/);
  assert.match(await hashes.innerText(), new RegExp(await sha256(file)));

  await seller.page.getByRole("link", { name: "Show this sale" }).click();
  await seller.page.locator("h1 + wa-badge", { hasText: "Received" }).waitFor();
  await assertReceiptShown(seller.page);
});

test("the receipt can be kept", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person()];
  const files = await makeFiles(stage.folder, { "small.txt": 100 });
  await startSale(seller.page, { files, buyer: buyer.id });
  await waitUntilOffered(seller.page);
  await acceptOffer(buyer.page, "small");
  await downloadTo(buyer.page, join(stage.folder, "small landed"));
  await assertReceiptShown(buyer.page);
  const landing = buyer.page.waitForEvent("download");
  await buyer.page.getByRole("button", { name: "Save the receipt" }).click();
  const { receipt, countersign, offer } = await readJson(await landing);
  assert.deepEqual(
    [receipt.body.buyer, receipt.body.seller, offer.body.title, typeof countersign.signature],
    [buyer.id, seller.id, "small", "string"],
  );
});

test("a folder arrives with its odd names, an empty file and a file of one byte, in the downloads", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person()];
  const sold = await makeFiles(stage.folder, ODD_FILES);
  await startSale(seller.page, { files: join(stage.folder, "my things"), buyer: buyer.id });
  await waitUntilOffered(seller.page);
  await acceptOffer(buyer.page, "my things");
  await downloadButton(buyer.page).click();
  for (const [index, path] of Object.keys(ODD_FILES).entries()) {
    const landing = buyer.page.waitForEvent("download");
    await buyer.page.getByRole("button", { name: `Save ${path}`, exact: true }).click();
    const landed = await landing;
    assert.equal(landed.suggestedFilename().normalize(), basename(path));
    const target = join(stage.folder, `landed-${index}`);
    await landed.saveAs(target);
    assert.equal(await sha256(target), await sha256(sold[index] ?? ""), path);
  }
  await assertReceiptShown(buyer.page);
  assert.equal((await privateFiles(buyer.page)).length, 3);
  await buyer.page.getByRole("link", { name: /^Inbox/ }).click();
  await buyer.page.waitForFunction(async () => {
    const root = await navigator.storage.getDirectory();
    return (await root.keys().next()).done;
  });
});

test("a folder arrives in the folder that its buyer picks", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person({ pickers: true })];
  const sold = await makeFiles(stage.folder, ODD_FILES);
  await startSale(seller.page, {
    files: join(stage.folder, "my things"),
    buyer: buyer.id,
    title: "Things",
  });
  await waitUntilOffered(seller.page);
  await acceptOffer(buyer.page, "Things");
  await downloadButton(buyer.page).click();
  await buyer.page.getByText("Verified and saved: 3 files in “folder”.").waitFor();
  await assertReceiptShown(buyer.page);
  const paths = Object.keys(ODD_FILES);
  assert.deepEqual(await privateFiles(buyer.page), paths.map((path) => `folder/${path}`).sort());
  for (const [index, path] of paths.entries()) {
    assert.equal(
      await sha256InPage(buyer.page, `folder/${path}`),
      await sha256(sold[index] ?? ""),
      path,
    );
  }
});

test("what was downloaded once can be downloaded again, under the same receipt", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person()];
  const files = await makeFiles(stage.folder, { "twice.bin": 5_000_000 });
  await startSale(seller.page, { files, buyer: buyer.id });
  await waitUntilOffered(seller.page);
  await acceptOffer(buyer.page, "twice");
  await downloadTo(buyer.page, join(stage.folder, "once"));
  await assertReceiptShown(buyer.page);
  const commitment = await fact(
    buyer.page.locator("cc-receipt"),
    "Hash of the content",
  ).innerText();
  await buyer.page.reload();
  await downloadTo(buyer.page, join(stage.folder, "again"));
  assert.equal(await sha256(join(stage.folder, "again")), await sha256(files[0] ?? ""));
  assert.equal(
    await fact(buyer.page.locator("cc-receipt"), "Hash of the content").innerText(),
    commitment,
  );
});

test("a stored release is offered to one more buyer without another upload", async () => {
  const [seller, first, second] = [
    await stage.person(),
    await stage.person(),
    await stage.person(),
  ];
  const files = await makeFiles(stage.folder, { "shared.bin": 4_300_000 });
  await startSale(seller.page, { files, buyer: first.id });
  await waitUntilOffered(seller.page);
  const product = seller.page.locator("cc-sales li.card", { hasText: "shared" });
  await product.getByText("Offer to somebody else").click();
  await product.locator("cc-buyer-field input").fill(second.id);
  await product.getByRole("button", { name: "Offer", exact: true }).click();
  await product.locator("[data-status=offered]").nth(1).waitFor();
  await acceptOffer(second.page, "shared");
  await downloadTo(second.page, join(stage.folder, "for the second"));
  assert.equal(await sha256(join(stage.folder, "for the second")), await sha256(files[0] ?? ""));
});

/** @param {import("playwright-core").Download} download */
async function readJson(download) {
  const pieces = [];
  for await (const piece of await download.createReadStream()) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString());
}

/**
 * By the browser's own crypto, of a file in its private storage.
 *
 * @param {import("playwright-core").Page} page
 * @param {string} path
 */
async function sha256InPage(page, path) {
  const base64 = await page.evaluate(async (wanted) => {
    const parts = wanted.split("/");
    const name = parts.pop() ?? "";
    let at = await navigator.storage.getDirectory();
    for (const part of parts) at = await at.getDirectoryHandle(part);
    const file = await (await at.getFileHandle(name)).getFile();
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
    return btoa(String.fromCharCode(...hash));
  }, path);
  return Buffer.from(base64, "base64").toString("hex");
}
