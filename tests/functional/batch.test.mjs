import assert from "node:assert/strict";
import { test } from "node:test";
import { assertProblem } from "./client.mjs";
import { openMarket } from "./market.mjs";
import { completeRelease, newId } from "./release.mjs";
import { Sale, ok, unchanged } from "./sale.mjs";
import { revoke } from "./statements.mjs";

const TRACE = "0af7651916cd43dd8448eb211c80319c";

const { server, seller, buyer, stranger } = await openMarket();

const send = (client, json, headers) => client.call("ailock-batch", { json, headers });
const run = async (client, requests, inbox) => ok(await send(client, { requests, inbox }));

/** Checks a result that failed, as its own endpoint would have. */
function assertFailed(result, status, code) {
  assert.deepEqual([result.status, result.problem?.code, result.body], [status, code, undefined]);
  assert.equal(result.problem.status, status);
}

test("a whole sale goes through batches, and each result is what the endpoint would answer", async () => {
  const release = await completeRelease(seller, [1]);
  const sale = new Sale(seller, buyer, release);
  const init = { id: "offer", op: "init_product_transfer", body: sale.request() };
  const [offered] = (await run(seller, [init])).results;
  assert.deepEqual([offered.id, offered.op, offered.status], ["offer", init.op, 200]);
  assert.deepEqual(offered.body, await sale.show(seller));

  await ok(await sale.invoice());
  const ticket = { op: "get_delivery_ticket", body: { transfer_id: sale.id } };
  const [claimed] = (await run(buyer, [ticket])).results;
  assert.deepEqual([claimed.id, claimed.status], [null, 200]);
  sale.claimed = claimed.body;
  await (await sale.chunk()).arrayBuffer();

  const ack = { id: "a", op: "ack_delivery", body: { receipt: sale.signedReceipt() } };
  const answer = await run(buyer, [ack], { after: 0 });
  assert.equal(answer.results[0].body.transfer.status, "acknowledged");
  assert.deepEqual(answer.inbox, await ok(await buyer.call("inbox")));
  const told = (await run(seller, [], {})).inbox.messages.filter(
    ({ transfer_id }) => transfer_id === sale.id,
  );
  assert.equal(told.at(-1).type, "delivery_receipt", "the inbox is read after the operations");
});

test("one operation that fails stops none of the others", async () => {
  const release = await completeRelease(seller, [1]);
  const [first, second] = [new Sale(seller, buyer, release), new Sale(seller, buyer, release)];
  const foreign = await Sale.accepted(seller, buyer);
  const forged = new Sale(seller, buyer, release);
  forged.offer.seller = buyer.id;
  const { results, inbox } = await run(seller, [
    { id: "1", op: "init_product_transfer", body: first.request() },
    { id: "2", op: "get_delivery_ticket", body: { transfer_id: newId("transfer") } },
    { id: "3", op: "get_delivery_ticket", body: { transfer_id: foreign.id } },
    { id: "4", op: "init_product_transfer", body: forged.request() },
    { id: "5", op: "init_product_transfer", body: { transfer_id: 5 } },
    { id: "6", op: "ack_delivery", body: null },
    { id: "7", op: "init_product_transfer", body: second.request() },
  ]);
  assert.deepEqual(
    results.map(({ id }) => id),
    ["1", "2", "3", "4", "5", "6", "7"],
  );
  assert.equal(results[0].status, 200);
  assertFailed(results[1], 404, "not_found");
  assertFailed(results[2], 403, "forbidden");
  assertFailed(results[3], 403, "forbidden");
  assertFailed(results[4], 400, "invalid_request");
  assertFailed(results[5], 400, "invalid_request");
  assert.equal(results[6].status, 200);
  assert.equal(inbox, null);
  assert.equal((await first.show()).status, "offered");
  assert.equal((await second.show()).status, "offered");
});

