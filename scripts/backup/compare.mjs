/** Whether two copies are the same database: every definition, every row, and the numbers that come next. */

import { createHash } from "node:crypto";
import { columnNames, literalRows, tableNames } from "./copy.mjs";

/** @typedef {import("node:sqlite").DatabaseSync} DatabaseSync */

/**
 * @typedef {object} Contents
 * @property {number} rows
 * @property {Map<string, string>} digests of the definition or the rows of whatever the key names
 */

/**
 * @param {DatabaseSync} copy
 * @returns {Contents}
 */
export function contents(copy) {
  let rows = 0;
  /** @type {Contents["digests"]} */
  const digests = new Map();
  for (const { type, name, sql } of copy
    .prepare("select type, name, sql from sqlite_schema")
    .all()) {
    digests.set(`${type} ${name}`, String(sql));
  }
  const counters = digests.has("table sqlite_sequence") ? ["sqlite_sequence"] : [];
  for (const table of [...tableNames(copy), ...counters]) {
    const hash = createHash("sha256");
    for (const values of literalRows(copy, table, columnNames(copy, table))) {
      hash.update(`${values.join(",")}\n`);
      rows += counters.includes(table) ? 0 : 1;
    }
    digests.set(`rows of ${table}`, hash.digest("hex"));
  }
  return { rows, digests };
}

/**
 * What differs, by name.
 *
 * @param {Contents} one
 * @param {Contents} other
 * @returns {string[]}
 */
export function differences({ digests: one }, { digests: other }) {
  return [...new Set([...one.keys(), ...other.keys()])].filter(
    (name) => one.get(name) !== other.get(name),
  );
}
