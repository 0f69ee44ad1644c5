// confirm_payment: a sale whose webhook was lost goes on as soon as one of its sides asks.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startShop } from "./paid_sale.mjs";
import { ok, unchanged } from "./sale.mjs";

let shop;
before(async () => {
  shop = await startShop();
});
after(() => shop.close());

async function confirm(sale, client) {
  const requests = [{ op: "confirm_payment", body: { transfer_id: sale.id } }];
  const { results } = await ok(await client.call("ailock-batch", { json: { requests } }));
  return results[0];
}

test("a payment whose webhook was lost is confirmed, once", async () => {
  for (const client of [shop.buyer, shop.seller]) {
    const sale = await shop.invoiced();
    shop.stripe.pay(sale.session.id);
    const { status, body } = await confirm(sale, client);
    assert.equal(status, 200);
    assert.equal(body.status, "delivered");
    assert.equal((await sale.stored()).grants.length, 1);
    await unchanged(sale, async () => {
      assert.equal((await confirm(sale, client)).body.status, "delivered");
      await shop.deliverAll();
    });
  }
});

test("before anybody has paid it changes nothing", async () => {
  const [offered, invoiced] = [await shop.offered(), await shop.invoiced()];
  for (const sale of [offered, invoiced]) {
    await unchanged(sale, async () => {
      const { status, body } = await confirm(sale, shop.buyer);
      assert.deepEqual([status, body.status], [200, (await sale.show()).status]);
    });
  }
});

test("a stranger's question is about nothing", async () => {
  const sale = await shop.invoiced();
  shop.stripe.pay(sale.session.id);
  await unchanged(sale, async () => {
    const { status, problem } = await confirm(sale, shop.stranger);
    assert.deepEqual([status, problem.code], [404, "not_found"]);
  });
});
