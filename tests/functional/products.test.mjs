import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, assertProblem } from "./client.mjs";
import { openMarket } from "./market.mjs";
import { answer, completeRelease, countRows, createProduct, newId } from "./release.mjs";

const { server, seller, stranger } = await openMarket();

const POLICY = {
  retention_seconds: 86_400,
  single_recipient: true,
  max_downloads: 3,
  revoke_on_expiry: true,
  content_check_required: false,
};

const create = (body, client = seller) => client.call("products-create", { json: body });
const edit = (body, client = seller) => client.call("products", { method: "PATCH", json: body });

test("a product is created, and the same body again is the same request", async () => {
  const body = {
    product_id: newId("product"),
    title: "Ein Lied 🎵",
    content_type: "audio/flac",
    policy: POLICY,
  };
  const first = await answer(await create(body));
  assert.deepEqual(first, {
    product_id: body.product_id,
    owner: seller.id,
    title: "Ein Lied 🎵",
    content_type: "audio/flac",
    policy: POLICY,
    release_id: null,
    size: null,
    created_at: first.created_at,
  });
  assert.ok(Math.abs(first.created_at - server.clock.now()) < 60);
  assert.deepEqual(await answer(await create(body)), first);
  assert.deepEqual(
    await answer(await seller.call(`products?product_id=${body.product_id}`)),
    first,
  );
});

test("an id stands for one body and one owner", async () => {
  const body = { product_id: newId("product"), title: "One" };
  await answer(await create(body));
  await assertProblem(await create({ ...body, title: "Two" }), 409, "id_conflict");
  await assertProblem(await create(body, stranger), 409, "id_conflict");
  assert.equal(
    (await answer(await seller.call(`products?product_id=${body.product_id}`))).title,
    "One",
  );
});

test("20 creations at once with one id and two bodies: one body wins", async () => {
  const product_id = newId("product");
  const titles = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? "even" : "odd"));
  const answers = await Promise.all(titles.map((title) => create({ product_id, title })));
  const { title: winner } = await answer(await seller.call(`products?product_id=${product_id}`));
  answers.forEach(({ status }, i) => assert.equal(status, titles[i] === winner ? 200 : 409));
});

test("what is no product is refused", async () => {
  const body = { product_id: newId("product"), title: "Good" };
  for (const title of ["", "   ", "x".repeat(201), "ü".repeat(101), "two\nlines"]) {
    await assertProblem(await create({ ...body, title }), 422, "unprocessable");
  }
  for (const policy of [
    { ...POLICY, max_downloads: 0 },
    { ...POLICY, retention_seconds: 59 },
  ]) {
    await assertProblem(await create({ ...body, policy }), 422, "unprocessable");
  }
  for (const change of [
    { product_id: newId("release") },
    { product_id: undefined },
    { content_type: "Audio/FLAC" },
    { owner: stranger.id },
    { policy: { max_downloads: 1 } },
  ]) {
    await assertProblem(await create({ ...body, ...change }), 400, "invalid_request");
  }
  assert.equal(await countRows(server, "digital_products", "id", body.product_id), 0);
});

test("a product of another and one that does not exist look the same", async () => {
  const product_id = await createProduct(seller);
  const strip = ({ request_id, ...rest }) => rest;
  const problems = [];
  for (const id of [product_id, newId("product")]) {
    problems.push(
      strip(
        await assertProblem(await stranger.call(`products?product_id=${id}`), 404, "not_found"),
      ),
    );
    const change = { product_id: id, title: "Mine now" };
    problems.push(strip(await assertProblem(await edit(change, stranger), 404, "not_found")));
  }
  problems.forEach((problem) => assert.deepEqual(problem, problems[0]));
  assert.equal(
    (await answer(await seller.call(`products?product_id=${product_id}`))).title,
    "A product",
  );
});

test("the list has the caller's own products, newest first, in pages", async () => {
  const client = await Client.registered(server);
  const ids = [];
  for (let i = 0; i < 5; i += 1) ids.push(await createProduct(client, { title: `Product ${i}` }));
  ids.sort().reverse();
  const seen = [];
  let query = "products?limit=2";
  for (let pages = 0; query; pages += 1) {
    assert.ok(pages < 3);
    const { products, next } = await answer(await client.call(query));
    seen.push(...products.map(({ product_id }) => product_id));
    query = next && `products?limit=2&after=${next}`;
  }
  assert.deepEqual(seen, ids);
  const all = await answer(await client.call("products"));
  assert.deepEqual([all.products.length, all.next], [5, null]);
});

test("PATCH changes what is given and nothing else", async () => {
  const body = {
    product_id: newId("product"),
    title: "Before",
    content_type: "image/png",
    policy: POLICY,
  };
  const before = await answer(await create(body));
  const renamed = await answer(await edit({ product_id: body.product_id, title: "After" }));
  assert.deepEqual(renamed, { ...before, title: "After" });
  const policy = { ...POLICY, max_downloads: 9 };
  const changed = await answer(
    await edit({ product_id: body.product_id, policy, content_type: "image/jpeg" }),
  );
  assert.deepEqual(changed, { ...renamed, policy, content_type: "image/jpeg" });

  await assertProblem(await edit({ product_id: body.product_id, title: "" }), 422, "unprocessable");
  const bad = { ...POLICY, max_downloads: 0 };
  await assertProblem(
    await edit({ product_id: body.product_id, policy: bad }),
    422,
    "unprocessable",
  );
  await assertProblem(
    await edit({ product_id: body.product_id, owner: stranger.id }),
    400,
    "invalid_request",
  );
  // The body that created it still is the same request.
  assert.deepEqual(await answer(await create(body)), changed);
});

test("a release is shown to its owner only, as it was completed", async () => {
  const release = await completeRelease(seller, [10]);
  assert.deepEqual(
    await answer(await seller.call(`products?release_id=${release.id}`)),
    release.completed,
  );
  await assertProblem(await stranger.call(`products?release_id=${release.id}`), 404, "not_found");
  await assertProblem(
    await seller.call(`products?release_id=${newId("release")}`),
    404,
    "not_found",
  );
});

test("queries that contradict themselves or cannot be read are refused", async () => {
  const both = `products?product_id=${newId("product")}&release_id=${newId("release")}`;
  for (const query of [both, "products?product_id=x", "products?limit=many", "products?page=2"]) {
    await assertProblem(await seller.call(query), 400, "invalid_request");
  }
});

test("without a token, and with a used proof, nothing is created", async () => {
  const json = { product_id: newId("product"), title: "T" };
  const anonymous = await fetch(`${server.url}/api/products-create`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(json),
  });
  await assertProblem(anonymous, 401, "authentication_required");
  const proofOptions = { claims: { jti: "a jti of this test" } };
  await answer(await seller.call("products-create", { json, proofOptions }));
  await assertProblem(
    await seller.call("products-create", { json, proofOptions }),
    401,
    "dpop_proof_replayed",
  );
});
