import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as dpop from "dpop";
import * as oauth from "oauth4webapi";
import { Client, assertProblem, makeProofKey, signJwt } from "./client.mjs";
import { startServer } from "./harness.mjs";

let server;
let client;
let path;
before(async () => {
  server = await startServer();
  client = await Client.registered(server);
  path = `ailocks?id=${client.id}`;
});
after(() => server.close());

const now = () => server.clock.now();
const allowHttp = { [oauth.allowInsecureRequests]: true };

/** The challenge of a 401. */
function challenge(response) {
  const value = response.headers.get("www-authenticate");
  assert.match(value, /^DPoP /);
  assert.match(value, /algs="Ed25519 EdDSA ES256"$/);
  return /error="([^"]+)"/.exec(value)?.[1];
}

describe("with other implementations", () => {
  for (const algorithm of ["Ed25519", "ES256"]) {
    test(`oauth4webapi gets a token and calls an endpoint, with proofs by ${algorithm}`, async () => {
      const issuer = new URL(server.url);
      const discovered = await oauth.discoveryRequest(issuer, {
        algorithm: "oauth2",
        ...allowHttp,
      });
      const metadata = await oauth.processDiscoveryResponse(issuer, discovered);
      assert.equal(metadata.token_endpoint, `${server.url}/token`);
      assert.deepEqual(metadata.token_endpoint_auth_methods_supported, ["private_key_jwt"]);

      const signing = await crypto.subtle.importKey(
        "jwk",
        client.ailock.signing.key.export({ format: "jwk" }),
        "Ed25519",
        false,
        ["sign"],
      );
      const oauthClient = { client_id: client.id };
      const handle = oauth.DPoP(oauthClient, await oauth.generateKeyPair(algorithm));
      const response = await oauth.clientCredentialsGrantRequest(
        metadata,
        oauthClient,
        oauth.PrivateKeyJwt(signing),
        new URLSearchParams({ scope: "claimcheck" }),
        { DPoP: handle, ...allowHttp },
      );
      const token = await oauth.processClientCredentialsResponse(metadata, oauthClient, response);
      assert.equal(token.token_type, "dpop");
      assert.equal(token.expires_in, 300);

      const url = new URL(`/api/${path}`, server.url);
      const answer = await oauth.protectedResourceRequest(
        token.access_token,
        "GET",
        url,
        new Headers(),
        null,
        { DPoP: handle, ...allowHttp },
      );
      assert.equal((await answer.json()).profile.body.id, client.id);
    });

    test(`dpop makes proofs that hold, by ${algorithm}`, async () => {
      const keys = await dpop.generateKeyPair(algorithm);
      const proof = await dpop.generateProof(keys, `${server.url}/token`, "POST");
      const { access_token: token } = await (await client.requestToken({ proof })).json();
      const url = `${server.url}/api/ailocks`;
      const headers = {
        authorization: `DPoP ${token}`,
        dpop: await dpop.generateProof(keys, url, "GET", undefined, token),
      };
      assert.equal((await fetch(`${server.url}/api/${path}`, { headers })).status, 200);
    });
  }
});

