/** A copy of a D1 database that can be asked: the SQL of `wrangler d1 export`, run in a SQLite file of this machine. */

import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { PlainError } from "../setup/process.mjs";

/** What SQLite says of a statement that goes on in the next line. */
const UNFINISHED = /^incomplete input$|^unrecognized token: "'/;

/** @param {string} name of a table or column */
export const quoteName = (name) => `"${name.replaceAll('"', '""')}"`;

/**
 * @param {string} file
 * @returns {AsyncGenerator<string>} lines with their ends; only "\n" ends one, since values may hold every other break
 */
async function* linesOf(file) {
  let rest = "";
  for await (const text of createReadStream(file, "utf8")) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield `${line}\n`;
  }
  yield rest;
}

/**
 * Whether the statements are whole, and were run.
 *
 * @param {DatabaseSync} db
 * @param {string} sql
 */
function isRun(db, sql) {
  try {
    db.exec(sql);
    return true;
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    if (UNFINISHED.test(message)) return false;
    throw new PlainError(`This is no backup that can be restored: ${message}.`);
  }
}

/**
 * Runs `work` on a copy made from a backup. Its rows refer to later ones, so foreign keys are looked at in the end.
 *
 * @template T
 * @param {string} file
 * @param {(copy: DatabaseSync) => Promise<T> | T} work
 * @returns {Promise<T>}
 */
export async function withCopy(file, work) {
  const folder = mkdtempSync(join(tmpdir(), "claimcheck-copy-"));
  const db = new DatabaseSync(join(folder, "copy.sqlite"), { enableForeignKeyConstraints: false });
  try {
    db.exec("pragma synchronous = off; begin");
    let statement = "";
    for await (const line of linesOf(file)) {
      statement += line;
      if (line.trimEnd().endsWith(";") && isRun(db, statement)) statement = "";
    }
    if (statement.trim() !== "") throw new PlainError("The backup ends within a statement.");
    db.exec("commit");
    if (tableNames(db).length === 0) throw new PlainError("The backup has no table.");
    const broken = db.prepare("pragma foreign_key_check").all();
    if (broken.length > 0) {
      throw new PlainError(`In the backup ${broken.length} rows refer to rows that are not there.`);
    }
    return await work(db);
  } finally {
    db.close();
    rmSync(folder, { recursive: true });
  }
}

/**
 * @param {DatabaseSync} db
 * @returns {string[]} in the order of their creation, without SQLite's own
 */
export function tableNames(db) {
  const sql =
    "select name from sqlite_schema where type = 'table' and name not like 'sqlite\\_%' escape '\\'";
  return db
    .prepare(`${sql} order by rowid`)
    .all()
    .map(({ name }) => String(name));
}

/**
 * Each row of a table, as SQL literals in the order of `columns`.
 *
 * @param {DatabaseSync} db
 * @param {string} table
 * @param {readonly string[]} columns
 * @returns {Generator<string[]>}
 */
export function* literalRows(db, table, columns) {
  const literals = columns.map((column, at) => `quote(${quoteName(column)}) as v${at}`);
  const rows = db.prepare(`select ${literals.join(", ")} from ${quoteName(table)}`);
  for (const row of rows.iterate()) yield Object.values(row).map(String);
}

/**
 * @param {DatabaseSync} db
 * @param {string} table
 * @returns {string[]}
 */
export function columnNames(db, table) {
  return db
    .prepare("select name from pragma_table_info(?)")
    .all(table)
    .map(({ name }) => String(name));
}
