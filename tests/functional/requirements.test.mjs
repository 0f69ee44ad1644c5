// Buyer inputs: what the server can check of values that it cannot read, and what they do to the sale.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import {
  bytes,
  hpkeOpen,
  hpkeSeal,
  idBytes,
  label,
  signStatement,
  text,
} from "../interop/protocol.mjs";
import { assertProblem } from "./client.mjs";
import { openMarket } from "./market.mjs";
import { newId } from "./release.mjs";
import { Sale, ok, unchanged } from "./sale.mjs";

const input = (id, changes = {}) => ({
  id,
  label: `Your ${id}`,
  type: "text",
  timing: "post_payment_pre_grant",
  required: true,
  ...changes,
});
const PRE = { timing: "pre_payment" };

const { server, seller, buyer, stranger } = await openMarket();

const offered = (required_inputs, { offer, ...options } = {}) =>
  Sale.offered(seller, buyer, { offer: { required_inputs, ...offer }, ...options });
const accepted = (required_inputs, options) =>
  Sale.accepted(seller, buyer, { offer: { required_inputs }, ...options });

/** An input as the buyer signs it. The server cannot tell ciphertext from random bytes. */
function signed(sale, id, { ailock = buyer.ailock, ...changes } = {}) {
  const body = {
    v: 1,
    transfer_id: sale.id,
    offer_hash: text(sale.offerHash),
    buyer: buyer.id,
    id,
    sealed: text(randomBytes(49)),
    provided_at: server.clock.now(),
    ...changes,
  };
  return { body, signature: text(signStatement(ailock.signing, "inputs", body)) };
}

const submit = (sale, inputs, client = buyer) =>
  client.call("transfers-requirements-submit", { json: { transfer_id: sale.id, inputs } });
const reject = (sale, input_id, reason = "too blurred", client = seller) =>
  client.call("transfers-requirements-reject", {
    json: { transfer_id: sale.id, input_id, reason },
  });
const requirements = (sale, client = buyer) =>
  client.call(`products-requirements?transfer_id=${sale.id}`);
const states = (view) => view.requirements.map(({ input: { id }, state }) => [id, state]);
const notices = async (sale) =>
  (await sale.stored()).messages
    .filter(({ notice }) => notice !== null)
    .map(({ to_ailock_id, notice }) => [to_ailock_id, JSON.parse(notice)]);

test("both sides see what the offer asks for, and what is there", async () => {
  const asked = [input("name", PRE), input("note", { type: "textarea", required: false })];
  const sale = await offered(asked);
  const view = await ok(await requirements(sale));
  assert.deepEqual(view, {
    transfer_id: sale.id,
    product_id: sale.offer.product_id,
    status: "offered",
    offer_hash: text(sale.offerHash),
    seller: seller.id,
    buyer: buyer.id,
    requirements: asked.map((input) => ({ input, state: "missing", reason: null, provided: null })),
    missing: ["name"],
  });
  assert.deepEqual(await ok(await requirements(sale, seller)), view);

  const newer = await offered([input("other", PRE)], {
    offer: { product_id: sale.offer.product_id, release_id: null, manifest_hash: null },
    sealed: false,
  });
  const byProduct = `products-requirements?product_id=${sale.offer.product_id}`;
  assert.equal((await ok(await buyer.call(byProduct))).transfer_id, newer.id);
  for (const client of [seller, stranger]) {
    await assertProblem(await client.call(byProduct), 404, "not_found");
  }
  await assertProblem(await requirements(sale, stranger), 404, "not_found");
});

test("inputs due before the payment open the way to it", async () => {
  const sale = await offered([input("name", PRE), input("site", { ...PRE, type: "url" })]);
  const [name, site] = [signed(sale, "name"), signed(sale, "site")];
  const half = await ok(await submit(sale, [name]));
  assert.deepEqual(states(half), [
    ["name", "provided"],
    ["site", "missing"],
  ]);
  const problem = await assertProblem(await sale.invoice(), 422, "missing_inputs");
  assert.deepEqual(problem.missing_inputs, ["site"]);
  const whole = await ok(await submit(sale, [site]));
  assert.deepEqual(
    whole.requirements.map(({ provided }) => provided),
    [name, site],
  );
  assert.deepEqual(whole.missing, []);
  assert.equal((await ok(await sale.invoice())).transfer.status, "delivered");
});

test("the last input after the payment releases what is held for the buyer", async () => {
  const sale = await accepted([input("name"), input("site")]);
  assert.equal(sale.view.status, "paid_pending_inputs");
  assert.equal(
    (await ok(await submit(sale, [signed(sale, "name")]))).status,
    "paid_pending_inputs",
  );
  assert.equal((await ok(await submit(sale, [signed(sale, "site")]))).status, "delivered");
  const { grants, audit } = await sale.stored();
  assert.equal(grants.length, 1);
  assert.deepEqual(
    audit.slice(-2).map(({ actor, action }) => [actor, action]),
    [
      [buyer.id, "inputs_accepted"],
      [buyer.id, "inputs_accepted"],
    ],
  );
});

