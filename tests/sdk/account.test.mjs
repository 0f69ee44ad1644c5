// Leaving, through the npm package.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { blobSource, ClaimcheckError } from "claimcheck";
import { startMarket } from "./market.mjs";

/** @type {Awaited<ReturnType<typeof startMarket>>} */
let market;
before(async () => void (market = await startMarket()));
after(() => market.close());

/** @param {string} code */
const failsWith = (code) => (/** @type {unknown} */ error) =>
  error instanceof ClaimcheckError && error.code === code;

test("who has nothing open leaves, and may come back with the same keys", async () => {
  const [seller, buyer] = [await market.join("Seller"), await market.join("Buyer")];
  const release = await seller.upload({
    product: { title: "Things" },
    files: [blobSource(new Blob([randomBytes(10)]), "file.bin")],
  });
  const { transfer_id } = await seller.offer({
    releaseId: release.release_id,
    buyer: buyer.identity.id,
    title: "Things",
  });
  await buyer.accept(transfer_id);
  await assert.rejects(seller.deleteAccount(), failsWith("open_sales"));

  const other = await market.join("Other");
  const left = await other.deleteAccount();
  assert.equal(left.id, other.identity.id);
  assert.deepEqual(await other.deleteAccount(), left);
  await assert.rejects(buyer.ailock(other.identity.id), failsWith("not_found"));
  await other.register("Back again");
  assert.equal((await buyer.ailock(other.identity.id)).profile.body.display_name, "Back again");
});
