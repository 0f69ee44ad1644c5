// Every route × another tenant's ids: the same 404 as for ids that nobody has. A route that is not in the table here
// turns the test red, and so does one that tells an id that exists from one that does not.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { text } from "../interop/protocol.mjs";
import { completeAttachment } from "./attachment.mjs";
import { Client } from "./client.mjs";
import { startServer } from "./harness.mjs";
import { Listing } from "./listing_sale.mjs";
import { Release, newId, openRelease } from "./release.mjs";
import { routes } from "./route_table.mjs";
import { Sale, ok } from "./sale.mjs";
import { dispute, revoke, verdict } from "./statements.mjs";

/** Routes that take nobody's id, with the reason. */
const WITHOUT_IDS = {
  "GET ailocks": "keys are public",
  "POST ailocks-delete": "takes the caller's own id only, and compares it",
  "POST products-create": "makes an id; a taken one is id_conflict",
  "GET payments-account": "of the caller",
  "POST payments-onboard": "of the caller",
  "GET payments-findings": "of the operator",
  "GET inbox": "of the caller",
  "POST inbox-read": "marks messages of the caller up to a cursor",
  "GET webhooks": "of the caller",
  "POST webhooks": "makes an id; a taken one is id_conflict",
  "POST listings": "an id in the body is the caller's to make",
  "GET listings": "of the caller",
  "POST listings-buy": "listings are public; what it asks for is the link's secret",
};

const json = (body) => ({ json: body });
const query = (members) => new URLSearchParams(members).toString();
const seal = () => text(randomBytes(80));

/** How a stranger calls each route about `it`, which is the victim's or nobody's: [name with query, options]. */
const CALLS = {
  "GET products": (it) => [`products?${query({ product_id: it.product })}`],
  "PATCH products": (it) => [
    "products",
    { ...json({ product_id: it.product, title: "Mine now" }), method: "PATCH" },
  ],
  "GET /api/products/:id/files": (it) => [`/api/products/${it.product}/files`],
  "POST products-upload-init": (it, stranger) => [
    "products-upload-init",
    json(new Release(stranger, it.product, [1]).init),
  ],
  "PUT products-upload-chunk": (it) => putChunk(it, "PUT"),
  "POST products-upload-chunk": (it) => putChunk(it, "POST"),
  "POST uploads": (it) => [
    `uploads?upload_id=${it.upload}`,
    { method: "POST", body: randomBytes(33) },
  ],
  "POST releases-delete": (it) => ["releases-delete", json({ release_id: it.release })],
  "POST products-delete": (it) => ["products-delete", json({ product_id: it.product })],
  "POST products-upload-complete": (it, stranger) => {
    const release = new Release(stranger, it.product, [1]);
    release.uploadId = it.upload;
    return ["products-upload-complete", json(release.completion())];
  },
  "GET products-upload-status": (it) => [`products-upload-status?upload_id=${it.upload}`],
  "POST products-upload-abort": (it) => ["products-upload-abort", json({ upload_id: it.upload })],
  "GET content-checks": (it) => [`content-checks?release_id=${it.release}`],
  "POST content-checks": (it) => [
    "content-checks",
    json({ release_id: it.release, malware_scan: "clean" }),
  ],
  "POST products-offer": (it, stranger) => {
    const release = {
      id: it.release,
      productId: it.product,
      completed: { manifest_hash: it.hash },
    };
    return [
      "products-offer",
      json(new Sale(stranger, stranger, release, { offer: { buyer: it.buyer } }).request()),
    ];
  },
  "POST products-invoice": (it) => ["products-invoice", json({ transfer_id: it.transfer })],
  "POST products-grant": (it) => [
    "products-grant",
    json({
      transfer_id: it.transfer,
      envelope: { sealed: seal(), signature: text(randomBytes(64)) },
    }),
  ],
  "GET transfers": (it) => [`transfers?transfer_id=${it.transfer}`],
  "POST transfers-cancel": (it) => ["transfers-cancel", json({ transfer_id: it.transfer })],
  "GET transfers-packet": (it) => [`transfers-packet?transfer_id=${it.transfer}`],
  "GET transfers-audit": (it) => [`transfers-audit?transfer_id=${it.transfer}`],
  "POST products-revoke": (it, stranger) => [
    "products-revoke",
    json(revoke(saleOf(it, stranger), { client: stranger }).json),
  ],
  "GET products-dispute": (it) => [`products-dispute?transfer_id=${it.transfer}`],
  "POST products-dispute": (it, stranger) => [
    "products-dispute",
    json(dispute(saleOf(it, stranger), "open", { signer: stranger, dispute_id: it.dispute }).json),
  ],
  "POST disputes-verdict": (it, stranger) => [
    "disputes-verdict",
    json(verdict({ ...saleOf(it, stranger), disputeId: it.dispute }, stranger, "for_buyer").json),
  ],
  "GET disputes-chunk": (it) => [
    `disputes-chunk?${query({ transfer_id: it.transfer, file: it.file, index: 0 })}`,
  ],
  "GET products-requirements": (it) => [`products-requirements?transfer_id=${it.transfer}`],
  "POST transfers-requirements-submit": (it) => [
    "transfers-requirements-submit",
    json({ transfer_id: it.transfer, inputs: [] }),
  ],
  "POST transfers-requirements-reject": (it) => [
    "transfers-requirements-reject",
    json({ transfer_id: it.transfer, input_id: "a", reason: "no" }),
  ],
  "POST transfers-refund": (it) => ["transfers-refund", json({ transfer_id: it.transfer })],
  "GET products-claim": (it) => [`products-claim?transfer_id=${it.transfer}`],
  "POST products-claim": (it) => ["products-claim", json({ transfer_id: it.transfer })],
  "POST claims-cancel": (it) => ["claims-cancel", json({ claim_id: it.claim })],
  "POST products-ack": (it, stranger) => {
    const sale = saleOf(it, stranger);
    return ["products-ack", json({ receipt: sale.signedReceipt(sale.receipt(), stranger.ailock) })];
  },
  "GET download-links": (it) => [`download-links?link_id=${it.link}`],
  "POST download-links": (it) => [
    "download-links",
    json(linkRequest({ link_id: newId("link"), release_id: it.release })),
  ],
  "POST download-links-revoke": (it) => ["download-links-revoke", json({ link_id: it.link })],
  "GET download-links-log": (it) => [`download-links-log?link_id=${it.link}`],
  "POST listings-close": (it) => ["listings-close", json({ listing_id: it.listing })],
  "POST webhooks-revoke": (it) => ["webhooks-revoke", json({ webhook_id: it.webhook })],
  "POST attachments-upload-init": (it, stranger) => [
    "attachments-upload-init",
    json({
      transfer_id: it.transfer,
      input_id: "a",
      attachment_id: newId("attachment"),
      file: new Release(stranger, it.product, [1]).init.files[0],
    }),
  ],
  "PUT attachments-upload-chunk": (it) => putChunk(it, "PUT", "attachments"),
  "POST attachments-upload-chunk": (it) => putChunk(it, "POST", "attachments"),
  "POST attachments-upload-complete": (it, stranger) => {
    const release = new Release(stranger, it.product, [1]);
    const { manifest } = release.completion();
    return ["attachments-upload-complete", json({ upload_id: it.upload, manifest })];
  },
  "GET attachments": (it) => [`attachments?attachment_id=${it.attachment}`],
  "GET attachments-download-chunk": (it) => [
    `attachments-download-chunk?${query({ attachment_id: it.attachment, index: 0 })}`,
  ],
};

