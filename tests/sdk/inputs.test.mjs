// Buyer inputs with the npm package: checked and sealed by the buyer's client, opened by the seller's alone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { blobSource, Claimcheck, ClaimcheckError, Identity } from "claimcheck";
import { startServer } from "../functional/harness.mjs";

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
before(async () => void (server = await startServer()));
after(() => server.close());

async function join() {
  const client = await Claimcheck.connect(server.url, await Identity.make());
  await client.register();
  return client;
}

/** @type {import("claimcheck").RequiredInput[]} */
const ASKED = [
  {
    id: "name",
    label: "Name on the cover",
    type: "text",
    timing: "pre_payment",
    required: true,
    constraints: { max_len: 12 },
  },
  {
    id: "site",
    label: "Your site",
    type: "url",
    timing: "post_payment_pre_grant",
    required: true,
  },
];

async function offered() {
  const [seller, buyer] = [await join(), await join()];
  const release = await seller.upload({
    product: { title: "Things" },
    files: [blobSource(new Blob(["a thing"]), "thing.txt")],
  });
  const { transfer_id: id } = await seller.offer({
    releaseId: release.release_id,
    buyer: buyer.identity.id,
    title: "Things",
    requiredInputs: ASKED,
  });
  return { seller, buyer, id };
}

/** @param {string} code */
const failsWith = (code) => (/** @type {unknown} */ error) =>
  error instanceof ClaimcheckError && error.code === code;

test("inputs go from the buyer to the seller, and the last one delivers", async () => {
  const { seller, buyer, id } = await offered();
  assert.deepEqual((await buyer.requirements(id)).missing, ["name", "site"]);
  await assert.rejects(buyer.accept(id), failsWith("missing_inputs"));
  await buyer.submitInputs(id, { name: "Zoë" });
  assert.equal((await buyer.accept(id)).transfer.status, "paid_pending_inputs");

  await buyer.submitInputs(id, { site: "https://shop.example/zoë" });
  assert.equal((await buyer.transfer(id)).status, "delivered");
  assert.deepEqual(
    (await seller.inputs(id)).map(({ id, value, isRejected }) => [id, value, isRejected]),
    [
      ["name", "Zoë", false],
      ["site", "https://shop.example/zoë", false],
    ],
  );
});

test("an input that is sent back comes with the seller's reason", async () => {
  const { seller, buyer, id } = await offered();
  await buyer.submitInputs(id, { name: "Zoe" });
  await seller.rejectInput(id, "name", "please with its accent");
  const [name] = (await buyer.requirements(id)).requirements;
  assert.deepEqual([name.state, name.reason], ["rejected", "please with its accent"]);
  assert.equal((await seller.inputs(id))[0].isRejected, true);
  await buyer.submitInputs(id, { name: "Zoë" });
  assert.deepEqual((await buyer.requirements(id)).missing, ["site"]);
});

test("what the seller does not take is found before anything is sent", async () => {
  const { buyer, id } = await offered();
  for (const values of [
    { name: "thirteen long" },
    { name: " " },
    { name: "two\nlines" },
    { name: "Zoë", unasked: "x" },
    { site: "javascript:alert(1)" },
  ]) {
    await assert.rejects(buyer.submitInputs(id, values), failsWith("invalid_argument"));
  }
  const view = await buyer.requirements(id);
  assert.ok(view.requirements.every(({ provided }) => provided === null));
});

test("an input that the buyer did not sign is not shown to the seller", async () => {
  const { seller, buyer, id } = await offered();
  await buyer.submitInputs(id, { name: "Zoë" });
  await server.db
    .prepare(
      "update product_transfers set buyer_inputs = json_set(buyer_inputs, '$.name.statement.body.provided_at', 1) where id = ?1",
    )
    .bind(id)
    .run();
  await assert.rejects(seller.inputs(id), failsWith("untrusted"));
});

test("a client waits for a message in one call", async () => {
  const buyer = await join();
  const waiting = buyer.inbox(0, 25);
  const seller = await join();
  const release = await seller.upload({
    product: { title: "Things" },
    files: [blobSource(new Blob(["a thing"]), "thing.txt")],
  });
  await seller.offer({ releaseId: release.release_id, buyer: buyer.identity.id, title: "Things" });
  assert.deepEqual(
    (await waiting).messages.map(({ type }) => type),
    ["product_offer"],
  );
});
