import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { calculateJwkThumbprint, createRemoteJWKSet, jwtVerify } from "jose";
import { identity } from "../interop/protocol.mjs";
import { Client, assertTokenError, makeProofKey, signJwt } from "./client.mjs";
import { startServer } from "./harness.mjs";

let server;
let client;
before(async () => {
  server = await startServer();
  client = await Client.registered(server);
});
after(() => server.close());

const now = () => server.clock.now();

describe("a token", () => {
  test("verifies with the published key and is bound to the key of the proof", async () => {
    for (const algorithm of ["Ed25519", "ES256"]) {
      const key = await makeProofKey(algorithm);
      const response = await client.requestToken({ proof: await client.proof({ key }) });
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("cache-control"), "no-store");
      const { access_token: token, ...rest } = await response.json();
      assert.deepEqual(rest, { token_type: "DPoP", expires_in: 300, scope: "claimcheck" });

      const keys = createRemoteJWKSet(new URL(`${server.url}/.well-known/jwks.json`));
      const { payload } = await jwtVerify(token, keys, {
        issuer: server.url,
        audience: server.url,
        subject: client.id,
        typ: "at+jwt",
      });
      assert.equal(payload.client_id, client.id);
      assert.equal(payload.exp - payload.iat, 300);
      assert.equal(payload.scope, "claimcheck");
      assert.deepEqual(payload.cnf, { jkt: await calculateJwkThumbprint(key.jwk) });
    }
  });

  test("is given for the older name of the algorithm, a client_id and the scope too", async () => {
    const assertion = await client.assertion({ header: { alg: "EdDSA", typ: "JWT" } });
    const proof = await client.proof({ header: { alg: "EdDSA" } });
    const form = { client_id: client.id, scope: "claimcheck" };
    assert.equal((await client.requestToken({ assertion, proof, form })).status, 200);
  });
});