test("the seller sends an input back, the buyer is told why, and provides another", async () => {
  const sale = await accepted([input("name"), input("site")], { sealed: false });
  const first = signed(sale, "name");
  const paid = await ok(await submit(sale, [first, signed(sale, "site")]));
  assert.equal(paid.status, "paid");

  const view = await ok(await reject(sale, "name"));
  assert.equal(view.status, "paid_pending_inputs");
  assert.deepEqual(view.missing, ["name"]);
  assert.deepEqual(view.requirements[0], {
    input: input("name"),
    state: "rejected",
    reason: "too blurred",
    provided: first,
  });
  assert.deepEqual((await notices(sale)).slice(-2), [
    [buyer.id, { notice: "input_rejected", id: "name", reason: "too blurred" }],
    [buyer.id, { notice: "inputs_needed", ids: ["name"] }],
  ]);
  await unchanged(sale, async () => {
    await ok(await reject(sale, "name"));
    await assertProblem(await reject(sale, "name", "another reason"), 409, "wrong_state");
    await assertProblem(await submit(sale, [first]), 409, "wrong_state");
    await assertProblem(await sale.grant(), 409, "wrong_state");
  });

  const again = await ok(await submit(sale, [signed(sale, "name")]));
  assert.equal(again.status, "paid");
  assert.deepEqual(again.requirements[0].reason, null);
  assert.equal((await ok(await sale.grant())).status, "delivered");
  await unchanged(sale, async () => {
    await assertProblem(await reject(sale, "name"), 409, "wrong_state");
  });
});

test("the same inputs again are the same request, also at once; other values for them are not", async () => {
  const sale = await accepted([input("name"), input("site")], { sealed: false });
  const inputs = [signed(sale, "name"), signed(sale, "site")];
  const answers = await Promise.all(Array.from({ length: 10 }, () => submit(sale, inputs)));
  for (const answer of answers) assert.equal((await ok(answer)).status, "paid");
  const accepts = (await sale.stored()).audit.filter(({ action }) => action === "inputs_accepted");
  assert.equal(accepts.length, 1);
  await unchanged(sale, async () => {
    await ok(await submit(sale, inputs));
    await ok(await submit(sale, [inputs[1]]));
    await assertProblem(await submit(sale, [signed(sale, "name")]), 409, "wrong_state");
  });
});

test("before the invoice a value may be replaced", async () => {
  const sale = await offered([input("name", PRE)]);
  await ok(await submit(sale, [signed(sale, "name")]));
  const second = signed(sale, "name");
  const view = await ok(await submit(sale, [second]));
  assert.deepEqual(view.requirements[0].provided, second);
  assert.equal((await ok(await reject(sale, "name"))).requirements[0].state, "rejected");
  assert.deepEqual((await ok(await requirements(sale))).missing, ["name"]);
});

test("an input comes when it is due, and to a sale that goes on", async () => {
  const early = await offered([input("name", PRE), input("later")]);
  await unchanged(early, async () => {
    await assertProblem(await submit(early, [signed(early, "later")]), 409, "wrong_state");
    await assertProblem(await reject(early, "name"), 409, "wrong_state");
  });
  for (const status of [
    "delivered",
    "acknowledged",
    "revoked",
    "expired",
    "cancelled",
    "refunded",
  ]) {
    const sale = await offered([input("name", PRE)]);
    await sale.force(status);
    await unchanged(sale, async () => {
      await assertProblem(await submit(sale, [signed(sale, "name")]), 409, "wrong_state");
    });
  }
});

test("only the buyer provides, and only the seller sends back", async () => {
  const sale = await offered([input("name", PRE)]);
  await unchanged(sale, async () => {
    const inputs = [signed(sale, "name")];
    await assertProblem(await submit(sale, inputs, seller), 403, "forbidden");
    await assertProblem(await submit(sale, inputs, stranger), 404, "not_found");
  });
  await ok(await submit(sale, [signed(sale, "name")]));
  await unchanged(sale, async () => {
    await assertProblem(await reject(sale, "name", "why", buyer), 403, "forbidden");
    await assertProblem(await reject(sale, "name", "why", stranger), 404, "not_found");
  });
  for (const route of ["transfers-requirements-submit", "transfers-requirements-reject"]) {
    const anonymous = await fetch(`${server.url}/api/${route}`, { method: "POST" });
    await assertProblem(anonymous, 401, "authentication_required");
  }
  await assertProblem(
    await fetch(`${server.url}/api/products-requirements`),
    401,
    "authentication_required",
  );
});

