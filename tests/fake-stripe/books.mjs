// Everything that the fake remembers: objects by id, in the order they were made, and how long it kept them.
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { missingObject } from "./errors.mjs";

/** What each kind of object is called in an error, and how its ids begin. */
const KINDS = {
  sessions: { noun: "checkout.session", prefix: "cs_test_", param: "session" },
  intents: { noun: "payment_intent", prefix: "pi_", param: "intent" },
  charges: { noun: "charge", prefix: "ch_", param: "charge" },
  refunds: { noun: "refund", prefix: "re_", param: "refund" },
  disputes: { noun: "dispute", prefix: "dp_", param: "dispute" },
  accounts: { noun: "account", prefix: "acct_", param: "account" },
  events: { noun: "event", prefix: "evt_", param: "event" },
};

/** @typedef {keyof typeof KINDS} Kind */

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** An id in Stripe's alphabet. */
export function makeId(prefix, length = 24) {
  const letters = [...randomBytes(length)].map((byte) => LETTERS[byte % LETTERS.length]);
  return prefix + letters.join("");
}

export class Books {
  #file;
  /** @type {Record<Kind | "idempotency" | "delivered" | "drafts", Map<string, any>>} */
  #tables;

  /** @param {string} [file] where a restart finds everything again; without one it is gone */
  constructor(file) {
    this.#file = file;
    const kept = file && existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
    const names = [...Object.keys(KINDS), "idempotency", "delivered", "drafts"];
    this.#tables = Object.fromEntries(names.map((name) => [name, new Map(kept[name] ?? [])]));
  }

  /** The map of answers by Idempotency-Key. */
  get idempotency() {
    return this.#tables.idempotency;
  }

  /** What each session was made with and its object does not show. */
  get drafts() {
    return this.#tables.drafts;
  }

  /** When each event arrived, by its id. */
  get delivered() {
    return this.#tables.delivered;
  }

  /** @param {Kind} kind */
  add(kind, object) {
    const id = makeId(KINDS[kind].prefix);
    const made = { id, ...object };
    this.#tables[kind].set(id, made);
    return made;
  }

  /** @param {Kind} kind */
  find(kind, id) {
    return this.#tables[kind].get(id);
  }

  /** The object, or Stripe's 404. @param {Kind} kind */
  load(kind, id, param = KINDS[kind].param) {
    const found = this.find(kind, id);
    if (found === undefined) throw missingObject(KINDS[kind].noun, id, param);
    return found;
  }

  /** Oldest first. @param {Kind} kind */
  all(kind) {
    return [...this.#tables[kind].values()];
  }

  /** Any object, whatever its kind. */
  any(id) {
    const kind = Object.keys(KINDS).find((name) => id.startsWith(KINDS[name].prefix));
    if (kind === undefined) throw missingObject("object", id);
    return this.load(/** @type {Kind} */ (kind), id);
  }

  /** Writes the file, whole or not at all. */
  save() {
    if (this.#file === undefined) return;
    mkdirSync(dirname(this.#file), { recursive: true });
    const tables = Object.entries(this.#tables).map(([name, map]) => [name, [...map]]);
    writeFileSync(`${this.#file}.new`, JSON.stringify(Object.fromEntries(tables)), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }
}
