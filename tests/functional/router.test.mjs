import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { Client, assertProblem, assertTokenError } from "./client.mjs";
import { startServer } from "./harness.mjs";

let server;
before(async () => {
  server = await startServer();
});
after(() => server.close());

/** Sends bytes that no HTTP client would, and gives the status line. */
async function raw(request) {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.setEncoding("utf8");
  socket.write(request);
  const [text] = await once(socket, "data");
  socket.destroy();
  return text.split("\r\n")[0];
}

describe("an address", () => {
  test("that no route has is a 404 with a problem", async () => {
    for (const path of [
      "/api/",
      "/api/unknown",
      "/api/ailocks/",
      "/api/ailocks-register/x",
      "/.netlify/functions/",
      "/.netlify/functions/token",
      "/.well-known/unknown",
      "/token/",
      "/downloads/",
      "/",
    ]) {
      await assertProblem(await fetch(server.url + path), 404, "not_found");
    }
  });

  test("of a route answers its methods only, and says which", async () => {
    for (const [path, method, allow] of [
      ["/token", "GET", "POST, OPTIONS"],
      ["/api/ailocks-register", "PUT", "POST, OPTIONS"],
      ["/.netlify/functions/ailocks-register", "GET", "POST, OPTIONS"],
      ["/api/ailocks", "DELETE", "GET, HEAD, OPTIONS"],
      ["/healthz", "POST", "GET, HEAD, OPTIONS"],
    ]) {
      const response = await fetch(server.url + path, { method });
      await assertProblem(response, 405, "method_not_allowed");
      assert.equal(response.headers.get("allow"), allow);
    }
  });

  test("is not answered for a method that nobody knows as if it were GET", async () => {
    const { host } = new URL(server.url);
    const status = await raw(
      `PROPFIND /healthz HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`,
    );
    assert.match(status, / 405 /);
  });

  test("answers HEAD where it answers GET, without a body", async () => {
    const response = await fetch(`${server.url}/healthz`, { method: "HEAD" });
    assert.equal(response.status, 200);
    assert.equal(await response.text(), "");
  });
});

describe("every answer", () => {
  test("names the call, and forbids caches and sniffing", async () => {
    const names = new Set();
    for (const path of ["/healthz", "/api/unknown", "/api/ailocks", "/token"]) {
      const response = await fetch(server.url + path);
      assert.match(response.headers.get("x-request-id"), /^req_[\w-]{22}$/);
      names.add(response.headers.get("x-request-id"));
      assert.equal(response.headers.get("x-content-type-options"), "nosniff");
      assert.equal(response.headers.get("cache-control"), "no-store");
      assert.match(response.headers.get("server-timing"), /^total;dur=\d+/);
      assert.ok(Math.abs(Date.parse(response.headers.get("date")) - Date.now()) < 60_000);
    }
    assert.equal(names.size, 4);
  });

  test("has one line in the log, which names no address and no query", async () => {
    const response = await fetch(`${server.url}/api/ailocks?id=canary`, {
      headers: {
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "user-agent": "canary",
      },
    });
    const id = response.headers.get("x-request-id");
    const lines = server.logs().filter(({ request_id }) => request_id === id);
    assert.equal(lines.length, 1);
    const { ms, le, span_id, ...line } = lines[0];
    assert.ok(ms <= le);
    assert.match(span_id, /^[0-9a-f]{16}$/);
    assert.deepEqual(line, {
      level: "info",
      request_id: id,
      trace_id: "0af7651916cd43dd8448eb211c80319c",
      parent_id: "b7ad6b7169203331",
      route: "ailocks",
      method: "GET",
      status: 401,
      db_statements: 1,
      outcome: "authentication_required",
      fault: "caller",
    });
    assert.ok(!JSON.stringify(server.logs()).includes("canary"));
  });
});

