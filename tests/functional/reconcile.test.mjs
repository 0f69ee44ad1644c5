// Asking Stripe: a webhook that is lost delays a sale, and the books are compared every day.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startShop } from "./paid_sale.mjs";
import { ok } from "./sale.mjs";

let shop;
before(async () => {
  shop = await startShop();
});
after(() => shop.close());

/** The cron, `seconds` from now. */
async function later(seconds) {
  await shop.server.clock.advance(seconds);
  await shop.server.scheduled();
}

test("a lost webhook delays a sale and loses nothing", async () => {
  const paid = await shop.invoiced();
  const expired = await shop.invoiced();
  const failed = await shop.invoiced();
  shop.stripe.silently(() => {
    shop.stripe.pay(paid.session.id);
    shop.stripe.expire(expired.session.id);
    shop.stripe.payLater(failed.session.id);
    shop.stripe.fail(failed.session.id);
  });
  await shop.server.scheduled();
  assert.equal((await paid.show()).status, "invoiced");
  await later(601);
  assert.equal((await paid.show()).status, "delivered");
  assert.equal((await failed.show()).status, "offered");
  const again = await ok(await expired.invoice());
  assert.notEqual(again.checkout_url, expired.answer.checkout_url);
});

test("a page past its time is asked about by the next invoice", async () => {
  const expires_at = shop.server.clock.now() + 86_400;
  const sale = await shop.invoiced({ offer: { expires_at } });
  const paid = await shop.invoiced({ offer: { expires_at } });
  shop.stripe.silently(() => shop.stripe.pay(paid.session.id));
  await shop.server.clock.set(sale.session.expires_at);
  shop.stripe.silently(() => shop.stripe.expireDue());
  const answer = await ok(await sale.invoice());
  assert.notEqual(answer.checkout_url, sale.answer.checkout_url);
  assert.equal((await paid.invoice()).status, 409);
  assert.equal((await paid.show()).status, "delivered");
});

test("the daily comparison lists every difference, and only those", async () => {
  const [fine, lost, altered, refunded] = [
    await shop.paid(),
    await shop.invoiced(),
    await shop.paid(),
    await shop.paid(),
  ];
  shop.stripe.silently(() => {
    shop.stripe.pay(lost.session.id);
    shop.stripe.refund(refunded.payment, 250);
  });
  shop.stripe.plant(altered.session.id, { amount_total: 1 });
  await shop.server.db.prepare("delete from payment_checks").run();
  await shop.server.db.prepare("delete from job_runs").run();
  // Of a refund made just now the news may be on the way.
  await later(901);
  const { results } = await shop.server.db
    .prepare("select kind, subject, transfer_id, ours, theirs from reconciliation_findings")
    .all();
  const mine = results.filter(({ transfer_id }) =>
    [fine, lost, altered, refunded].some(({ id }) => id === transfer_id),
  );
  assert.deepEqual(
    mine.map(({ kind, subject, ours, theirs }) => [kind, subject, ours, theirs]).sort(),
    [
      ["amount", altered.session.id, "1000", "1"],
      ["paid_there_only", lost.session.id, "open", "paid"],
      ["refunds", refunded.payment, "0", "250"],
    ],
  );
  const found = results.length;
  await shop.server.db.prepare("delete from reconciliation_findings").run();
  await later(3600);
  const count = "select count(*) as n from reconciliation_findings";
  assert.equal((await shop.server.db.prepare(count).first()).n, 0, "not again within a day");
  await later(86_400);
  assert.ok((await shop.server.db.prepare(count).first()).n >= Math.min(found, 3));
});
