/**
 * The SQL that makes a copy anew in an empty D1 database, in an order that D1 takes: every table, each row after those
 * that it refers to, then what would act on rows as they come in.
 */

import { PlainError } from "../setup/process.mjs";
import { columnNames, literalRows, quoteName, tableNames } from "./copy.mjs";

/** @typedef {import("node:sqlite").DatabaseSync} DatabaseSync */

/** D1 takes statements of 100,000 bytes. */
export const LONGEST_STATEMENT = 90_000;
/** UTF-16 units of a value in one statement: at most 60,000 bytes, and at most 40,000 if all are quotes. */
const PIECE = 20_000;
/** Holds a long value's pieces until its row is written. */
export const PIECES = "restore_pieces";

/**
 * @param {DatabaseSync} copy
 * @returns {Generator<string>}
 */
export function* statements(copy) {
  const tables = tableNames(copy);
  if (tables.includes(PIECES)) throw new PlainError(`The backup has a table ${PIECES} itself.`);
  for (const sql of schema(copy, "type = 'table'")) yield sql;
  yield `create table ${PIECES} (value integer not null, part integer not null, piece text not null);`;
  for (const table of referredFirst(copy, tables)) yield* rows(copy, table);
  yield `drop table ${PIECES};`;
  yield* sequences(copy);
  for (const sql of schema(copy, "type <> 'table'")) yield sql;
}

/**
 * @param {DatabaseSync} copy
 * @param {string} condition
 * @returns {string[]}
 */
function schema(copy, condition) {
  const own = "sql is not null and name not like 'sqlite\\_%' escape '\\'";
  return copy
    .prepare(`select sql from sqlite_schema where ${condition} and ${own} order by rowid`)
    .all()
    .map(({ sql }) => `${sql};`);
}

/**
 * Tables, each after those that it refers to.
 *
 * @param {DatabaseSync} copy
 * @param {readonly string[]} tables
 * @returns {string[]}
 */
function referredFirst(copy, tables) {
  /** @type {Set<string>} */
  const placed = new Set();
  const references = copy.prepare(
    'select distinct "table" as name from pragma_foreign_key_list(?)',
  );
  const place = (/** @type {string} */ table, /** @type {readonly string[]} */ path) => {
    if (placed.has(table)) return;
    for (const { name } of references.all(table)) {
      if (name === table || path.includes(String(name))) continue;
      place(String(name), [...path, table]);
    }
    placed.add(table);
  };
  for (const table of tables) place(table, []);
  return [...placed];
}

/**
 * As many rows in a statement as fit: D1 and wrangler take their time for each statement.
 *
 * @param {DatabaseSync} copy
 * @param {string} table
 * @returns {Generator<string>}
 */
function* rows(copy, table) {
  const columns = columnNames(copy, table);
  const into = `insert into ${quoteName(table)} (${columns.map(quoteName).join(",")}) values`;
  let waiting = "";
  let size = 0;
  for (const values of literalRows(copy, table, columns)) {
    const row = `(${values.join(",")})`;
    const added = Buffer.byteLength(row) + 2;
    if (waiting !== "" && into.length + size + added > LONGEST_STATEMENT) {
      yield `${into}${waiting};`;
      [waiting, size] = ["", 0];
    }
    if (into.length + added > LONGEST_STATEMENT) {
      yield* inPieces(into, values);
    } else {
      waiting += `${waiting === "" ? "" : ","}\n${row}`;
      size += added;
    }
  }
  if (waiting !== "") yield `${into}${waiting};`;
}

/**
 * A row too long for one statement. It is written at once, since the checks of its table hold for it as a whole.
 *
 * @param {string} into
 * @param {readonly string[]} values SQL literals
 * @returns {Generator<string>}
 */
function* inPieces(into, values) {
  const written = [...values];
  for (const [value, literal] of values.entries()) {
    if (literal.length <= PIECE / 10) continue;
    if (!literal.startsWith("'"))
      throw new PlainError("The backup has a long value that is no text.");
    let part = 0;
    for (const piece of pieces(literal.slice(1, -1).replaceAll("''", "'"))) {
      yield `insert into ${PIECES} values (${value},${part},'${piece.replaceAll("'", "''")}');`;
      part += 1;
    }
    written[value] =
      `(select group_concat(piece, '' order by part) from ${PIECES} where value = ${value})`;
  }
  yield `${into} (${written.join(",")});`;
  yield `delete from ${PIECES};`;
}

/**
 * @param {string} text
 * @returns {Generator<string>} never half of a surrogate pair
 */
function* pieces(text) {
  for (let at = 0; at < text.length;) {
    const last = text.charCodeAt(at + PIECE - 1);
    const end = at + PIECE - (last >= 0xd800 && last < 0xdc00 ? 1 : 0);
    yield text.slice(at, end);
    at = end;
  }
}

/**
 * The last numbers of tables that never give one twice, also after a deletion. Writing rows has set them too low.
 *
 * @param {DatabaseSync} copy
 * @returns {Generator<string>}
 */
function* sequences(copy) {
  if (
    copy.prepare("select 1 from sqlite_schema where name = 'sqlite_sequence'").get() === undefined
  )
    return;
  yield "delete from sqlite_sequence;";
  for (const values of literalRows(copy, "sqlite_sequence", ["name", "seq"])) {
    yield `insert into sqlite_sequence (name,seq) values (${values.join(",")});`;
  }
}
