// What scanners and moderators find, and what follows for the sales of a release.
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertProblem } from "./client.mjs";
import { openMarket } from "./market.mjs";
import { completeRelease, newId } from "./release.mjs";
import { Sale, ok } from "./sale.mjs";
import { dispute, openDispute } from "./statements.mjs";

const SIZE = 4_194_048 + 100;

const { server, seller, buyer, operator } = await openMarket({ offices: ["operator"] });

const report = (release, found, client = operator) =>
  client.call("content-checks", { json: { release_id: release.id, ...found } });
const show = (release, client = seller) => client.call(`content-checks?release_id=${release.id}`);
const statusOf = async (sale) => (await sale.stored()).transfers[0].status;

test("a result is kept, read by the seller, and the same again changes nothing", async () => {
  const release = await completeRelease(seller, [1]);
  const unchecked = {
    release_id: release.id,
    malware_scan: "pending",
    moderation: "pending",
    checked_at: null,
  };
  assert.deepEqual(await ok(await show(release)), unchecked);
  const clean = await ok(await report(release, { malware_scan: "clean" }));
  assert.equal(clean.malware_scan, "clean");
  assert.equal(clean.moderation, "pending");
  const both = await ok(await report(release, { moderation: "approved" }));
  assert.deepEqual([both.malware_scan, both.moderation], ["clean", "approved"]);
  await ok(await report(release, { malware_scan: "clean", moderation: "approved" }));
  assert.deepEqual(await ok(await show(release)), both);
  const query = server.db.prepare("select reports from content_checks where id = ?");
  const reports = JSON.parse((await query.bind(release.id).first()).reports);
  assert.deepEqual(
    reports.map(({ malware_scan, moderation }) => [malware_scan, moderation]),
    [
      ["clean", null],
      [null, "approved"],
    ],
  );
});

test("only the operator reports; the seller reads, and nobody else finds anything", async () => {
  const release = await completeRelease(seller, [1]);
  await assertProblem(await report(release, { malware_scan: "clean" }, seller), 403, "forbidden");
  await assertProblem(await report(release, { malware_scan: "clean" }, buyer), 404, "not_found");
  await assertProblem(await show(release, buyer), 404, "not_found");
  const unknown = { id: newId("release") };
  await assertProblem(await report(unknown, { malware_scan: "clean" }), 404, "not_found");
  await assertProblem(await show(unknown), 404, "not_found");
  await assertProblem(await report(release, { malware_scan: "fine" }), 400, "invalid_request");
  await assertProblem(await report(release, { verdict: "clean" }), 400, "invalid_request");
  assert.equal((await ok(await show(release))).checked_at, null);
});

test("where the policy wants a check, nobody is invoiced before it is clean", async () => {
  const sale = await Sale.offered(seller, buyer, { policy: { content_check_required: true } });
  await assertProblem(await sale.invoice(), 409, "content_check_pending");
  await ok(await report(sale.release, { malware_scan: "failed" }));
  await assertProblem(await sale.invoice(), 409, "content_check_pending");
  await ok(await report(sale.release, { malware_scan: "clean" }));
  assert.equal((await ok(await sale.invoice())).transfer.status, "delivered");
});

for (const [reason, found] of [
  ["infected", { malware_scan: "infected" }],
  ["rejected", { moderation: "rejected" }],
]) {
  test(`${reason}: offers are called off, access ends at the next chunk, and nothing is offered again`, async () => {
    const release = await completeRelease(seller, [SIZE]);
    const start = async (step) => {
      const sale = new Sale(seller, buyer, release);
      await ok(await sale.makeOffer());
      if (step !== "offered") await ok(await sale.invoice());
      if (step === "running") {
        sale.claimed = await ok(await sale.claim());
        assert.equal((await sale.chunk()).status, 200);
      }
      return sale;
    };
    const offered = await start("offered");
    const delivered = await start("delivered");
    const running = await start("running");
    const other = await Sale.accepted(seller, buyer);
    await ok(await report(release, found));
    for (const sale of [offered, delivered, running]) assert.equal(await statusOf(sale), "revoked");
    const problem = await assertProblem(await running.chunk({ index: 1 }), 409, "wrong_state");
    assert.match(problem.detail, new RegExp(reason));
    await assertProblem(await delivered.claim(), 409, "wrong_state");
    await assertProblem(await offered.invoice(), 409, "wrong_state");
    await assertProblem(await new Sale(seller, buyer, release).makeOffer(), 409, "content_refused");
    assert.equal(await statusOf(other), "delivered", "another release's sale goes on");
    const { audit } = await running.stored();
    assert.deepEqual([audit.at(-1).actor, audit.at(-1).action], ["server", `content_${reason}`]);
  });
}

test("what is found during a dispute takes effect when it ends", async () => {
  const sale = await Sale.claimed(seller, buyer);
  assert.equal((await sale.chunk()).status, 200);
  await ok(await openDispute(sale));
  await ok(await report(sale.release, { moderation: "rejected" }));
  assert.equal(await statusOf(sale), "disputed");
  await ok(await dispute(sale, "withdraw").send());
  assert.equal(await statusOf(sale), "revoked");
  assert.equal((await sale.show()).access_ended, "rejected");
});

test("a release found infected between offer and grant cannot be granted", async () => {
  const release = await completeRelease(seller, [1]);
  const sale = new Sale(seller, buyer, release, {
    offer: { release_id: null, manifest_hash: null },
    sealed: false,
  });
  await ok(await sale.makeOffer());
  await ok(await sale.invoice());
  await ok(await report(release, { malware_scan: "infected" }));
  await assertProblem(await sale.grant({ release_id: release.id }), 409, "content_refused");
});

test("the cron tells what a call left untold, 50 sales at a time", async () => {
  const release = await completeRelease(seller, [1]);
  const sales = [];
  for (let index = 0; index < 53; index += 1) {
    const sale = new Sale(seller, buyer, release, { sealed: false });
    await ok(await sale.makeOffer());
    sales.push(sale);
  }
  await ok(await report(release, { malware_scan: "infected" }));
  const revoked = async () => {
    const sql =
      "select count(*) as count from product_transfers where release_id = ? and status = 'revoked'";
    return (await server.db.prepare(sql).bind(release.id).first()).count;
  };
  assert.equal(await revoked(), 50);
  await server.scheduled();
  assert.equal(await revoked(), 53);
  const { audit } = await sales[0].stored();
  await server.scheduled();
  assert.deepEqual((await sales[0].stored()).audit, audit);
});
