// Leaving the server: what goes, who is told, and what keeps somebody.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  acceptOffer,
  contentOf,
  downloadTo,
  openMessage,
  standing,
  startSale,
  waitUntilOffered,
} from "./acts.mjs";
import { makeFiles } from "./files.mjs";
import { useStage } from "./stage.mjs";

/** @typedef {import("playwright-core").Page} Page */

const stage = useStage();

/** @param {Page} page */
async function leave(page) {
  await page.getByRole("link", { name: "You", exact: true }).click();
  await page.getByLabel("Delete what is mine here").check();
  await page.getByLabel("I have kept the recovery phrase").check();
  await page.getByRole("button", { name: "Leave" }).click();
}

/** How many things of each kind this browser keeps. @param {Page} page */
const kept = (page) =>
  page.evaluate(async () => {
    const db = await new Promise((resolve) => {
      const opening = indexedDB.open("claimcheck");
      opening.onsuccess = () => resolve(opening.result);
    });
    const stores = [.../** @type {IDBDatabase} */ (db).objectStoreNames];
    const counts = stores.map(
      (name) =>
        new Promise((resolve) => {
          const asking = /** @type {IDBDatabase} */ (db)
            .transaction(name)
            .objectStore(name)
            .count();
          asking.onsuccess = () => resolve(asking.result);
        }),
    );
    return Promise.all(counts);
  });

test("who leaves is gone from server and browser, and comes back as somebody new", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person()];
  const files = await makeFiles(stage.folder, { "unsold.txt": 100 });
  await startSale(seller.page, { files, buyer: buyer.id, price: "3" });
  await waitUntilOffered(seller.page);
  await openMessage(buyer.page, "unsold");
  await leave(seller.page);
  await seller.page.getByText("You have left.").waitFor();
  assert.deepEqual(await kept(seller.page), [0, 0, 0]);
  const { results } = await stage.server.db
    .prepare("select id from ailocks where id = ?1")
    .bind(seller.id)
    .all();
  assert.deepEqual(results, []);
  await buyer.page.reload();
  await standing(buyer.page, "Cancelled");
  await buyer.page.getByText("The other side has left this server").waitFor();
  await buyer.page.getByRole("link", { name: "Inbox", exact: true }).waitFor();
  const landing = buyer.page.waitForEvent("download");
  await buyer.page.getByRole("button", { name: "Save the dispute packet" }).click();
  assert.match((await contentOf(await landing)).toString(), /"offer"/);

  const calls = [];
  seller.page.on("request", (request) => calls.push(request.url()));
  await seller.page.getByRole("link", { name: "Sell", exact: true }).click();
  await seller.page.getByText("You have left.").waitFor();
  const asked = calls.filter((url) => !url.endsWith(".svg"));
  assert.deepEqual(asked, [], "nobody is made before it is asked for");
  await seller.page.getByRole("button", { name: "Begin again as somebody new" }).click();
  const id = seller.page.locator("cc-copy-id code");
  await id.waitFor();
  assert.notEqual(await id.innerText(), seller.id);
});

test("a buyer's access keeps its seller, who loses nothing by asking", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person()];
  const files = await makeFiles(stage.folder, { "sold.txt": 100 });
  await startSale(seller.page, { files, buyer: buyer.id });
  await waitUntilOffered(seller.page);
  await acceptOffer(buyer.page, "sold");
  await leave(seller.page);
  await seller.page.getByText("Some of your sales are not over yet.").waitFor();
  assert.deepEqual(await kept(seller.page), [0, 1, 0]);
  await downloadTo(buyer.page, `${stage.folder}/landed`);
  await standing(buyer.page, "Received");
});
