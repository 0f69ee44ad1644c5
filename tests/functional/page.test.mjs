// The page beside the Worker: which addresses are whose.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertProblem } from "./client.mjs";
import { startServer } from "./harness.mjs";

let server;
before(async () => {
  server = await startServer({ page: true });
});
after(() => server.close());

/** What a browser says of an address that somebody opens. */
const opened = { accept: "text/html", "sec-fetch-mode": "navigate" };

describe("the page", () => {
  test("is every address that is not the Worker's, for browsers and for others", async () => {
    for (const path of [
      "/",
      "/verify",
      "/inbox",
      "/sales/x",
      "/dashboard/products/x/files",
      "/nope",
    ]) {
      for (const headers of [opened, {}]) {
        const response = await fetch(server.url + path, { headers });
        assert.equal(response.status, 200, path);
        assert.match(response.headers.get("content-type"), /^text\/html/);
        assert.match(response.headers.get("content-security-policy"), /default-src 'none'/);
        assert.match(await response.text(), /^<!doctype html>/);
      }
    }
  });

  test("brings its files", async () => {
    const html = await (await fetch(`${server.url}/`)).text();
    const [, script] = /src="(\/assets\/[^"]+\.js)"/.exec(html);
    const response = await fetch(server.url + script);
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type"), /javascript/);
    assert.match(response.headers.get("cache-control"), /immutable/);
  });

  test("is read and nothing else", async () => {
    for (const method of ["POST", "PUT", "DELETE"]) {
      assert.equal((await fetch(`${server.url}/nope`, { method })).status, 405, method);
    }
  });
});

describe("the Worker", () => {
  test("answers a problem at each of its addresses that no route has", async () => {
    for (const path of [
      "/api",
      "/.netlify",
      "/.well-known",
      "/downloads",
      "/token",
      "/healthz",
      "/openapi.json",
    ]) {
      const addresses = [`${path}/`, `${path}/nope/x`];
      const isRoute = ["/token", "/healthz", "/openapi.json"].includes(path);
      for (const address of isRoute ? addresses : [path, ...addresses]) {
        for (const method of ["GET", "POST"]) {
          const response = await fetch(server.url + address, { method, headers: opened });
          await assertProblem(response, 404, "not_found");
        }
      }
    }
  });

  test("answers beside the page", async () => {
    for (const path of ["/healthz", "/openapi.json", "/.well-known/jwks.json", "/api/features"]) {
      const response = await fetch(server.url + path, { headers: opened });
      assert.match(response.headers.get("content-type"), /^application\/.*json/, path);
      assert.match(response.headers.get("x-request-id"), /^req_/, path);
    }
    await assertProblem(await fetch(`${server.url}/token`), 405, "method_not_allowed");
  });
});