test("a value that is another's, unasked, forged or too long is refused, and with it the whole call", async () => {
  const other = await offered([input("name", PRE)]);
  const asked = [
    input("name", { ...PRE, constraints: { max_len: 10 } }),
    input("logo", { ...PRE, type: "file" }),
  ];
  const sale = await offered(asked);
  const good = signed(sale, "name");
  const bent = { ...good, body: { ...good.body, provided_at: good.body.provided_at + 1 } };
  const longest = text(randomBytes(10 * 4 + 48));
  await unchanged(sale, async () => {
    for (const [inputs, status, code] of [
      [[], 422, "unprocessable"],
      [[good, good], 422, "unprocessable"],
      [[good, signed(sale, "unasked")], 422, "unknown_input"],
      [[signed(other, "name")], 422, "unprocessable"],
      [[signed(sale, "name", { offer_hash: text(other.offerHash) })], 422, "unprocessable"],
      [[signed(sale, "name", { buyer: stranger.id })], 422, "unprocessable"],
      [[signed(sale, "name", { ailock: stranger.ailock })], 422, "invalid_statement"],
      [[bent], 422, "invalid_statement"],
      [[signed(sale, "name", { sealed: text(randomBytes(48)) })], 422, "invalid_statement"],
      [[signed(sale, "name", { sealed: text(randomBytes(10 * 4 + 49)) })], 413, "too_large"],
      [[good, signed(sale, "logo")], 422, "unprocessable"],
      [[{ ...good, x: 1 }], 400, "invalid_request"],
      [[signed(sale, "name", { v: 2 })], 400, "invalid_request"],
      [[signed(sale, "name", { extra: 1 })], 400, "invalid_request"],
    ]) {
      await assertProblem(await submit(sale, inputs), status, code);
    }
  });
  await ok(await submit(sale, [signed(sale, "name", { sealed: longest })]));
});

test("values of one sale have a bound together", async () => {
  const long = (id) => input(id, { ...PRE, type: "textarea", constraints: { max_len: 100_000 } });
  const sale = await offered([long("a"), long("b")]);
  const sized = (id, size) => signed(sale, id, { sealed: text(randomBytes(size)) });
  await ok(await submit(sale, [sized("a", 400_000)]));
  await unchanged(sale, async () => {
    await assertProblem(await submit(sale, [sized("b", 300_001)]), 413, "too_large");
  });
  await ok(await submit(sale, [sized("b", 300_000)]));
  await ok(await submit(sale, [sized("a", 400_000)]));
});

test("what cannot be read is refused", async () => {
  const sale = await offered([input("name", PRE)]);
  await ok(await submit(sale, [signed(sale, "name")]));
  for (const query of ["", `?transfer_id=${sale.id}&product_id=${newId("product")}`, "?x=1"]) {
    const answer = await buyer.call(`products-requirements${query}`);
    await assertProblem(answer, 400, "invalid_request");
  }
  const absent = `products-requirements?transfer_id=${newId("transfer")}`;
  await assertProblem(await buyer.call(absent), 404, "not_found");
  await unchanged(sale, async () => {
    for (const reason of ["", " ", "two\nlines", "x".repeat(501)]) {
      await assertProblem(await reject(sale, "name", reason), 422, "unprocessable");
    }
    await assertProblem(await reject(sale, "unasked"), 422, "unknown_input");
    const json = { transfer_id: sale.id, input_id: "name" };
    const answer = await seller.call("transfers-requirements-reject", { json });
    await assertProblem(answer, 400, "invalid_request");
  });
});

test("a value sealed to the seller comes back byte for byte, and is all that the books hold", async () => {
  const sale = await offered([input("name", PRE)]);
  const info = Buffer.concat([
    label("seal/inputs"),
    idBytes(sale.id),
    sale.offerHash,
    Buffer.from("name"),
  ]);
  const secret = "Jörg Müller-Lüdenscheidt";
  const sealed = await hpkeSeal(seller.ailock.sealing.publicKey, info, Buffer.from(secret));
  await ok(await submit(sale, [signed(sale, "name", { sealed: text(sealed) })]));
  const view = await ok(await requirements(sale, seller));
  const { body } = view.requirements[0].provided;
  const opened = await hpkeOpen(seller.ailock.sealing.secret, info, bytes(body.sealed));
  assert.equal(Buffer.from(opened).toString(), secret);
  const [{ buyer_inputs }] = (await sale.stored()).transfers;
  assert.deepEqual(Object.keys(JSON.parse(buyer_inputs)), ["name"]);
  assert.ok(!buyer_inputs.includes("Lüdenscheidt"));
});

// Last: the clock does not go back, for tokens of the future would be refused.
test("an offer whose time has passed takes no inputs", async () => {
  const sale = await offered([input("name", PRE)]);
  await server.clock.set(sale.offer.expires_at);
  await unchanged(sale, async () => {
    await assertProblem(await submit(sale, [signed(sale, "name")]), 409, "offer_expired");
  });
});