const linkRequest = (members) => ({
  token_hash: text(randomBytes(32)),
  auth_hash: text(randomBytes(32)),
  wrapped_key: text(randomBytes(60)),
  has_password: false,
  ...members,
});

function putChunk(it, method, of = "products") {
  const path = `${of}-upload-chunk?${query({ upload_id: it.upload, file: it.file, index: 0 })}`;
  const headers = { "repr-digest": `sha-256=:${randomBytes(32).toString("base64")}:` };
  return [path, { method, body: randomBytes(33), headers }];
}

/** A sale as a stranger who knows its ids would put its statements together. */
function saleOf(it, stranger) {
  const release = { id: it.release, productId: it.product, completed: { manifest_hash: it.hash } };
  const sale = new Sale(stranger, stranger, release, { sealed: false });
  sale.id = it.transfer;
  sale.release = {
    files: [],
    completed: release.completed,
    manifest: () => ({ commitment: it.hash }),
  };
  sale.claimed = { claim_id: it.claim, nonce: text(randomBytes(32)) };
  return sale;
}

let server, stranger, victims, nobodys;
before(async () => {
  server = await startServer();
  const [seller, buyer, other] = await Promise.all(
    Array.from({ length: 3 }, () => Client.registered(server)),
  );
  stranger = other;
  const sale = await Sale.claimed(seller, buyer);
  const upload = await openRelease(seller, [1]);
  const input = { id: "a", label: "A", type: "file", timing: "pre_payment", required: true };
  const asking = await Sale.offered(seller, buyer, { offer: { required_inputs: [input] } });
  const attachment = await completeAttachment(asking, "a");
  const release_id = sale.release.id;
  const listing = await Listing.open(seller);
  const link = linkRequest({ link_id: newId("link"), release_id });
  await ok(await seller.call("download-links", { json: link }));
  victims = {
    product: sale.release.productId,
    release: release_id,
    hash: sale.release.completed.manifest_hash,
    file: upload.files[0].declared.file_id,
    upload: upload.uploadId,
    transfer: sale.id,
    claim: sale.claimed.claim_id,
    link: link.link_id,
    listing: listing.id,
    dispute: newId("dispute"),
    webhook: newId("webhook"),
    attachment: attachment.attachmentId,
    buyer: buyer.id,
  };
  const kinds = [
    ...["product", "release", "file", "upload", "transfer", "claim", "link", "listing"],
    "attachment",
  ];
  nobodys = {
    ...victims,
    ...Object.fromEntries(kinds.map((kind) => [kind, newId(kind)])),
    hash: text(randomBytes(32)),
  };
});
after(() => server.close());

