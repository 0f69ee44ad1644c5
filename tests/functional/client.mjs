// A caller apart from the npm package: npm `jose` and Node's crypto, and every member of a token or proof can be bent.
import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import { SignJWT, exportJWK } from "jose";
import { identity, signStatement, text } from "../interop/protocol.mjs";

const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** A key pair for proofs: "Ed25519" or "ES256". */
export async function makeProofKey(algorithm = "Ed25519") {
  const pair =
    algorithm === "ES256"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : generateKeyPairSync("ed25519");
  return { alg: algorithm, privateKey: pair.privateKey, jwk: await exportJWK(pair.publicKey) };
}

/** Members given as undefined are left out, so that a test can take one away. */
const without = (object) =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

export function signJwt(header, claims, privateKey) {
  return new SignJWT(without(claims)).setProtectedHeader(without(header)).sign(privateKey);
}

/** An Ailock that calls one server. */
export class Client {
  #token = null;

  constructor(server, ailock, proofKey) {
    this.server = server;
    this.ailock = ailock;
    this.proofKey = proofKey;
  }

  /** A fresh Ailock, not registered yet. */
  static async make(server, { proofAlgorithm = "Ed25519" } = {}) {
    return new Client(server, identity(randomBytes(32)), await makeProofKey(proofAlgorithm));
  }

  /** A fresh Ailock that is registered and has a token. */
  static async registered(server, options) {
    const client = await Client.make(server, options);
    assert.equal((await client.register()).status, 200);
    await client.token();
    return client;
  }

  get id() {
    return this.ailock.id;
  }

  /** The body of ailocks-register. */
  registration(changes = {}) {
    const { id, signing, sealing } = this.ailock;
    const body = {
      v: 1,
      id,
      display_name: "Test",
      created_at: this.server.clock.now(),
      ...changes,
    };
    return {
      ed25519_pk: text(signing.publicKey),
      x25519_pk: text(sealing.publicKey),
      profile: { body, signature: text(signStatement(signing, "profile", body)) },
    };
  }

  register(registration = this.registration()) {
    return post(`${this.server.url}/api/ailocks-register`, registration);
  }

  /** An assertion; `claims` and `header` override members, and `undefined` takes one away. */
  assertion({ claims = {}, header = {}, key = this.ailock.signing.key } = {}) {
    const now = this.server.clock.now();
    const times = { iat: now, exp: now + 60 };
    const names = { iss: this.id, sub: this.id, aud: this.server.url };
    return signJwt(
      { alg: "Ed25519", ...header },
      { ...names, ...times, jti: randomUUID(), ...claims },
      key,
    );
  }

  /** A proof for a call; `claims`, `header` and `key` override. */
  proof({
    method = "POST",
    url = `${this.server.url}/token`,
    token,
    claims = {},
    header = {},
    key = this.proofKey,
  } = {}) {
    const ath = token && createHash("sha256").update(token).digest("base64url");
    const htu = url.replace(/[?#].*$/, "");
    return signJwt(
      { typ: "dpop+jwt", alg: key.alg, jwk: key.jwk, ...header },
      { jti: randomUUID(), htm: method, htu, iat: this.server.clock.now(), ath, ...claims },
      key.privateKey,
    );
  }

  /** POST /token. Whatever is not given is made as it should be. */
  async requestToken({ assertion, proof, form = {}, headers = {} } = {}) {
    const fields = {
      grant_type: "client_credentials",
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: assertion ?? (await this.assertion()),
      ...form,
    };
    return fetch(`${this.server.url}/token`, {
      method: "POST",
      headers: without({ dpop: proof ?? (await this.proof()), ...headers }),
      body: new URLSearchParams(without(fields)),
    });
  }

  /** A token, kept until it is about to end. */
  async token() {
    const now = this.server.clock.now();
    if (this.#token === null || this.#token.exp <= now + 5) {
      const response = await this.requestToken();
      assert.equal(response.status, 200, await response.clone().text());
      const { access_token: value, expires_in: life } = await response.json();
      this.#token = { value, exp: now + life };
    }
    return this.#token.value;
  }

  /**
   * Calls a route with token and proof.
   *
   * @param {string} name under /api/, or a path that begins with a slash; with its query
   * @param {object} [options]
   * @param {string} [options.method] GET without a body, POST with one
   * @param {unknown} [options.json] a body to be written as JSON
   * @param {BodyInit} [options.body] a body as it is
   * @param {Record<string, string>} [options.headers] undefined takes one away
   * @param {string} [options.token] another token, or a claim ticket
   * @param {object} [options.proofOptions] as of `proof`
   */
  async call(name, { json, body, method, headers = {}, token, proofOptions = {} } = {}) {
    const url = `${this.server.url}${name.startsWith("/") ? "" : "/api/"}${name}`;
    const verb = method ?? (json === undefined && body === undefined ? "GET" : "POST");
    const presented = token ?? (await this.token());
    const proof = await this.proof({ method: verb, url, token: presented, ...proofOptions });
    return fetch(url, {
      method: verb,
      headers: without({
        authorization: `DPoP ${presented}`,
        dpop: proof,
        "content-type": json === undefined ? undefined : "application/json",
        ...headers,
      }),
      body: json === undefined ? body : JSON.stringify(json),
      ...(body instanceof ReadableStream ? { duplex: "half" } : {}),
    });
  }
}

export function post(url, json, headers = {}) {
  return fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(json),
  });
}

/** Checks a problem document whole, and gives it. */
export async function assertProblem(response, status, code) {
  const body = await response.text();
  assert.equal(response.status, status, body);
  assert.equal(response.headers.get("content-type"), "application/problem+json", body);
  const problem = JSON.parse(body);
  assert.equal(problem.code, code, body);
  assert.equal(problem.status, status);
  assert.equal(problem.type, "about:blank");
  assert.ok(problem.title.length > 0);
  assert.equal(problem.request_id, response.headers.get("x-request-id"));
  return problem;
}

/** Checks an OAuth error, and gives it. */
export async function assertTokenError(response, status, error) {
  const body = await response.text();
  assert.equal(response.status, status, body);
  assert.equal(JSON.parse(body).error, error, body);
  return JSON.parse(body);
}
