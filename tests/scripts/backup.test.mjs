// What a restore makes of a backup: statements that D1 takes, in an order in which it takes them.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { unstable_splitSqlQuery as splitSql } from "wrangler";
import { parseArguments } from "../../scripts/backup/arguments.mjs";
import { contents, differences } from "../../scripts/backup/compare.mjs";
import { withCopy } from "../../scripts/backup/copy.mjs";
import { writeParts } from "../../scripts/backup/parts.mjs";
import { LONGEST_STATEMENT, statements } from "../../scripts/backup/statements.mjs";

/** SQL text of a value. @param {string} text */
const literal = (text) => `'${text.replaceAll("'", "''")}'`;
const LONG = JSON.stringify({ quotes: "'".repeat(70_000), wide: "😀x".repeat(60_000) });
const ODD = "a;\nb '\u2028 -- c;\r\n/* ; */ create trigger begin";

/** Rows come before what they refer to, and long ones are in one statement: so `wrangler d1 export` writes. */
const DUMP = `PRAGMA defer_foreign_keys=TRUE;
CREATE TABLE receipts (
  id text primary key not null, -- the seller's; one each
  claim text not null references claims (id)
) strict;
INSERT INTO "receipts" ("id","claim") VALUES('r1','c2');
CREATE TABLE claims (id text primary key not null, after text references claims (id), body text not null check (json_valid(body))) strict;
INSERT INTO "claims" ("id","after","body") VALUES('c2','c1',${literal(LONG)});
INSERT INTO "claims" ("id","after","body") VALUES('c1',NULL,${literal(JSON.stringify(ODD))});
CREATE TABLE log (id integer primary key autoincrement, text text, number any) strict;
INSERT INTO "log" ("id","text","number") VALUES(7,${literal(ODD)},9007199254740993);
INSERT INTO "log" ("id","text","number") VALUES(9,NULL,X'00ff');
DELETE FROM sqlite_sequence;
INSERT INTO "sqlite_sequence" ("name","seq") VALUES('log',40);
CREATE UNIQUE INDEX log_text on log (text) where text is not null;
CREATE TRIGGER log_grows after insert on claims
begin
  insert into log (text) values (new.id);
end;
CREATE TRIGGER log_stays before delete on log
begin
  select raise(abort, 'append-only');
end;
`;

/** @type {string} */
let folder;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "claimcheck-backup-"));
});
after(() => rmSync(folder, { recursive: true }));

/** @param {string} dump */
function written(dump) {
  const file = join(folder, "dump.sql");
  writeFileSync(file, dump);
  return file;
}

describe("a restore", () => {
  test("writes every definition and row into an empty database, and what acts on rows last", async () => {
    await withCopy(written(DUMP), (copy) => {
      const restored = new DatabaseSync(":memory:");
      restored.exec("begin; pragma defer_foreign_keys = on");
      for (const statement of statements(copy)) restored.exec(statement);
      restored.exec("commit");
      const wanted = contents(copy);
      assert.equal(wanted.rows, 5);
      assert.deepEqual(differences(wanted, contents(restored)), []);
      assert.deepEqual(
        { ...restored.prepare("select body from claims where id = 'c2'").get() },
        { body: LONG },
      );
      assert.deepEqual(
        restored
          .prepare("select text from log")
          .all()
          .map(({ text }) => text),
        [ODD, null],
      );
      restored.exec("insert into log (text) values ('next')");
      const { id } = restored.prepare("select max(id) as id from log").get() ?? {};
      assert.equal(id, 41, "a number is given once");
      assert.throws(() => restored.exec("delete from log"), /append-only/);
      restored.close();
    });
  });

  test("has no statement that is too long for D1", async () => {
    await withCopy(written(DUMP), (copy) => {
      const lengths = [...statements(copy)].map((statement) => Buffer.byteLength(statement));
      assert.ok(Math.max(...lengths) <= LONGEST_STATEMENT, `${Math.max(...lengths)}`);
    });
  });

  test("writes many short rows in few statements", async () => {
    const row = `INSERT INTO "log" ("id","text","number") VALUES`;
    const rows = Array.from({ length: 5_000 }, (_, id) => `${row}(${id + 100},NULL,${id});\n`);
    const dump = DUMP.replace(
      "DELETE FROM sqlite_sequence",
      () => `${rows.join("")}DELETE FROM sqlite_sequence`,
    );
    await withCopy(written(dump), (copy) => {
      const wanted = [...statements(copy)].filter((statement) =>
        statement.startsWith('insert into "log"'),
      );
      assert.ok(wanted.length < 5, `${wanted.length}`);
    });
  });

  test("is cut into files, each of which wrangler divides as it was written", async () => {
    await withCopy(written(DUMP), (copy) => {
      const all = [...statements(copy)];
      const parts = writeParts(all, folder, 100_000);
      assert.ok(parts.length > 2, `${parts.length}`);
      const found = parts.map((file) => splitSql(readFileSync(file, "utf8")));
      for (const [pragma] of found) assert.match(pragma ?? "", /^pragma defer_foreign_keys = on/);
      const plain = (/** @type {string} */ statement) => statement.replace(/;\s*$/, "").trim();
      assert.deepEqual(
        found.flatMap(([, ...rest]) => rest.map(plain)),
        all.map(plain),
      );
    });
  });

  /** @type {[string, string, RegExp][]} */
  const refusals = [
    ["that is cut within a statement", DUMP.slice(0, -3), /ends within a statement/],
    ["whose rows miss another's", DUMP.replace("'r1','c2'", "'r1','c3'"), /1 rows refer/],
    ["that is empty", "", /no table/],
    ["that is something else", "hello;\n", /no backup/],
  ];
  for (const [which, dump, message] of refusals) {
    test(`refuses a backup ${which}`, async () => {
      await assert.rejects(
        withCopy(written(dump), () => {}),
        { message },
      );
    });
  }

  test("sees a row, a definition or a number that differs", async () => {
    const wanted = await withCopy(written(DUMP), contents);
    /** @type {[string, string, string][]} */
    const changes = [
      ["'r1','c2'", "'r1','c1'", "rows of receipts"],
      ["'append-only'", "'only'", "trigger log_stays"],
      ["'log',40", "'log',41", "rows of sqlite_sequence"],
    ];
    for (const [from, to, name] of changes) {
      const other = await withCopy(written(DUMP.replace(from, to)), contents);
      assert.deepEqual(differences(wanted, other), [name]);
    }
  });
});

test("backup and restore must be told which database they are about", () => {
  assert.deepEqual(parseArguments(["/b.sql", "--remote", "--database", "other"], "backup"), {
    file: "/b.sql",
    target: { database: "other", where: "--remote", config: undefined },
  });
  for (const args of [
    [],
    ["b"],
    ["--local"],
    ["b", "--local", "--remote"],
    ["b", "c", "--local"],
    ["b", "--x"],
  ]) {
    assert.throws(() => parseArguments(args, "restore"), /^Error: Usage: npm run restore -- FILE/);
  }
});