test("the caller's trace stands in every result, in the audit and in the log", async () => {
  const sale = new Sale(seller, buyer, await completeRelease(seller, [1]));
  const requests = [
    { op: "init_product_transfer", body: sale.request() },
    { op: "get_delivery_ticket", body: { transfer_id: newId("transfer") } },
  ];
  const response = await send(
    seller,
    { requests },
    { traceparent: `00-${TRACE}-b7ad6b7169203331-01` },
  );
  const requestId = response.headers.get("x-request-id");
  const { results } = await ok(response);
  assert.deepEqual(
    results.map(({ trace_id }) => trace_id),
    [TRACE, TRACE],
  );
  assert.equal(results[1].problem.request_id, requestId);
  assert.equal((await sale.stored()).audit[0].trace_id, TRACE);
  const lines = server.logs().filter(({ request_id }) => request_id === requestId);
  const parts = lines.filter(({ part }) => part !== undefined);
  assert.deepEqual(
    parts.map(({ part, outcome, trace_id }) => [part, outcome, trace_id]),
    [
      ["init_product_transfer", "ok", TRACE],
      ["get_delivery_ticket", "not_found", TRACE],
    ],
  );
  const fresh = await run(seller, [requests[1]]);
  assert.match(fresh.results[0].trace_id, /^[0-9a-f]{32}$/);
  assert.notEqual(fresh.results[0].trace_id, TRACE);
});

test("the same batch again changes nothing and answers the same", async () => {
  const release = await completeRelease(seller, [1]);
  const sales = Array.from({ length: 3 }, () => new Sale(seller, buyer, release));
  const requests = sales.map((sale) => ({
    id: sale.id,
    op: "init_product_transfer",
    body: sale.request(),
  }));
  const first = await run(seller, requests);
  await unchanged(sales[0], async () => {
    const bodies = ({ results }) => results.map(({ status, body }) => [status, body]);
    assert.deepEqual(bodies(await run(seller, requests)), bodies(first));
  });
  const changed = [{ ...requests[0], body: { ...sales[1].request(), transfer_id: sales[0].id } }];
  assertFailed((await run(seller, changed)).results[0], 409, "id_conflict");

  await ok(await sales[0].invoice());
  const ticket = { op: "get_delivery_ticket", body: { transfer_id: sales[0].id } };
  const { results } = await run(buyer, [ticket, ticket]);
  assert.equal(results[0].body.claim_id, results[1].body.claim_id);
});

test("a seller takes an offer back, and nobody else does", async () => {
  const sale = await Sale.offered(seller, buyer);
  const op = { op: "revoke_access", body: revoke(sale).json };
  await unchanged(sale, async () => {
    const asBuyer = revoke(sale, { client: buyer }).json;
    const [result] = (await run(buyer, [{ ...op, body: asBuyer }])).results;
    assertFailed(result, 403, "forbidden");
    assertFailed((await run(stranger, [op])).results[0], 404, "not_found");
  });
  const { results } = await run(seller, [op, op]);
  assert.deepEqual(
    results.map(({ status, body }) => [status, body.status]),
    [
      [200, "revoked"],
      [200, "revoked"],
    ],
  );
  const { audit } = await sale.stored();
  assert.equal(audit.filter(({ action }) => action === "revoke").length, 1);
});

test("a stranger gets nothing that is not its own", async () => {
  const sale = await Sale.claimed(seller, buyer);
  await unchanged(sale, async () => {
    const { results, inbox } = await run(
      stranger,
      [
        { op: "init_product_transfer", body: sale.request() },
        { op: "get_delivery_ticket", body: { transfer_id: sale.id } },
        { op: "ack_delivery", body: { receipt: sale.signedReceipt() } },
      ],
      { after: 0 },
    );
    assertFailed(results[0], 409, "id_conflict");
    assertFailed(results[1], 404, "not_found");
    assertFailed(results[2], 404, "not_found");
    assert.deepEqual(inbox.messages, []);
  });
});

test("at most twenty operations, each of a kind that is known", async () => {
  const op = { op: "get_delivery_ticket", body: { transfer_id: newId("transfer") } };
  assert.equal((await run(buyer, Array(20).fill(op))).results.length, 20);
  assert.deepEqual(await run(buyer, []), { results: [], inbox: null });
  for (const json of [
    { requests: Array(21).fill(op) },
    { requests: [{ ...op, op: "products-offer" }] },
    { requests: [{ op: op.op }] },
    { requests: [{ ...op, x: 1 }] },
    { requests: [], inbox: { after: -1 } },
    { requests: [], x: 1 },
    [],
  ]) {
    await assertProblem(await send(buyer, json), 400, "invalid_request");
  }
  const anonymous = await fetch(`${server.url}/api/ailock-batch`, { method: "POST" });
  await assertProblem(anonymous, 401, "authentication_required");
});