describe("another site's page", () => {
  const preflight = (url) =>
    fetch(url, {
      method: "OPTIONS",
      headers: {
        origin: "https://page.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,dpop,content-type,repr-digest",
      },
    });

  test("may call, and read what it needs, but never with cookies", async () => {
    const response = await preflight(`${server.url}/api/ailocks-register`);
    assert.equal(response.status, 204);
    const header = (name) => response.headers.get(`access-control-${name}`);
    assert.equal(header("allow-origin"), "*");
    assert.equal(header("allow-methods"), "POST, OPTIONS");
    assert.equal(header("allow-credentials"), null);
    const sent = ["authorization", "content-type", "dpop", "if-range", "range", "repr-digest"];
    for (const name of [...sent, "traceparent", "tracestate"]) {
      assert.ok(header("allow-headers").split(", ").includes(name), name);
    }
    const answer = await fetch(`${server.url}/api/ailocks`, {
      headers: { origin: "https://page.example" },
    });
    const exposed = answer.headers.get("access-control-expose-headers").split(", ");
    const needed = [
      "content-range",
      "date",
      "repr-digest",
      "retry-after",
      "server-timing",
      "www-authenticate",
    ];
    for (const name of [...needed, "x-request-id"]) assert.ok(exposed.includes(name), name);
    await assertProblem(await preflight(`${server.url}/api/unknown`), 404, "not_found");
  });

  test("is refused where only others are listed", async () => {
    const listed = await startServer({
      vars: { CORS_ORIGINS: "https://one.example, https://page.example" },
    });
    try {
      const health = (origin) => fetch(`${listed.url}/healthz`, { headers: { origin } });
      const allowed = await health("https://page.example");
      assert.equal(allowed.headers.get("access-control-allow-origin"), "https://page.example");
      assert.match(allowed.headers.get("vary"), /origin/i);
      const refused = await health("https://other.example");
      assert.equal(refused.headers.get("access-control-allow-origin"), null);
      assert.match(refused.headers.get("vary"), /origin/i);
    } finally {
      await listed.close();
    }
  });
});

test("who calls too often is told to wait", async () => {
  const slow = await startServer({ rates: { RATE_REGISTER: 3, RATE_TOKEN: 3 } });
  try {
    const client = await Client.make(slow);
    const statuses = [];
    let last;
    for (let i = 0; i < 4; i += 1) {
      last = await client.register();
      statuses.push(last.status);
    }
    assert.deepEqual(statuses, [200, 200, 200, 429]);
    assert.equal(last.headers.get("retry-after"), "60");
    await assertProblem(last, 429, "rate_limited");

    for (let i = 0; i < 3; i += 1) assert.equal((await client.requestToken()).status, 200);
    const refused = await client.requestToken();
    assert.equal(refused.headers.get("retry-after"), "60");
    await assertTokenError(refused, 429, "slow_down");
  } finally {
    await slow.close();
  }
});

