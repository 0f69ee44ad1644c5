import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { identity, signStatement, text } from "../interop/protocol.mjs";
import { Client, assertProblem, post } from "./client.mjs";
import { startServer } from "./harness.mjs";

let server;
before(async () => {
  server = await startServer();
});
after(() => server.close());

const REGISTER = () => `${server.url}/api/ailocks-register`;

/** What is stored of an Ailock. */
const row = (id) =>
  server.db
    .prepare("select display_name, created_at, registered_at from ailocks where id = ?")
    .bind(id)
    .first();

test("an Ailock registers, and the same registration again is the same request", async () => {
  const client = await Client.make(server);
  const registration = client.registration({ display_name: "Ada 🗝" });
  for (let i = 0; i < 2; i += 1) {
    const response = await client.register(registration);
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), registration);
  }
  assert.equal((await row(client.id)).display_name, "Ada 🗝");
});

test("20 registrations of one Ailock at once leave one row", async () => {
  const client = await Client.make(server);
  const registration = client.registration();
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => client.register(registration)),
  );
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  const { count } = await server.db
    .prepare("select count(*) as count from ailocks where id = ?")
    .bind(client.id)
    .first();
  assert.equal(count, 1);
});

test("a later profile replaces, another of the same time or an earlier one conflicts", async () => {
  const client = await Client.make(server);
  const created_at = server.clock.now() - 100;
  assert.equal((await client.register(client.registration({ created_at }))).status, 200);
  const { registered_at } = await row(client.id);

  const sameTime = client.registration({ created_at, display_name: "Other" });
  await assertProblem(await client.register(sameTime), 409, "id_conflict");
  const earlier = client.registration({ created_at: created_at - 1 });
  await assertProblem(await client.register(earlier), 409, "id_conflict");
  assert.equal((await row(client.id)).display_name, "Test");

  const later = client.registration({ created_at: created_at + 1, display_name: "Later" });
  assert.equal((await client.register(later)).status, 200);
  assert.deepEqual(await row(client.id), {
    display_name: "Later",
    created_at: created_at + 1,
    registered_at,
  });
});

test("a profile that its key did not sign, or for other keys, is refused", async () => {
  const client = await Client.make(server);
  const stranger = identity(randomBytes(32));
  const good = client.registration();
  const signedBy = (ailock, body) => ({
    body,
    signature: text(signStatement(ailock.signing, "profile", body)),
  });
  const cases = {
    "another's signature": { ...good, profile: signedBy(stranger, good.profile.body) },
    "an altered body": {
      ...good,
      profile: { ...good.profile, body: { ...good.profile.body, display_name: "Eve" } },
    },
    "a signature of another kind": {
      ...good,
      profile: {
        ...good.profile,
        signature: text(signStatement(client.ailock.signing, "offer", good.profile.body)),
      },
    },
    "a substituted sealing key": { ...good, x25519_pk: text(stranger.sealing.publicKey) },
    "a substituted signing key": { ...good, ed25519_pk: text(stranger.signing.publicKey) },
    "another's id": {
      ...good,
      profile: signedBy(client.ailock, { ...good.profile.body, id: stranger.id }),
    },
    "a name that is too long": client.registration({ display_name: "x".repeat(101) }),
    "a control character in the name": client.registration({ display_name: "a\nb" }),
  };
  for (const [name, registration] of Object.entries(cases)) {
    await assertProblem(await post(REGISTER(), registration), 422, "invalid_statement");
    assert.equal(await row(client.id), null, name);
  }
});

test("a profile of the future is refused, for nothing could replace it", async () => {
  const client = await Client.make(server);
  const created_at = server.clock.now() + 3600;
  await assertProblem(
    await client.register(client.registration({ created_at })),
    422,
    "unprocessable",
  );
});

test("keys of low or mixed order are refused", async () => {
  const client = await Client.make(server);
  const good = client.registration();
  const zero = text(Buffer.alloc(32));
  const mixed = "EOt8Os-yvtPg1quJv1o9av3dEXbOSBLjjZ_UhQWP2x8";
  for (const keys of [{ ed25519_pk: zero }, { x25519_pk: zero }, { ed25519_pk: mixed }]) {
    await assertProblem(await post(REGISTER(), { ...good, ...keys }), 400, "invalid_request");
  }
});

test("a body that cannot be read is refused by the member's name", async () => {
  const client = await Client.make(server);
  const good = client.registration();
  const { body, signature } = good.profile;
  const cases = [
    [{}, /missing field `ed25519_pk`/],
    [{ ...good, x25519_pk: 5 }, /x25519_pk/],
    [{ ...good, profile: { body: { ...body, v: 2 }, signature } }, /v: unknown version|profile/],
    [{ ...good, profile: { body: { ...body, extra: 1 }, signature } }, /extra/],
    [{ ...good, profile: { body, signature: `${signature}=` } }, /signature|profile/],
    ["text", /the body/],
  ];
  for (const [json, member] of cases) {
    const problem = await assertProblem(await post(REGISTER(), json), 400, "invalid_request");
    assert.match(problem.detail, member);
  }
});

test("a body of another type, too large, or that is no JSON is refused", async () => {
  const send = (headers, body) => fetch(REGISTER(), { method: "POST", headers, body });
  await assertProblem(
    await send({ "content-type": "text/plain" }, "{}"),
    415,
    "unsupported_media_type",
  );
  await assertProblem(
    await send({ "content-type": "application/json" }, "{"),
    400,
    "invalid_request",
  );
  await assertProblem(
    await send({ "content-type": "application/json" }, Buffer.from([0xff])),
    400,
    "invalid_request",
  );
  const large = JSON.stringify({ pad: "x".repeat(1024 * 1024) });
  await assertProblem(await send({ "content-type": "application/json" }, large), 413, "too_large");
  const parts = new ReadableStream({
    start(controller) {
      for (let i = 0; i < 20; i += 1) controller.enqueue(Buffer.alloc(64 * 1024, 0x20));
      controller.close();
    },
  });
  const streamed = await fetch(REGISTER(), {
    method: "POST",
    headers: { "content-type": "application/json; charset=utf-8" },
    body: parts,
    duplex: "half",
  });
  await assertProblem(streamed, 413, "too_large");
});

test("registered keys can be asked for, with a token", async () => {
  const client = await Client.registered(server);
  const other = await Client.registered(server);
  const response = await client.call(`ailocks?id=${other.id}`);
  assert.equal(response.status, 200);
  assert.equal((await response.json()).profile.body.id, other.id);

  const nobody = identity(randomBytes(32)).id;
  await assertProblem(await client.call(`ailocks?id=${nobody}`), 404, "not_found");
  for (const query of [
    "",
    "?id=",
    "?id=ailock1x",
    `?id=${other.id}&id=${other.id}`,
    `?id=${other.id.toUpperCase()}`,
  ]) {
    await assertProblem(await client.call(`ailocks${query}`), 400, "invalid_request");
  }
  const anonymous = await fetch(`${server.url}/api/ailocks?id=${other.id}`);
  await assertProblem(anonymous, 401, "authentication_required");
});
