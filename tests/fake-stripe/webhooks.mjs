// Events: made with every change, signed by the official package, and delivered until the receiver answers 2xx.
import Stripe from "stripe";
import { makeId } from "./books.mjs";

export const API_VERSION = "2026-10-28.endive";
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 60_000;
const ATTEMPTS = 30;
const PATIENCE_MS = 20_000;

export class Webhooks {
  /** @type {string | undefined} */
  url;
  /** The ids of events that no receiver has taken. @type {Set<string>} */
  #waiting = new Set();
  /** @type {Set<NodeJS.Timeout>} */
  #timers = new Set();
  #silent = false;
  #closed = false;

  /**
   * @param {import("./books.mjs").Books} books
   * @param {{ url?: string, secret: string, isAuto: boolean, now: () => number }} options `now` in Unix seconds
   */
  constructor(books, { url, secret, isAuto, now }) {
    this.books = books;
    this.url = url;
    this.secret = secret;
    this.isAuto = isAuto;
    this.now = now;
    for (const { id } of books.all("events")) if (!books.delivered.has(id)) this.#waiting.add(id);
    if (isAuto) this.pending.forEach((event) => this.#schedule(event, 0));
  }

  /** Oldest first. */
  get pending() {
    return [...this.#waiting].map((id) => this.books.load("events", id));
  }

  /**
   * Records that something happened.
   *
   * @param {string} type
   * @param {object} object as it is now
   * @param {object} [more] further members of the event
   */
  emit(type, object, { previous, account, request = { id: null, idempotency_key: null } } = {}) {
    if (this.#silent) return undefined;
    const event = this.books.add("events", {
      object: "event",
      ...(account ? { account } : {}),
      api_version: API_VERSION,
      created: this.now(),
      data: {
        object: structuredClone(object),
        ...(previous ? { previous_attributes: previous } : {}),
      },
      livemode: false,
      pending_webhooks: 1,
      request,
      type,
    });
    this.#waiting.add(event.id);
    if (this.isAuto) this.#schedule(event, 0);
    return event;
  }

  /** Runs something of which nobody is told. */
  silently(run) {
    this.#silent = true;
    try {
      return run();
    } finally {
      this.#silent = false;
    }
  }

  /** An unsigned event of any content, for forgeries. */
  draft(type, object) {
    const id = makeId("evt_");
    const rest = { api_version: API_VERSION, created: this.now(), livemode: false, type };
    return { id, object: "event", ...rest, data: { object } };
  }

  /** The header of a body. */
  sign(payload, { secret = this.secret, timestamp = this.now() } = {}) {
    return Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });
  }

  /**
   * Delivers an event now, any number of times, one after the other or all at once.
   *
   * @param {object} event one of `events`, or an altered copy
   * @param {object} [options]
   * @param {number} [options.times]
   * @param {boolean} [options.atOnce]
   * @param {string} [options.secret] another than the right one
   * @param {number} [options.timestamp] another time of signing, in Unix seconds
   * @param {string} [options.header] another whole Stripe-Signature
   * @param {string} [options.payload] another body than the signed one
   * @returns {Promise<{ status: number, body: string }[]>}
   */
  async deliver(event, { times = 1, atOnce = false, header, payload, ...signing } = {}) {
    if (this.url === undefined) throw new Error("the fake Stripe has no webhookUrl");
    const signed = JSON.stringify(event);
    const send = () => this.#post(payload ?? signed, header ?? this.sign(signed, signing));
    const answers = [];
    if (atOnce) answers.push(...(await Promise.all(Array.from({ length: times }, send))));
    else for (let time = 0; time < times; time += 1) answers.push(await send());
    if (answers.some(({ status }) => status >= 200 && status < 300)) this.#arrived(event);
    return answers;
  }

  async #post(body, signature) {
    const response = await fetch(/** @type {string} */ (this.url), {
      method: "POST",
      headers: {
        "content-type": "application/json; charset=utf-8",
        "stripe-signature": signature,
        "user-agent": "Stripe/1.0 (fake)",
      },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return { status: response.status, body: await response.text() };
  }

  #arrived(event) {
    if (!this.#waiting.delete(event.id)) return;
    this.books.delivered.set(event.id, this.now());
    this.books.load("events", event.id).pending_webhooks = 0;
    this.books.save();
  }

  /** Tries again with growing pauses, as long as nobody else delivered it. */
  #schedule(event, attempt) {
    if (this.url === undefined || attempt >= ATTEMPTS || this.#closed) return;
    const pause =
      attempt === 0 ? 0 : Math.min(FIRST_DELAY_MS * 2 ** (attempt - 1), LONGEST_DELAY_MS);
    const timer = setTimeout(async () => {
      this.#timers.delete(timer);
      if (!this.#waiting.has(event.id)) return;
      await this.deliver(event).catch(() => []);
      if (this.#waiting.has(event.id)) this.#schedule(event, attempt + 1);
    }, pause);
    this.#timers.add(timer);
  }

  /** Sends an event anew, whether it arrived before or not. */
  resend(event) {
    this.#waiting.add(event.id);
    this.#schedule(event, 0);
  }

  close() {
    this.#closed = true;
    this.#timers.forEach(clearTimeout);
  }
}