describe("a deployment", () => {
  /** Starts one, asks it, and stops it. */
  async function ask(vars, use) {
    const deployed = await startServer({ vars });
    try {
      await use(deployed);
    } finally {
      await deployed.close();
    }
  }

  test("that works says so", async () => {
    const response = await fetch(`${server.url}/healthz`);
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), {
      ok: true,
      config: "ok",
      database: "ok",
      migrations: "ok",
      blobs: "ok",
      server_key: "ok",
      cron: "ok",
      outbox: "ok",
    });
  });

  test("without a seed says what is wrong, and gives no token", () =>
    ask({ SERVER_SEED: null }, async (broken) => {
      const health = await fetch(`${broken.url}/healthz`);
      assert.equal(health.status, 503);
      assert.deepEqual(await health.json(), {
        ok: false,
        config: "ok",
        database: "ok",
        migrations: "ok",
        blobs: "ok",
        server_key: "the secret SERVER_SEED is missing",
        cron: "ok",
        outbox: "ok",
      });
      const client = await Client.make(broken);
      assert.equal((await client.register()).status, 200);
      const refused = await client.requestToken();
      const problem = await assertProblem(refused, 500, "internal");
      assert.equal(problem.detail, undefined, "nothing of the inside is told");
      const line = broken.logs().find(({ request_id }) => request_id === problem.request_id);
      assert.equal(line.level, "error");
      assert.equal(line.fault, "bug");
      assert.match(line.cause, /SERVER_SEED/);
    }));

  for (const [name, value, wrong] of [
    ["PUBLIC_ORIGIN", "files.canary", "is not an origin such as https://files.example"],
    ["QUOTA_BYTES", "canary", "is not a number"],
    ["ARBITER_AILOCK_ID", "canary", "is not an Ailock id"],
    ["TEST_CLOCK", "canary", "is set on a public address"],
  ])
    test(`with a wrong ${name} says so, and not its value`, async () => {
      const vars = { TEST_CLOCK: null, PUBLIC_ORIGIN: "https://files.example", [name]: value };
      await ask(vars, async (broken) => {
        const response = await fetch(`${broken.url}/healthz`);
        assert.equal(response.status, 503);
        const health = await response.json();
        assert.deepEqual([health.ok, health.config], [false, `${name} ${wrong}`]);
        const id = response.headers.get("x-request-id");
        const line = broken.logs().find(({ request_id }) => request_id === id);
        assert.deepEqual(
          [line.level, line.outcome, line.fault, line.cause],
          ["error", "unavailable", "dependency", `config: ${name} ${wrong}`],
        );
        assert.ok(!JSON.stringify([health, ...broken.logs()]).includes("canary"));
      });
    });

  test("without a database says so", async () => {
    const broken = await startServer({ database: false });
    try {
      const response = await fetch(`${broken.url}/healthz`);
      assert.equal(response.status, 503);
      const { ok, config, database } = await response.json();
      assert.deepEqual([ok, config, database], [false, "ok", "DB is not bound"]);
    } finally {
      await broken.close();
    }
  });

  test("without its tables answers a problem that tells nothing of the inside", () =>
    ask({}, async (broken) => {
      await broken.db.exec("drop table ailocks");
      const client = await Client.make(broken);
      const response = await client.register();
      const problem = await assertProblem(response, 503, "unavailable");
      assert.equal(response.headers.get("retry-after"), "1");
      assert.doesNotMatch(JSON.stringify(problem), /ailocks|table|sql/i);
      assert.equal((await fetch(`${broken.url}/healthz`)).status, 503);
    }));

  test("under a public name issues for that name, and refuses a test clock there", () =>
    ask({ PUBLIC_ORIGIN: "https://files.example" }, async (deployed) => {
      const metadata = await fetch(`${deployed.url}/.well-known/oauth-authorization-server`);
      const problem = await assertProblem(metadata, 500, "internal");
      const line = deployed.logs().find(({ request_id }) => request_id === problem.request_id);
      assert.match(line.cause, /TEST_CLOCK/);
    }));

  test("takes proofs for its public name alone", () =>
    ask({ PUBLIC_ORIGIN: "https://files.example", TEST_CLOCK: null }, async (deployed) => {
      const metadata = await (
        await fetch(`${deployed.url}/.well-known/oauth-authorization-server`)
      ).json();
      assert.equal(metadata.issuer, "https://files.example");
      const client = await Client.make(deployed);
      assert.equal((await client.register()).status, 200);
      const aud = "https://files.example";
      const asked = async (htu) => {
        const assertion = await client.assertion({ claims: { aud } });
        return client.requestToken({ assertion, proof: await client.proof({ claims: { htu } }) });
      };
      assert.equal((await asked(`${deployed.url}/token`)).status, 400);
      assert.equal((await asked("https://files.example/token")).status, 200);
    }));

  test("that rotates its key takes tokens of both and publishes both", async () => {
    const [first, second] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString("base64url"));
    const vars = { PUBLIC_ORIGIN: "http://localhost" };
    const call = (client, target, token) =>
      fetchAs(client, target, token, { htu: "http://localhost/api/ailocks" });
    let client;
    let old;
    await ask({ ...vars, SERVER_SEED: first }, async (before) => {
      client = await Client.make(before);
      await client.register();
      old = await tokenFor(client, "http://localhost");
      assert.equal((await call(client, before, old)).status, 200);
    });
    await ask({ ...vars, SERVER_SEED: second, SERVER_SEED_PREVIOUS: first }, async (during) => {
      await new Client(during, client.ailock, client.proofKey).register();
      const { keys } = await (await fetch(`${during.url}/.well-known/jwks.json`)).json();
      assert.equal(keys.length, 2);
      assert.equal((await call(client, during, old)).status, 200);
      const fresh = await tokenFor(
        new Client(during, client.ailock, client.proofKey),
        "http://localhost",
      );
      const kid = JSON.parse(Buffer.from(fresh.split(".")[0], "base64url")).kid;
      assert.equal(kid, keys[0].kid);
      assert.equal((await call(client, during, fresh)).status, 200);
    });
    await ask({ ...vars, SERVER_SEED: second }, async (later) => {
      await assertProblem(await call(client, later, old), 401, "invalid_token");
    });
  });
});

async function tokenFor(client, origin) {
  const assertion = await client.assertion({ claims: { aud: origin } });
  const proof = await client.proof({ claims: { htu: `${origin}/token` } });
  return (await (await client.requestToken({ assertion, proof })).json()).access_token;
}

async function fetchAs(client, target, token, claims) {
  const dpop = await client.proof({ method: "GET", token, claims });
  const headers = { authorization: `DPoP ${token}`, dpop };
  return fetch(`${target.url}/api/ailocks?id=${client.id}`, { headers });
}
