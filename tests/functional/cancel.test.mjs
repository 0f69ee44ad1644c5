import assert from "node:assert/strict";
import { test } from "node:test";
import { assertProblem } from "./client.mjs";
import { openMarket } from "./market.mjs";
import { newId } from "./release.mjs";
import { Sale, ok, unchanged } from "./sale.mjs";

const { seller, buyer, stranger } = await openMarket();

const cancel = (sale, client, json = { transfer_id: sale.id }) =>
  client.call("transfers-cancel", { json });

test("either side calls an unpaid sale off, once", async () => {
  for (const client of [seller, buyer]) {
    const sale = await Sale.offered(seller, buyer);
    assert.equal((await ok(await cancel(sale, client))).status, "cancelled");
    const { audit } = await sale.stored();
    assert.deepEqual([audit.at(-1).actor, audit.at(-1).action], [client.id, "cancel"]);
    await unchanged(sale, async () => {
      for (const again of [seller, buyer]) {
        assert.equal((await ok(await cancel(sale, again))).status, "cancelled");
      }
    });
    await assertProblem(await sale.invoice(), 409, "wrong_state");
  }
});

test("of an acceptance and a cancellation at once exactly one counts", async () => {
  const sale = await Sale.offered(seller, buyer);
  const [cancelled, accepted] = await Promise.all([cancel(sale, seller), sale.invoice()]);
  const { status } = await sale.show();
  assert.deepEqual([cancelled.status, accepted.status].sort(), [200, 409]);
  assert.equal(status, cancelled.status === 200 ? "cancelled" : "delivered");
});

test("a sale that was accepted is not called off", async () => {
  const sale = await Sale.accepted(seller, buyer);
  await unchanged(sale, async () => {
    await assertProblem(await cancel(sale, buyer), 409, "wrong_state");
    await assertProblem(await cancel(sale, seller), 409, "wrong_state");
  });
});

test("a stranger finds nothing, and a body of another shape is refused", async () => {
  const sale = await Sale.offered(seller, buyer);
  await unchanged(sale, async () => {
    await assertProblem(await cancel(sale, stranger), 404, "not_found");
    const unknown = { transfer_id: newId("transfer") };
    await assertProblem(await cancel(sale, seller, unknown), 404, "not_found");
    await assertProblem(await cancel(sale, seller, {}), 400, "invalid_request");
  });
});
