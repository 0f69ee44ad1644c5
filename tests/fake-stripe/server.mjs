// A small Stripe for this machine: the API, a Checkout page, a dashboard, webhooks, and controls for tests.
import { createServer } from "node:http";
import { onboard, restrict } from "./accounts.mjs";
import { answer } from "./api.mjs";
import { Books } from "./books.mjs";
import { servePage } from "./pages.mjs";
import { closeDispute, failRefund, openDispute, refundCharge, reviewDispute } from "./refunds.mjs";
import {
  decline,
  expireDue,
  expireSession,
  payLater,
  paySession,
  settleSession,
} from "./sessions.mjs";
import { Webhooks } from "./webhooks.mjs";

/**
 * What every part works on.
 *
 * @typedef {object} World
 * @property {Books} books
 * @property {Webhooks} webhooks
 * @property {string} url without a slash at its end
 * @property {string} secretKey
 * @property {() => number} now Unix seconds
 * @property {{ id: string, idempotency_key: string | null } | undefined} request the call that is being answered
 * @property {(type: string, object: object, more?: object) => any} emit
 */

const MAX_BODY_BYTES = 1 << 20;
/** Where a claimcheck server takes webhooks. */
const WEBHOOK_PATH = "/api/payments-stripe-webhook";

/**
 * @param {object} [options]
 * @param {number} [options.port] 0 takes a free one
 * @param {string} [options.webhookUrl] may be set later, at `webhookUrl`
 * @param {string} [options.webhookSecret]
 * @param {string} [options.secretKey]
 * @param {boolean} [options.autoDeliver] delivers every event by itself, with retries; tests call `deliver`
 * @param {string} [options.stateFile] where everything is kept over a restart
 * @param {() => number} [options.now] Unix seconds
 */
export async function startFakeStripe({
  port = 0,
  webhookUrl,
  webhookSecret = "whsec_fake",
  secretKey = "sk_test_fake",
  autoDeliver = false,
  stateFile,
  now = () => Math.floor(Date.now() / 1000),
} = {}) {
  const books = new Books(stateFile);
  const clock = { now };
  const webhooks = new Webhooks(books, {
    url: webhookUrl,
    secret: webhookSecret,
    isAuto: autoDeliver,
    now: () => clock.now(),
  });
  /** @type {World} */
  const world = {
    books,
    webhooks,
    url: "",
    secretKey,
    request: undefined,
    now: () => clock.now(),
    emit: (type, object, more) => webhooks.emit(type, object, { ...more, request: world.request }),
  };
  const fake = new FakeStripe(world, clock);
  await fake.listen(port);
  return fake;
}

/** @typedef {{ kind: number | "timeout" | "lost-answer", match: string }} Failure */

export class FakeStripe {
  /** Every API call, oldest first. @type {{ method: string, path: string, params: Record<string, string>, idempotencyKey: string | undefined, traceparent: string | undefined, status: number | undefined }[]} */
  calls = [];
  /** @type {Failure[]} */
  #failures = [];
  #world;
  #clock;
  #server;

