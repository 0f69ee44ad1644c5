// A chunk that was altered at the server: the error names it, and nothing is saved as complete.
import assert from "node:assert/strict";
import { test } from "node:test";
import { join } from "node:path";
import { acceptOffer, downloadButton, privateFiles, startSale, waitUntilOffered } from "./acts.mjs";
import { makeFiles } from "./files.mjs";
import { useStage } from "./stage.mjs";

const stage = useStage();

/** Flips one bit of the second chunk of the one file that has two. */
async function damage() {
  const { blobs } = stage.server;
  const { objects } = await blobs.list();
  const second = objects.find(({ key }) => key.endsWith("/00000001"));
  assert.ok(second, "a second chunk is stored");
  const stored = await blobs.get(second.key);
  assert.ok(stored);
  const bytes = new Uint8Array(await stored.arrayBuffer());
  bytes[1000] = (bytes[1000] ?? 0) ^ 1;
  await blobs.put(second.key, bytes);
}

/** Sells `sizes` to a person, with a chunk damaged before the download. */
async function sellDamaged(sizes, pickers) {
  const { objects } = await stage.server.blobs.list();
  for (const { key } of objects) await stage.server.blobs.delete(key);
  const [seller, buyer] = [await stage.person(), await stage.person({ pickers })];
  const name = `lot ${Object.keys(sizes).length} ${pickers}`;
  await makeFiles(join(stage.folder, name), sizes);
  await startSale(seller.page, { files: join(stage.folder, name), buyer: buyer.id, title: "Lot" });
  await waitUntilOffered(seller.page);
  await damage();
  await acceptOffer(buyer.page, "Lot");
  return { page: buyer.page, name };
}

/** @param {import("playwright-core").Page} page @param {string} path */
async function assertNamed(page, path) {
  const alert = page.locator("cc-delivery [role=alert]");
  await alert.waitFor();
  const words = await alert.innerText();
  assert.ok(words.includes(`“${path}”, chunk 1: What the server sent is damaged`), words);
  assert.doesNotMatch(words, /\bat .*:\d+:\d+/);
  assert.equal(await page.locator("cc-receipt").count(), 0);
  assert.equal(await page.getByText(/^Verified/).count(), 0);
}

test("of a download into the browser's downloads nothing is left", async () => {
  const { page, name } = await sellDamaged({ "a.bin": 1000, "b.bin": 9_000_000 }, false);
  let landed = 0;
  page.on("download", () => (landed += 1));
  await downloadButton(page).click();
  await assertNamed(page, `${name}/b.bin`);
  assert.equal(landed, 0);
  assert.deepEqual(await privateFiles(page), []);
});

test("a picked file keeps what it held", async () => {
  const { page, name } = await sellDamaged({ "b.bin": 9_000_000 }, true);
  await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const stream = await (await root.getFileHandle("picked", { create: true })).createWritable();
    await stream.write("before");
    await stream.close();
  });
  await downloadButton(page).click();
  await assertNamed(page, `${name}/b.bin`);
  const held = await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    return (await (await root.getFileHandle("picked")).getFile()).text();
  });
  assert.equal(held, "before");
});

test("a picked folder gets no file", async () => {
  const { page, name } = await sellDamaged({ "a.bin": 1000, "b.bin": 9_000_000 }, true);
  await downloadButton(page).click();
  await assertNamed(page, `${name}/b.bin`);
  assert.deepEqual(await privateFiles(page), []);
});

test("it is not offered as received to its seller", async () => {
  const { results } = await stage.server.db.prepare("select status from product_transfers").all();
  const statuses = results.map(({ status }) => status);
  assert.deepEqual([...new Set(statuses)], ["delivered"]);
});
