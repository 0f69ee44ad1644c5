// What an operator sees: log lines, metrics, traces and /healthz.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { after, before, describe, test } from "node:test";
import { quantile, summarize } from "../../scripts/metrics/summary.mjs";
import { assertProblem } from "./client.mjs";
import { newId } from "./release.mjs";
import { startShop } from "./paid_sale.mjs";
import { ok } from "./sale.mjs";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const METRICS = fileURLToPath(new URL("../../scripts/metrics.mjs", import.meta.url));

let shop, server;
before(async () => {
  shop = await startShop();
  ({ server } = shop);
});
after(() => shop.close());

const traced = { traceparent: `00-${TRACE}-${SPAN}-01` };
const lineOf = (response) => {
  const id = response.headers.get("x-request-id");
  return server.logs().find((line) => line.request_id === id && line.route !== undefined);
};

describe("a call's line", () => {
  test("names the sale that it is about, to a side of it", async () => {
    const sale = await shop.offered();
    const path = `transfers?transfer_id=${sale.id}`;
    const seen = lineOf(await shop.buyer.call(path));
    assert.equal(seen.transfer_id, sale.id);
    assert.equal(seen.outcome, "ok");
    assert.equal(lineOf(await shop.stranger.call(path)).transfer_id, undefined);
  });

  test("goes on in the caller's trace, with a span of its own", async () => {
    const line = lineOf(await shop.buyer.call("inbox", { headers: traced }));
    assert.equal(line.trace_id, TRACE);
    assert.equal(line.parent_id, SPAN);
    assert.match(line.span_id, /^[0-9a-f]{16}$/);
    assert.notEqual(line.span_id, SPAN);
    const fresh = lineOf(await shop.buyer.call("inbox"));
    assert.equal(fresh.parent_id, undefined);
    assert.notEqual(fresh.trace_id, TRACE);
  });
});

describe("a trace", () => {
  test("goes through a batch, in which each operation is a span, and on to Stripe", async () => {
    const sale = await shop.invoiced();
    const before = shop.stripe.calls.length;
    const requests = [
      { id: "a", op: "confirm_payment", body: { transfer_id: sale.id } },
      { id: "b", op: "get_delivery_ticket", body: { transfer_id: newId("transfer") } },
    ];
    const response = await shop.buyer.call("ailock-batch", { json: { requests }, headers: traced });
    const { results } = await ok(response.clone());
    assert.deepEqual(
      results.map(({ status, trace_id }) => [status, trace_id]),
      [
        [200, TRACE],
        [404, TRACE],
      ],
    );
    const call = lineOf(response);
    const parts = server.logs().filter(({ part, trace_id }) => part && trace_id === TRACE);
    assert.deepEqual(
      parts.map(({ part, outcome, parent_id, transfer_id }) => [
        part,
        outcome,
        parent_id,
        transfer_id,
      ]),
      [
        ["confirm_payment", "ok", call.span_id, sale.id],
        ["get_delivery_ticket", "not_found", call.span_id, undefined],
      ],
    );
    for (const { ms } of parts) assert.ok(ms >= 0 && ms <= call.ms);
    assert.equal(call.transfer_id, undefined, "of several sales none is the call's");
    assert.equal(new Set([call, ...parts].map(({ span_id }) => span_id)).size, 3);
    const sent = shop.stripe.calls.slice(before).map(({ traceparent }) => traceparent);
    assert.ok(sent.length > 0);
    assert.deepEqual(new Set(sent), new Set([`00-${TRACE}-${parts[0].span_id}-01`]));
  });

  test("goes on in the calls that are made after the answer", async () => {
    const sale = await shop.paid();
    const before = shop.stripe.calls.length;
    const json = { transfer_id: sale.id };
    await ok(await shop.seller.call("transfers-refund", { json, headers: traced }));
    await shop.until(() => shop.stripe.calls.length > before);
    assert.match(shop.stripe.calls[before].traceparent, new RegExp(`^00-${TRACE}-`));
  });
});

describe("a run of the cron", () => {
  test("is a trace in which each job is a span, with its time", async () => {
    const before = server.logs().length;
    await server.scheduled();
    const jobs = server
      .logs()
      .slice(before)
      .filter(({ job }) => job !== undefined);
    assert.equal(jobs.at(-1).job, "end");
    assert.ok(jobs.length > 10);
    for (const name of ["request_id", "trace_id", "parent_id"])
      assert.equal(new Set(jobs.map((line) => line[name])).size, 1, name);
    assert.match(jobs[0].request_id, /^req_/);
    assert.match(jobs[0].trace_id, /^[0-9a-f]{32}$/);
    assert.equal(new Set(jobs.map(({ span_id }) => span_id)).size, jobs.length);
    for (const { ms, outcome } of jobs) assert.deepEqual([ms >= 0, outcome], [true, "ok"]);
    assert.equal(summarize(jobs).size, 0, "npm run metrics counts calls");
  });
});