  /** @param {World} world */
  constructor(world, clock) {
    this.#world = world;
    this.#clock = clock;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error) => {
        console.error(error);
        if (!response.headersSent) response.writeHead(500);
        response.end();
      });
    });
  }

  /** @param {number} port */
  async listen(port) {
    await new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", () => resolve(undefined));
    });
    this.#world.url = `http://localhost:${this.#server.address().port}`;
  }

  /** The origin: STRIPE_API_BASE. */
  get url() {
    return this.#world.url;
  }
  get secretKey() {
    return this.#world.secretKey;
  }
  get webhookSecret() {
    return this.#world.webhooks.secret;
  }
  set webhookSecret(secret) {
    this.#world.webhooks.secret = secret;
  }
  get webhookUrl() {
    return this.#world.webhooks.url;
  }
  set webhookUrl(url) {
    this.#world.webhooks.url = url;
  }

  /** The variables of a Worker that takes this for Stripe. */
  get workerVars() {
    return {
      STRIPE_API_BASE: this.url,
      STRIPE_SECRET_KEY: this.secretKey,
      STRIPE_WEBHOOK_SECRET: this.webhookSecret,
    };
  }

  /** Sends the events to a claimcheck server. @param {string} serverUrl its origin */
  tellTo(serverUrl) {
    this.webhookUrl = `${serverUrl}${WEBHOOK_PATH}`;
  }

  /** Follows another clock, such as a stopped one of a test. @param {() => number} now Unix seconds */
  useClock(now) {
    this.#clock.now = now;
  }

  // What a buyer does. Each returns the event that a seller's server acts upon.

  /** @param {string} id of an open session */
  pay(id) {
    return this.#changed(() => paySession(this.#world, this.session(id)));
  }
  /** @param {string} id of an open session */
  payLater(id) {
    return this.#changed(() => payLater(this.#world, this.session(id)));
  }
  /** The payment of a session that was paid later arrives. @param {string} id */
  settle(id) {
    return this.#changed(() => settleSession(this.#world, this.session(id), true));
  }
  /** It does not, or, of an open session, the card is declined (no event of the session). @param {string} id */
  fail(id) {
    const session = this.session(id);
    return this.#changed(() =>
      session.status === "open"
        ? decline(this.#world, session)
        : settleSession(this.#world, session, false),
    );
  }
  /** @param {string} id of an open session */
  expire(id) {
    return this.#changed(() => expireSession(this.#world, this.session(id)));
  }
  /** Expires the sessions whose time is over, as any call of the API does. */
  expireDue() {
    return this.#changed(() => expireDue(this.#world));
  }

  // What is done in Stripe's dashboard, or by a bank.

  /**
   * @param {string} payment id of a payment intent
   * @param {number} [amount] all that is left, unless given
   * @returns {{ refund: any, event: any }} the event is charge.refunded
   */
  refund(payment, amount) {
    return this.#changed(() => refundCharge(this.#world, this.#chargeOf(payment), { amount }));
  }
  /** @param {string} id of a refund */
  failRefund(id) {
    return this.#changed(() => failRefund(this.#world, this.#world.books.load("refunds", id)));
  }
  /** @param {string} payment id of a payment intent @returns {{ dispute: any, event: any }} */
  dispute(payment, options = {}) {
    return this.#changed(() => openDispute(this.#world, this.#chargeOf(payment), options));
  }
  /** @param {string} id of a dispute */
  reviewDispute(id) {
    return this.#changed(() => reviewDispute(this.#world, this.#world.books.load("disputes", id)));
  }
  /** @param {string} id of a dispute @param {"won" | "lost"} outcome */
  closeDispute(id, outcome) {
    const dispute = this.#world.books.load("disputes", id);
    return this.#changed(() => closeDispute(this.#world, dispute, outcome));
  }
  /** @param {string} id of a connected account */
  onboard(id) {
    return this.#changed(() => onboard(this.#world, this.#world.books.load("accounts", id)));
  }
  /** @param {string} id of a connected account */
  restrict(id) {
    return this.#changed(() => restrict(this.#world, this.#world.books.load("accounts", id)));
  }

  // Events.

  /** Every event, oldest first. */
  get events() {
    return this.#world.books.all("events");
  }
  /** Those that nobody has answered with 2xx. */
  get pending() {
    return this.#world.webhooks.pending;
  }
  /** @type {Webhooks["deliver"]} */
  deliver(event, options) {
    return this.#world.webhooks.deliver(event, options);
  }
  /** Delivers all pending events once, oldest first. */
  async deliverPending() {
    const answers = [];
    for (const event of this.pending) answers.push(...(await this.deliver(event)));
    return answers;
  }
  /** Sends an event anew by itself, and again until it arrives. @param {string} id */
  resend(id) {
    this.#world.webhooks.resend(this.#world.books.load("events", id));
  }
  /** An event of any content, recorded nowhere. */
  draft(type, object) {
    return this.#world.webhooks.draft(type, object);
  }
  /** A Stripe-Signature of a body. @type {Webhooks["sign"]} */
  sign(payload, options) {
    return this.#world.webhooks.sign(payload, options);
  }

  // Objects, and differences to be found.

  /** @param {string} id */
  session(id) {
    return this.#world.books.load("sessions", id);
  }
  /** What a session sells, as its Checkout page names it. @param {string} id */
  titleOf(id) {
    return this.#world.books.drafts.get(id).title;
  }
  /** Any object by its id. @param {string} id */
  object(id) {
    return this.#world.books.any(id);
  }
  /** All objects of a kind, oldest first. @param {import("./books.mjs").Kind} kind */
  all(kind) {
    return this.#world.books.all(kind);
  }
  /** Changes an object behind everybody's back. @param {string} id @param {object} changes */
  plant(id, changes) {
    return this.#changed(() => Object.assign(this.object(id), changes));
  }
  /** Runs something that makes no event. @template T @param {() => T} run @returns {T} */
  silently(run) {
    return this.#world.webhooks.silently(run);
  }

  /**
   * Plans how the next API call fails: with a status; by no answer, nothing having happened ("timeout"); or by a cut
   * connection after everything has happened ("lost-answer").
   *
   * @param {number | "timeout" | "lost-answer"} kind
   * @param {{ match?: string, times?: number }} [options] `match` is part of the call's `METHOD path`
   */
  failNext(kind, { match = "", times = 1 } = {}) {
    for (let time = 0; time < times; time += 1) this.#failures.push({ kind, match });
  }

  /** Ends the server and every open connection. */
  async close() {
    this.#world.webhooks.close();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #chargeOf(payment) {
    const intent = this.#world.books.load("intents", payment);
    return this.#world.books.load("charges", intent.latest_charge);
  }

  /** @template T @param {() => T} change @returns {T} */
  #changed(change) {
    const result = change();
    this.#world.books.save();
    return result;
  }

  async #serve(request, response) {
    const { pathname, search } = new URL(request.url, this.url);
    const body = await readBody(request);
    const { method, headers } = request;
    if (!pathname.startsWith("/v1/")) {
      const page = await servePage(this, { method, path: pathname, query: search, body });
      response.writeHead(page.status, page.headers).end(page.body);
      return;
    }
    const path = pathname.slice("/v1/".length);
    const query = search.slice(1);
    const call = this.#record({ method, path, form: method === "GET" ? query : body, headers });
    const failure = this.#takeFailure(`${method} ${pathname}`);
    if (failure?.kind === "timeout") return;
    if (typeof failure?.kind === "number") {
      call.status = failure.kind;
      response.writeHead(failure.kind, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { type: "api_error", message: "A planned failure." } }));
      return;
    }
    const done = answer(this.#world, { method, path, query, body, headers });
    if (failure?.kind === "lost-answer") return void request.socket.destroy();
    call.status = done.status;
    response.writeHead(done.status, done.headers).end(done.body);
  }

  #record({ method, path, form, headers }) {
    const call = {
      method,
      path: `/v1/${path}`,
      params: Object.fromEntries(new URLSearchParams(form)),
      idempotencyKey: headers["idempotency-key"],
      traceparent: headers.traceparent,
      status: undefined,
    };
    this.calls.push(call);
    return call;
  }

  #takeFailure(what) {
    const index = this.#failures.findIndex(({ match }) => what.includes(match));
    return index < 0 ? undefined : this.#failures.splice(index, 1)[0];
  }
}

async function readBody(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > MAX_BODY_BYTES) throw new Error("the body is too large");
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