describe("an assertion is refused", () => {
  const stranger = identity(randomBytes(32));
  const cases = {
    "by another key": () => ({ key: stranger.signing.key }),
    "whose iss is nobody's": () => ({ claims: { iss: stranger.id, sub: stranger.id } }),
    "whose iss is no Ailock's": () => ({ claims: { iss: "someone" } }),
    "whose sub is another": () => ({ claims: { sub: stranger.id } }),
    "without sub": () => ({ claims: { sub: undefined } }),
    "for another server": () => ({ claims: { aud: "https://other.example" } }),
    "for the token endpoint instead of the issuer": () => ({
      claims: { aud: `${server.url}/token` },
    }),
    "for a list of servers": () => ({ claims: { aud: [server.url] } }),
    "without aud": () => ({ claims: { aud: undefined } }),
    "that has expired": () => ({ claims: { exp: now() } }),
    "without exp": () => ({ claims: { exp: undefined } }),
    "that lives longer than five minutes": () => ({ claims: { exp: now() + 330 } }),
    "with a fractional exp": () => ({ claims: { exp: now() + 60.5 } }),
    "issued in the future": () => ({ claims: { iat: now() + 90, exp: now() + 120 } }),
    "issued after it expires": () => ({ claims: { iat: now() + 31, exp: now() + 30 } }),
    "not valid yet": () => ({ claims: { nbf: now() + 90 } }),
    "without jti": () => ({ claims: { jti: undefined } }),
    "with an empty jti": () => ({ claims: { jti: "" } }),
    "with a jti of 129 bytes": () => ({ claims: { jti: "x".repeat(129) } }),
    "of the type of a proof": () => ({ header: { typ: "dpop+jwt" } }),
    "of the type of an access token": () => ({ header: { typ: "at+jwt" } }),
  };
  for (const [name, options] of Object.entries(cases)) {
    test(name, async () => {
      const assertion = await client.assertion(options());
      await assertTokenError(await client.requestToken({ assertion }), 401, "invalid_client");
    });
  }

  test("by other algorithms", async () => {
    const es256 = await makeProofKey("ES256");
    const byEs256 = await client.assertion({ header: { alg: "ES256" }, key: es256.privateKey });
    const byHs256 = await client.assertion({
      header: { alg: "HS256" },
      key: client.ailock.signing.publicKey,
    });
    const [, claims] = (await client.assertion()).split(".");
    const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${claims}.`;
    for (const assertion of [byEs256, byHs256, none]) {
      await assertTokenError(await client.requestToken({ assertion }), 401, "invalid_client");
    }
  });

  test("with an altered claim, a crit extension, or that is no JWT", async () => {
    const [header, claims, signature] = (await client.assertion()).split(".");
    const altered = JSON.parse(Buffer.from(claims, "base64url"));
    altered.exp += 1;
    const crit = Buffer.from('{"alg":"Ed25519","crit":["x"],"x":1}').toString("base64url");
    for (const assertion of [
      [header, Buffer.from(JSON.stringify(altered)).toString("base64url"), signature].join("."),
      [crit, claims, signature].join("."),
      `${header}.${claims}.${signature}=`,
      `${header}.${claims}`,
      "x",
      "x".repeat(5000),
    ]) {
      await assertTokenError(await client.requestToken({ assertion }), 401, "invalid_client");
    }
  });

  test("that was used before, with a fresh proof", async () => {
    const assertion = await client.assertion();
    assert.equal((await client.requestToken({ assertion })).status, 200);
    await assertTokenError(await client.requestToken({ assertion }), 401, "invalid_client");
  });

  test("for another client_id in the form", async () => {
    const form = { client_id: stranger.id };
    await assertTokenError(await client.requestToken({ form }), 401, "invalid_client");
  });

  test("of an Ailock that is not registered", async () => {
    const nobody = await Client.make(server);
    await assertTokenError(await nobody.requestToken(), 401, "invalid_client");
  });
});

test("a jti belongs to its Ailock: two may use the same one", async () => {
  const other = await Client.registered(server);
  const jti = "the same one";
  for (const ailock of [client, other]) {
    const assertion = await ailock.assertion({ claims: { jti } });
    assert.equal((await ailock.requestToken({ assertion })).status, 200);
  }
});

describe("a proof is refused at the token endpoint", () => {
  const cases = {
    "for another method": () => ({ claims: { htm: "GET" } }),
    "for another path": () => ({ claims: { htu: `${server.url}/token2` } }),
    "for another host": () => ({ claims: { htu: "https://other.example/token" } }),
    "61 seconds old": () => ({ claims: { iat: now() - 70 } }),
    "61 seconds ahead": () => ({ claims: { iat: now() + 70 } }),
    "without iat": () => ({ claims: { iat: undefined } }),
    "without htm": () => ({ claims: { htm: undefined } }),
    "without htu": () => ({ claims: { htu: undefined } }),
    "without jti": () => ({ claims: { jti: undefined } }),
    "with an empty jti": () => ({ claims: { jti: "" } }),
    "with a jti of 129 bytes": () => ({ claims: { jti: "x".repeat(129) } }),
    "of another type": () => ({ header: { typ: "JWT" } }),
    "without a type": () => ({ header: { typ: undefined } }),
    "without a key": () => ({ header: { jwk: undefined } }),
  };
  for (const [name, options] of Object.entries(cases)) {
    test(name, async () => {
      const proof = await client.proof(options());
      await assertTokenError(await client.requestToken({ proof }), 400, "invalid_dpop_proof");
    });
  }

  test("with another key in the header, or a private one", async () => {
    const other = await makeProofKey();
    const wrong = await client.proof({ header: { jwk: other.jwk } });
    const leaked = { ...client.proofKey.jwk, d: randomBytes(32).toString("base64url") };
    for (const proof of [wrong, await client.proof({ header: { jwk: leaked } })]) {
      await assertTokenError(await client.requestToken({ proof }), 400, "invalid_dpop_proof");
    }
  });

  test("by an algorithm that is not the key's", async () => {
    const es256 = await makeProofKey("ES256");
    const claims = { jti: "x", htm: "POST", htu: `${server.url}/token`, iat: now() };
    const header = { typ: "dpop+jwt", alg: "ES256", jwk: client.proofKey.jwk };
    const proof = await signJwt(header, claims, es256.privateKey);
    await assertTokenError(await client.requestToken({ proof }), 400, "invalid_dpop_proof");
  });

  test("when it is missing, or sent twice", async () => {
    const absent = await client.requestToken({ headers: { dpop: undefined } });
    await assertTokenError(absent, 400, "invalid_dpop_proof");
    const twice = await client.requestToken({
      proof: `${await client.proof()}, ${await client.proof()}`,
    });
    await assertTokenError(twice, 400, "invalid_dpop_proof");
  });

  test("that was used before, and the assertion beside it stays good", async () => {
    const proof = await client.proof();
    assert.equal((await client.requestToken({ proof })).status, 200);
    const assertion = await client.assertion();
    await assertTokenError(
      await client.requestToken({ proof, assertion }),
      400,
      "invalid_dpop_proof",
    );
    assert.equal((await client.requestToken({ assertion })).status, 200);
  });
});

test("of 50 identical requests at once exactly one passes", async () => {
  const [assertion, proof] = [await client.assertion(), await client.proof()];
  const requests = Array.from({ length: 50 }, () => client.requestToken({ assertion, proof }));
  const answers = await Promise.all(requests);
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  assert.equal(answers.filter(({ status }) => status === 400).length, 49);
});

test("of 50 requests at once with one assertion and fresh proofs exactly one passes", async () => {
  const assertion = await client.assertion();
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => client.requestToken({ assertion })),
  );
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  assert.equal(answers.filter(({ status }) => status === 401).length, 49);
});

describe("a form is refused", () => {
  const cases = {
    "with another grant": [{ grant_type: "password" }, 400, "unsupported_grant_type"],
    "without a grant": [{ grant_type: undefined }, 400, "invalid_request"],
    "with another kind of assertion": [{ client_assertion_type: "x" }, 401, "invalid_client"],
    "without an assertion": [{ client_assertion: undefined }, 400, "invalid_request"],
    "with another scope": [{ scope: "everything" }, 400, "invalid_scope"],
    "that is too large": [{ pad: "x".repeat(20_000) }, 400, "invalid_request"],
  };
  for (const [name, [form, status, error]] of Object.entries(cases)) {
    test(name, async () => {
      await assertTokenError(await client.requestToken({ form }), status, error);
    });
  }

  test("from a client that authenticates by the Authorization header, in the scheme of which it is told", async () => {
    const asked = (authorization, form) =>
      client.requestToken({ form, headers: { authorization } });
    const without = { client_assertion: undefined };
    for (const [authorization, challenge] of [
      ["Basic YTpi", 'Basic realm="claimcheck"'],
      ["bearer x", 'Bearer realm="claimcheck"'],
      ["DPoP x", "DPoP"],
    ]) {
      const refused = await asked(authorization, without);
      assert.equal(refused.headers.get("www-authenticate"), challenge);
      await assertTokenError(refused, 401, "invalid_client");
    }
    assert.equal((await asked("Basic YTpi", {})).status, 200);
    const bad = await client.requestToken({ form: { client_assertion: "x" } });
    assert.equal(bad.headers.get("www-authenticate"), null);
    await assertTokenError(bad, 401, "invalid_client");
  });

  test("not for a parameter without a value, which counts as omitted", async () => {
    const empty = { scope: "", client_id: "", resource: "" };
    assert.equal((await client.requestToken({ form: empty })).status, 200);
    const form = { client_assertion: "" };
    await assertTokenError(await client.requestToken({ form }), 400, "invalid_request");
  });

  test("with a parameter twice, or as JSON", async () => {
    const send = async (type, body) =>
      fetch(`${server.url}/token`, {
        method: "POST",
        headers: { "content-type": type, dpop: await client.proof() },
        body,
      });
    const fields = new URLSearchParams({
      grant_type: "client_credentials",
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: await client.assertion(),
    });
    const twice = `${fields}&grant_type=client_credentials`;
    await assertTokenError(
      await send("application/x-www-form-urlencoded", twice),
      400,
      "invalid_request",
    );
    const json = JSON.stringify(Object.fromEntries(fields));
    await assertTokenError(await send("application/json", json), 400, "invalid_request");
    assert.equal((await send("application/x-www-form-urlencoded", `${fields}`)).status, 200);
  });
});

describe("by the server's clock", () => {
  after(() => server.clock.release());

  test("proofs hold for 60 seconds, assertions until exp, and a refusal tells the time", async () => {
    const start = now();
    await server.clock.set(start);
    const [old, fresh] = [await client.proof(), await client.proof()];
    const long = await client.assertion({ claims: { exp: start + 300 } });
    const longer = await client.assertion({ claims: { exp: start + 301 } });
    await assertTokenError(await client.requestToken({ assertion: longer }), 401, "invalid_client");

    await server.clock.set(start + 60);
    assert.equal((await client.requestToken({ proof: fresh })).status, 200);
    await server.clock.set(start + 61);
    const refused = await client.requestToken({ proof: old });
    await assertTokenError(refused, 400, "invalid_dpop_proof");
    assert.equal(Date.parse(refused.headers.get("date")) / 1000, start + 61);
    const exposed = refused.headers.get("access-control-expose-headers").split(", ");
    assert.ok(exposed.includes("date"));

    await server.clock.set(start + 299);
    assert.equal((await client.requestToken({ assertion: long })).status, 200);
    await server.clock.set(start + 300);
    const again = await client.assertion({ claims: { exp: start + 300, iat: start } });
    await assertTokenError(await client.requestToken({ assertion: again }), 401, "invalid_client");
  });

  test("what was used is forgotten only when it is refused anyway", async () => {
    const start = now();
    await server.clock.set(start);
    await server.db.prepare("delete from replay").run();
    const assertion = await client.assertion({ claims: { exp: start + 300 } });
    assert.equal((await client.requestToken({ assertion })).status, 200);
    const rows = async () =>
      (await server.db.prepare("select count(*) as n from replay").first()).n;
    assert.equal(await rows(), 2);

    await server.clock.set(start + 100);
    await server.scheduled();
    assert.equal(await rows(), 1, "the proof's row went, the assertion's stays");
    await assertTokenError(await client.requestToken({ assertion }), 401, "invalid_client");
    await server.clock.set(start + 400);
    await server.scheduled();
    assert.equal(await rows(), 0);
  });
});

test("neither tokens nor names of callers are logged or kept", async () => {
  const [assertion, proof] = [await client.assertion(), await client.proof()];
  const { access_token: token } = await (await client.requestToken({ assertion, proof })).json();
  const logged = JSON.stringify(server.logs());
  const kept = JSON.stringify((await server.db.prepare("select * from replay").all()).results);
  for (const text of [logged, kept]) {
    for (const secret of [token, assertion, proof, client.id]) assert.ok(!text.includes(secret));
    assert.ok(!text.includes(createHash("sha256").update(token).digest("base64url")));
  }
  assert.ok(logged.includes('"route":"/token"'));
});
