// Every type of message and every notice about inputs, through whole sales: who is told what, by which step.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { identity } from "../interop/protocol.mjs";
import { completeAttachment } from "./attachment.mjs";
import { Client, makeProofKey } from "./client.mjs";
import { startShop } from "./paid_sale.mjs";
import { ok } from "./sale.mjs";
import { openDispute, revoke } from "./statements.mjs";

const TYPES = [
  "product_offer",
  "payment_request",
  "payment_confirmed",
  "product_delivery",
  "delivery_receipt",
  "product_revoke",
  "product_dispute",
];

let shop;
before(async () => {
  const seed = randomBytes(32);
  shop = await startShop({ vars: { ARBITER_AILOCK_ID: identity(seed).id } });
  await new Client(shop.server, identity(seed), await makeProofKey()).register();
});
after(() => shop.close());

const file = (id, timing) => ({ id, label: id, type: "file", timing, required: true });

/** Who is told what by which step, in order. Each message names the audit row of the batch that wrote it. */
async function told(sale) {
  const { messages, audit } = await sale.stored();
  const names = new Map([
    [sale.seller.id, "seller"],
    [sale.buyer.id, "buyer"],
  ]);
  return messages.map(({ to_ailock_id, type, notice, cause_seq, created_at }) => {
    const cause = audit.find(({ seq }) => seq === cause_seq);
    assert.equal(cause.at, created_at);
    return [cause.action, names.get(to_ailock_id), type, notice && JSON.parse(notice)];
  });
}

test("all seven types are told on the way of two sales, and inputs beside them", async () => {
  const required_inputs = [file("logo", "pre_payment"), file("proof", "post_payment_pre_grant")];
  const sale = await shop.offered({ offer: { required_inputs } });
  const submit = async (attachment) =>
    ok(
      await shop.buyer.call("transfers-requirements-submit", {
        json: { transfer_id: sale.id, inputs: [attachment.input()] },
      }),
    );
  await submit(await completeAttachment(sale, "logo"));
  const json = { transfer_id: sale.id, input_id: "logo", reason: "too blurred" };
  await ok(await shop.seller.call("transfers-requirements-reject", { json }));
  await submit(await completeAttachment(sale, "logo"));
  await ok(await sale.invoice());
  shop.stripe.pay(shop.sessionOf(sale).id);
  await shop.deliverAll();
  await submit(await completeAttachment(sale, "proof"));
  sale.claimed = await ok(await sale.claim());
  assert.equal((await sale.chunk()).status, 200);
  await ok(await sale.acknowledge());
  await ok(await openDispute(sale));

  const first = await told(sale);
  const provided = (id) => ({ notice: "inputs_provided", ids: [id] });
  assert.deepEqual(
    first.map(([, to, type, notice]) => [to, type, notice]),
    [
      ["buyer", "product_offer", null],
      ["seller", "product_offer", provided("logo")],
      [
        "buyer",
        "payment_confirmed",
        { notice: "input_rejected", id: "logo", reason: "too blurred" },
      ],
      ["seller", "product_offer", provided("logo")],
      ["buyer", "payment_request", null],
      ["seller", "payment_confirmed", null],
      ["buyer", "payment_confirmed", null],
      ["buyer", "payment_confirmed", { notice: "inputs_needed", ids: ["proof"] }],
      ["seller", "product_offer", provided("proof")],
      ["buyer", "product_delivery", null],
      ["seller", "delivery_receipt", null],
      ["seller", "product_dispute", null],
    ],
  );
  const causes = first.map(([action]) => action);
  assert.deepEqual(
    [causes[1], causes[2], causes[3], causes[8], causes[9]],
    ["inputs_accepted", "input_rejected", "inputs_accepted", "inputs_accepted", "inputs_accepted"],
  );
  assert.equal(causes[5], causes[7], "that inputs miss is told with the payment");

  const second = await shop.offered();
  await ok(await revoke(second).send());
  const all = [...first, ...(await told(second))];
  assert.ok(
    all.some(([action, to, type]) => `${action} ${to} ${type}` === "revoke buyer product_revoke"),
  );
  const plain = all.filter(([, , , notice]) => notice === null).map(([, , type]) => type);
  assert.deepEqual([...new Set(plain)].sort(), [...TYPES].sort());
});