/** An answer without what is each call's own. */
async function outcome(response) {
  const body = await response.text();
  try {
    const { request_id, ...rest } = JSON.parse(body);
    return { status: response.status, body: rest };
  } catch {
    return { status: response.status, body };
  }
}

/** What a pair of calls gives away; empty where it gives nothing away. */
function leak(known, unknown) {
  if (known.status !== 404) return `it answers ${known.status}: ${JSON.stringify(known.body)}`;
  if (JSON.stringify(known) === JSON.stringify(unknown)) return "";
  return `${JSON.stringify(known)} for what exists, ${JSON.stringify(unknown)} for what does not`;
}

describe("a stranger with another tenant's ids", () => {
  for (const { name, method, access } of routes()) {
    const key = `${method} ${name}`;
    if (access !== "token" || key in WITHOUT_IDS || key === "POST ailock-batch") continue;
    test(`learns nothing from ${key}`, async () => {
      const call = CALLS[key];
      assert.ok(call, `${key} is a new route: say in this test how a stranger would call it`);
      const answers = [];
      for (const it of [victims, nobodys]) {
        const [path, options] = call(it, stranger);
        answers.push(await outcome(await stranger.call(path, options)));
      }
      assert.equal(leak(...answers), "");
    });
  }

  test("learns nothing from a batch either", async () => {
    const run = async (it) => {
      const requests = [
        { id: "a", op: "confirm_payment", body: { transfer_id: it.transfer } },
        { id: "b", op: "get_delivery_ticket", body: { transfer_id: it.transfer } },
        { id: "c", op: "revoke_access", body: CALLS["POST products-revoke"](it, stranger)[1].json },
        { id: "d", op: "ack_delivery", body: CALLS["POST products-ack"](it, stranger)[1].json },
      ];
      const { results } = await ok(await stranger.call("ailock-batch", { json: { requests } }));
      return results.map(({ status, problem }) => [status, problem?.code]);
    };
    const known = await run(victims);
    assert.deepEqual(known, Array(4).fill([404, "not_found"]));
    assert.deepEqual(await run(nobodys), known);
  });

  test("gets no further with a token where a ticket is asked for, nor with a ticket of another claim", async () => {
    const tickets = routes().filter(({ access }) => access === "ticket");
    assert.ok(tickets.length >= 2);
    for (const { name, method } of tickets) {
      const members = { claim_id: victims.claim };
      const path = method === "GET" ? `${name}?${query({ ...members })}` : name;
      const options = method === "GET" ? { method } : json(members);
      const { status, body } = await outcome(await stranger.call(path, options));
      assert.deepEqual([status, body.code], [401, "invalid_ticket"], name);
    }
  });
});

test("a route that is left unguarded is found", async () => {
  const planted = routes(
    'static ROUTES: &[Route] = &[\n    api("planted", GET_POST, token!(planted::show)),\n];',
  );
  assert.deepEqual(
    planted.map(({ name, method }) => `${method} ${name}`),
    ["GET planted", "POST planted"],
  );
  assert.ok(planted.every(({ name, method }) => !(`${method} ${name}` in CALLS)));
  const missing = { status: 404, body: { code: "not_found" } };
  const guarded = () => missing;
  const open = (id) => (id === "victim's" ? { status: 200, body: { title: "x" } } : missing);
  const telling = (id) =>
    id === "victim's" ? { status: 404, body: { code: "not_found", detail: "not yours" } } : missing;
  const found = [guarded, open, telling].map((route) => leak(route("victim's"), route("nobody's")));
  assert.equal(found[0], "");
  assert.match(found[1], /^it answers 200/);
  assert.match(found[2], /not yours/);
});
