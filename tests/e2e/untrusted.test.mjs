// A server that lies about a sale: the page shows none of it, and accepts nothing.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { join } from "node:path";
import { startProxy } from "../proxy.mjs";
import {
  acceptOffer,
  assertReceiptShown,
  downloadTo,
  openMessage,
  startSale,
  waitUntilOffered,
} from "./acts.mjs";
import { makeFiles } from "./files.mjs";
import { useStage } from "./stage.mjs";

/** @type {Awaited<ReturnType<typeof startProxy>>} */
let proxy;
const stage = useStage({}, async ({ server }) => {
  proxy = await startProxy();
  proxy.pointAt(server.url);
});
after(() => proxy.close());

/**
 * What the page says to a transfer that was altered on its way.
 *
 * @param {import("playwright-core").Page} page
 * @param {(transfer: any) => void} lie
 */
async function askWith(page, lie) {
  const change = (/** @type {any} */ transfer) => (lie(transfer), transfer);
  proxy.setRule(({ path }) =>
    path.includes("/transfers?transfer_id=") ? { kind: "alter", change } : undefined,
  );
  await page.reload();
  const words = await page.locator("cc-sale [role=alert]").innerText();
  proxy.clearRule();
  assert.equal(await page.locator("cc-sale h1").count(), 0, "nothing of it is shown");
  return words;
}

test("an offer or a receipt that is not what was signed is not shown", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person({ through: proxy.url })];
  const files = await makeFiles(stage.folder, { "honest.txt": 100 });
  await startSale(seller.page, { files, buyer: buyer.id });
  await waitUntilOffered(seller.page);
  await openMessage(buyer.page, "honest");
  const offers = [
    (transfer) => (transfer.offer.body.title = "something else"),
    (transfer) => (transfer.offer.body.policy.max_downloads = 2),
    (transfer) => (transfer.offer_hash = transfer.offer.body.manifest_hash),
    (transfer) => (transfer.seller = buyer.id),
    (transfer) => (transfer.offer.body.seller = buyer.id),
  ];
  for (const lie of offers)
    assert.match(await askWith(buyer.page, lie), /is not what was signed/, String(lie));

  await buyer.page.getByRole("link", { name: /^Inbox/ }).click();
  await acceptOffer(buyer.page, "honest");
  await downloadTo(buyer.page, join(stage.folder, "landed"));
  await assertReceiptShown(buyer.page);
  const receipts = [
    (transfer) => (transfer.receipt.body.delivered_at += 1),
    (transfer) => (transfer.receipt.body.bytes = 0),
    (transfer) => (transfer.countersign.body.receipt_hash = transfer.offer_hash),
  ];
  for (const lie of receipts)
    assert.match(await askWith(buyer.page, lie), /is not what was signed/, String(lie));
});

test("keys that a server puts in place of a buyer's are refused before anything is sealed", async () => {
  const [seller, buyer] = [await stage.person({ through: proxy.url }), await stage.person()];
  const before = await stage.server.blobs.list();
  proxy.setRule(({ path }) => {
    if (!path.includes(`/ailocks?id=${buyer.id}`)) return undefined;
    return { kind: "alter", change: (json) => ({ ...json, x25519_pk: json.ed25519_pk }) };
  });
  const files = await makeFiles(stage.folder, { "secret.txt": 100 });
  await startSale(seller.page, { files, buyer: buyer.id });
  await seller.page.locator("cc-buyer-field .bad", { hasText: "is not what was signed" }).waitFor();
  assert.equal(await seller.page.locator("cc-meter").count(), 0);
  assert.deepEqual((await stage.server.blobs.list()).objects.length, before.objects.length);

  proxy.clearRule();
  await seller.page.locator("cc-sell > .card cc-buyer-field input").fill("");
  await startSale(seller.page, { files, buyer: buyer.id });
  await waitUntilOffered(seller.page);
});
