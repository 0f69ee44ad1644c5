import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { identity } from "../interop/protocol.mjs";
import { assertProblem } from "./client.mjs";
import { startServer } from "./harness.mjs";
import { CHUNK } from "./release.mjs";
import { ok } from "./sale.mjs";

const arbiter = identity(randomBytes(32)).id;

let server;
before(
  async () =>
    void (server = await startServer({
      vars: {
        ARBITER_AILOCK_ID: arbiter,
        MAX_FILE_BYTES: "5000000",
        ALLOWED_TYPES: "image/*, text/plain",
      },
      rates: { RATE_ANON: 100_000 },
    })),
);
after(() => server.close());

test("the OpenAPI document lists what answers, and with which credentials", async () => {
  const response = await fetch(`${server.url}/openapi.json`);
  assert.equal(response.headers.get("content-type"), "application/json");
  const { openapi, servers, paths, components } = await ok(response);
  assert.match(openapi, /^3\.1\./);
  assert.deepEqual(servers, [{ url: server.url }]);
  const operations = Object.entries(paths).flatMap(([path, { parameters, ...methods }]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, parameters, operation })),
  );
  assert.ok(operations.length > 40, `${operations.length}`);
  for (const { path, method, parameters, operation } of operations) {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    assert.deepEqual(parameters.map(({ name }) => name).sort(), names.sort(), path);
    for (const name of operation.security.flatMap(Object.keys)) {
      assert.ok(name in components.securitySchemes, name);
    }
    if (operation.security.length === 0) continue;
    const url = server.url + path.replaceAll(/\{\w+\}/g, "x");
    const refused = await fetch(url, { method: method.toUpperCase() });
    const problem = await assertProblem(refused, 401, "authentication_required");
    const schema = components.schemas.problem;
    for (const member of schema.required) assert.ok(member in problem, member);
    assert.ok(schema.properties.code.enum.includes(problem.code));
  }
});

test("what a deployment can do is known before the first call", async () => {
  const features = await ok(await fetch(`${server.url}/api/features`));
  const { uploads, links, ...offices } = features;
  assert.deepEqual(offices, { payments: null, arbiter, operator: null });
  assert.deepEqual(links, { max_seconds: 86_400, max_downloads: 5 });
  const { denied_types, ...bounds } = uploads;
  assert.ok(denied_types.includes("application/x-msdownload"));
  assert.deepEqual(bounds, {
    max_file_bytes: 5_000_000,
    max_release_bytes: 2_147_483_648,
    chunk_size: CHUNK,
    max_body_bytes: 95_000_000,
    allowed_types: ["image/*", "text/plain"],
    retention_days: 7,
  });
});

test("neither takes another method", async () => {
  for (const path of ["/openapi.json", "/api/features"]) {
    const refused = await fetch(server.url + path, { method: "POST" });
    await assertProblem(refused, 405, "method_not_allowed");
  }
});