describe("metrics", () => {
  test("count calls, latencies, successes and errors of each route", async () => {
    const start = summarize(server.logs()).get("ailocks-register") ?? { count: 0, successes: 0 };
    const { seller } = shop;
    for (let round = 0; round < 3; round += 1) await ok(await seller.register());
    await assertProblem(await seller.register({}), 400, "invalid_request");
    const { count, successes, refusals, errors, histogram } = summarize(server.logs()).get(
      "ailocks-register",
    );
    assert.equal(count - start.count, 4);
    assert.equal(successes - start.successes, 3);
    assert.equal(refusals.invalid_request, 1);
    assert.deepEqual(errors, {});
    assert.equal(
      [...histogram.values()].reduce((sum, calls) => sum + calls, 0),
      count,
    );
  });

  test("have quantiles, and a fault of the server is an error", () => {
    const line = (le, fault, outcome = "ok") => ({ route: "r", le, fault, outcome });
    const lines = [
      line(5),
      line(5),
      line(50, "caller", "not_found"),
      line(null, "bug", "internal"),
    ];
    const summary = summarize([...lines, { job: "outbox" }, null, 7]).get("r");
    assert.equal(summary.count, 4);
    assert.deepEqual(summary.errors, { internal: 1 });
    assert.deepEqual(summary.refusals, { not_found: 1 });
    assert.deepEqual(
      [0.5, 0.75, 1].map((part) => quantile(summary, part)),
      [5, 50, Infinity],
    );
  });

  test("come from a log by npm run metrics, in either of its forms", () => {
    const line = { route: "inbox", le: 25, outcome: "ok", ms: 12 };
    const wrapped = { outcome: "ok", logs: [{ message: [JSON.stringify(line)], level: "log" }] };
    const input = `Ready\n${JSON.stringify(line)}\n${JSON.stringify(wrapped)}\n{"job":"x"}\n`;
    const { stdout, status } = spawnSync(process.execPath, [METRICS], { input, encoding: "utf8" });
    assert.equal(status, 0);
    assert.match(stdout, /^inbox +2 +100\.0 % +0\.0 % +25 +25 +25$/m);
  });
});

describe("/healthz", () => {
  /** Asks once what was found before is too old to be told again. */
  const ask = async () => {
    await server.clock.advance(10);
    const response = await fetch(`${server.url}/healthz`);
    return { status: response.status, health: await response.json(), line: lineOf(response) };
  };
  after(() => server.clock.release());

  test("says which migrations the database lacks", async () => {
    const row = await server.db.prepare("select * from d1_migrations where id = 2").first();
    await server.db.prepare("delete from d1_migrations where id = 2").run();
    const { status, health, line } = await ask();
    assert.equal(status, 503);
    assert.equal(health.ok, false);
    assert.equal(health.migrations, `missing: ${row.name}`);
    assert.deepEqual(
      [line.level, line.status, line.fault, line.cause],
      ["error", 503, "dependency", `migrations: missing: ${row.name}`],
    );
    assert.ok(summarize([line]).get("/healthz").errors.unavailable === 1);
    await server.db
      .prepare("insert into d1_migrations (id, name, applied_at) values (?, ?, ?)")
      .bind(row.id, row.name, row.applied_at)
      .run();
    assert.equal((await ask()).status, 200);
  });

  test("says when calls to others are not made", async () => {
    const sale = await shop.offered();
    const now = server.clock.now();
    await server.db
      .prepare(
        'insert into outbox (kind, transfer_id, idempotency_key, request, next_attempt_at, created_at) values (\'stripe_expire_session\', ?1, \'stuck\', \'{"path":"/v1/x","form":""}\', ?2, ?2)',
      )
      .bind(sale.id, now - 901)
      .run();
    const { status, health } = await ask();
    assert.equal(status, 503);
    assert.equal(health.outbox, "1 calls overdue");
    await server.db.prepare("delete from outbox where idempotency_key = 'stuck'").run();
    assert.equal((await ask()).status, 200);
  });

  test("is told by the cron which jobs failed", async () => {
    await server.db.exec("alter table replay rename to replay_away");
    await server.scheduled();
    await server.db.exec("alter table replay_away rename to replay");
    const failed = await ask();
    assert.equal(failed.status, 503);
    assert.match(failed.health.cron, /^failed: replay$/);
    await server.scheduled();
    assert.equal((await ask()).status, 200);
  });

  test("is told by the cron when it ran", async () => {
    await server.scheduled();
    const { ended_at } = await server.db.prepare("select ended_at from cron_runs").first();
    assert.ok(Math.abs(ended_at - server.clock.now()) < 60);
  });
});