describe("a call is refused", () => {
  test("without credentials, or with another scheme", async () => {
    for (const authorization of [undefined, "Basic eDp5", "", "DPoP", "DPoPx y"]) {
      const response = await client.call(path, { headers: { authorization } });
      await assertProblem(response, 401, "authentication_required");
      assert.equal(challenge(response), undefined);
    }
  });

  test("with the bound token as Bearer", async () => {
    const authorization = `Bearer ${await client.token()}`;
    for (const headers of [{ authorization }, { authorization, dpop: undefined }]) {
      const response = await client.call(path, { headers });
      await assertProblem(response, 401, "invalid_token");
      assert.equal(challenge(response), "invalid_token");
    }
  });

  test("without a proof, or with two", async () => {
    const url = `${server.url}/api/ailocks`;
    const token = await client.token();
    const two = `${await client.proof({ method: "GET", url, token })}, ${await client.proof({ method: "GET", url, token })}`;
    for (const proof of [undefined, two]) {
      const response = await client.call(path, { headers: { dpop: proof } });
      await assertProblem(response, 401, "invalid_dpop_proof");
      assert.equal(challenge(response), "invalid_dpop_proof");
    }
  });

  const proofs = {
    "for another method": { claims: { htm: "POST" } },
    "for another path": { claims: { htu: "/api/inbox" } },
    "without the token's hash": { claims: { ath: undefined } },
    "with another token's hash": { claims: { ath: "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo" } },
    "that is old": { claims: { iat: -70 } },
    "from the future": { claims: { iat: 70 } },
    "without jti": { claims: { jti: undefined } },
    "with a long jti": { claims: { jti: "x".repeat(129) } },
    "of another type": { header: { typ: "JWT" } },
  };
  for (const [name, options] of Object.entries(proofs)) {
    test(`with a proof ${name}`, async () => {
      const claims = { ...options.claims };
      if (typeof claims.iat === "number") claims.iat += now();
      if (claims.htu) claims.htu = `${server.url}${claims.htu}`;
      const response = await client.call(path, { proofOptions: { ...options, claims } });
      const problem = await assertProblem(response, 401, "invalid_dpop_proof");
      assert.ok(problem.detail.length > 0);
      assert.equal(challenge(response), "invalid_dpop_proof");
    });
  }

  test("with a proof by another key than the token's", async () => {
    const response = await client.call(path, { proofOptions: { key: await makeProofKey() } });
    await assertProblem(response, 401, "invalid_token");
  });

  test("with a token that the server did not make, or made for something else", async () => {
    const token = await client.token();
    const [header, claims, signature] = token.split(".");
    const altered = JSON.parse(Buffer.from(claims, "base64url"));
    altered.exp += 1;
    const own = JSON.parse(Buffer.from(header, "base64url"));
    const forged = await signJwt(own, altered, client.ailock.signing.key);
    const tokens = {
      altered: [header, Buffer.from(JSON.stringify(altered)).toString("base64url"), signature].join(
        ".",
      ),
      forged,
      "an assertion": await client.assertion(),
      "a proof": await client.proof(),
      text: "x",
    };
    for (const [name, bad] of Object.entries(tokens)) {
      const response = await client.call(path, { token: bad });
      assert.equal(
        (await assertProblem(response, 401, "invalid_token")).code,
        "invalid_token",
        name,
      );
      assert.equal(challenge(response), "invalid_token");
    }
  });

  test("with a token of another server", async () => {
    const other = await startServer();
    try {
      const there = new Client(other, client.ailock, client.proofKey);
      assert.equal((await there.register()).status, 200);
      await assertProblem(
        await client.call(path, { token: await there.token() }),
        401,
        "invalid_token",
      );
    } finally {
      await other.close();
    }
  });
});

test("a proof fits the address with and without query, and in other spellings", async () => {
  const token = await client.token();
  for (const htu of [
    `${server.url}/api/ailocks?x=1#y`,
    `${server.url.replace("http:", "HTTP:")}/api/%61ilocks`,
  ]) {
    const response = await client.call(path, { token, proofOptions: { claims: { htu } } });
    assert.equal(response.status, 200, await response.text());
  }
});

test("a proof of a reading call may come again, and each name of a route needs its own", async () => {
  const token = await client.token();
  const url = `${server.url}/api/ailocks`;
  const headers = {
    authorization: `dpop ${token}`,
    dpop: await client.proof({ method: "GET", url, token }),
  };
  for (let i = 0; i < 2; i += 1) {
    assert.equal((await fetch(`${url}?id=${client.id}`, { headers })).status, 200);
  }
  const alias = `${server.url}/.netlify/functions/ailocks?id=${client.id}`;
  await assertProblem(await fetch(alias, { headers }), 401, "invalid_dpop_proof");
  assert.equal((await client.call(`/.netlify/functions/${path}`)).status, 200);
});

test("of 30 changing calls at once with one proof exactly one passes", async () => {
  const url = `${server.url}/api/inbox-read`;
  const token = await client.token();
  const headers = {
    authorization: `DPoP ${token}`,
    dpop: await client.proof({ url, token }),
    "content-type": "application/json",
  };
  const body = JSON.stringify({ message_ids: [] });
  const calls = Array.from({ length: 30 }, () => fetch(url, { method: "POST", headers, body }));
  const answers = await Promise.all(calls);
  const [passed, refused] = [200, 401].map((code) =>
    answers.filter(({ status }) => status === code),
  );
  assert.deepEqual([passed.length, refused.length], [1, 29]);
  for (const response of refused) {
    await assertProblem(response, 401, "dpop_proof_replayed");
    assert.equal(challenge(response), "invalid_dpop_proof");
  }
});

describe("by the server's clock", () => {
  after(() => server.clock.release());

  test("a token lives 300 seconds, and the refusal tells the time", async () => {
    const start = now();
    await server.clock.set(start);
    const { access_token: token } = await (await client.requestToken()).json();
    await server.clock.set(start + 299);
    assert.equal((await client.call(path, { token })).status, 200);
    await server.clock.set(start + 300);
    const response = await client.call(path, { token });
    await assertProblem(response, 401, "invalid_token");
    assert.equal(Date.parse(response.headers.get("date")) / 1000, start + 300);
  });
});
