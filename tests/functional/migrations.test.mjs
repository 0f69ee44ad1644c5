// The schema that the migrations build together: every table and column of the two plans, STRICT, commented, and with
// the invariants that code relies on.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";

const DIRECTORY = new URL("../../migrations/", import.meta.url);

/** Columns by table, under the names that the plans give them. */
const PLANNED = {
  digital_products: [
    "id",
    "owner_ailock_id",
    "title",
    "content_type",
    "size",
    "encryption_algo",
    "content_hash",
    "storage_type",
    "storage_pointer",
    "manifest",
    "created_at",
  ],
  product_transfers: [
    "id",
    "product_id",
    "from_ailock_id",
    "to_ailock_id",
    "price",
    "currency",
    "status",
    "policy",
    "buyer_inputs",
    "created_at",
    "updated_at",
  ],
  payment_intents: [
    "id",
    "provider",
    "provider_ref",
    "amount",
    "currency",
    "status",
    "transfer_id",
    "created_at",
  ],
  product_keys: [
    "id",
    "product_id",
    "recipient_ailock_id",
    "key_envelope",
    "algo",
    "created_at",
    "expires_at",
  ],
  delivery_receipts: ["id", "transfer_id", "client_hash", "signature", "delivered_at", "meta"],
  content_checks: ["id", "product_id", "malware_scan", "moderation", "reports", "checked_at"],
  attachments: ["storage_type", "storage_pointer", "size", "content_type", "checksum"],
  digital_files: [
    "immutable_id",
    "product_id",
    "filename",
    "file_path",
    "file_size",
    "mime_type",
    "checksum",
    "created_at",
  ],
  download_links: [
    "immutable_id",
    "digital_file_id",
    "user_id",
    "order_id",
    "access_token",
    "download_count",
    "max_downloads",
    "expires_at",
    "created_at",
  ],
};

/** Tables that the protocol adds to the plans. */
const ADDED = [
  "releases",
  "uploads",
  "claims",
  "messages",
  "stripe_events",
  "outbox",
  "audit_log",
  "replay",
  "ailocks",
];

const PRODUCT = "product_01jd0000000000000000000000";
const RELEASE = "release_01jd0000000000000000000000";
const UPLOAD = "upload_01jd0000000000000000000000";
const HASH = "A".repeat(43);

function migrated() {
  const db = new DatabaseSync(":memory:");
  for (const name of readdirSync(DIRECTORY).sort()) {
    db.exec(readFileSync(new URL(name, DIRECTORY), "utf8"));
  }
  return db;
}

const tables = (db) =>
  db
    .prepare(
      "select name, sql from sqlite_schema where type = 'table' and name not like 'sqlite_%'",
    )
    .all();
const columns = (db, table) =>
  db
    .prepare("select name from pragma_table_info(?)")
    .all(table)
    .map(({ name }) => name);

/** The first lines of a table's SQL up to where the brackets of a definition are closed again. */
function definitionFrom(lines) {
  let depth = 0;
  const end = lines.findIndex((line) => {
    const code = line.replace(/--.*$/, "");
    depth += code.split("(").length - code.split(")").length;
    return depth <= 0;
  });
  return lines.slice(0, end + 1).join("\n");
}

function withUpload() {
  const db = migrated();
  db.prepare(
    "insert into digital_products (id, owner_ailock_id, title, created_at, body_hash, updated_at) values (?, ?, ?, 1, ?, 1)",
  ).run(PRODUCT, "ailock1x", "A title", HASH);
  db.prepare(
    `insert into uploads (id, release_id, product_id, owner_ailock_id, state, body_hash, file_count, chunk_count, sealed_size, created_at)
     values (?, ?, ?, 'ailock1x', 'open', ?, 1, 1, 32, 1)`,
  ).run(UPLOAD, RELEASE, PRODUCT, HASH);
  return db;
}

test("every table and column of the plans exists under its name", () => {
  const db = migrated();
  for (const [table, planned] of Object.entries(PLANNED)) {
    const present = columns(db, table);
    for (const column of planned) {
      assert.ok(present.includes(column), `${table}.${column}`);
    }
  }
  const names = tables(db).map(({ name }) => name);
  for (const table of ADDED) {
    assert.ok(names.includes(table), table);
  }
});

test("every table is STRICT", () => {
  const db = migrated();
  const loose = db
    .prepare(
      "select name from pragma_table_list where schema = 'main' and strict = 0 and name not like 'sqlite_%'",
    )
    .all();
  assert.deepEqual(loose, []);
});

test("every column says what it holds", () => {
  const db = migrated();
  for (const { name: table, sql } of tables(db)) {
    const lines = sql.split("\n");
    for (const column of columns(db, table)) {
      const first = lines.findIndex((line) =>
        new RegExp(`^\\s+${column} (text|integer|real|blob|any)\\b`).test(line),
      );
      assert.notEqual(first, -1, `${table}.${column} has a line of its own`);
      const definition = definitionFrom(lines.slice(first));
      assert.match(definition, /-- \S/, `${table}.${column} has a comment`);
    }
  }
});

test("times are integers", () => {
  const db = migrated();
  for (const { name: table } of tables(db)) {
    for (const { name, type } of db
      .prepare("select name, type from pragma_table_info(?)")
      .all(table)) {
      if (name === "at" || name.endsWith("_at")) {
        assert.equal(type, "INTEGER", `${table}.${name}`);
      }
    }
  }
});

test("an upload closes once", () => {
  const db = withUpload();
  const close = (state) =>
    db.prepare("update uploads set state = ?, closed_at = 2 where id = ?").run(state, UPLOAD);
  close("aborted");
  assert.throws(() => close("completed"), /uploads\.state was open/);
  assert.throws(() => close("open"), /uploads\.state was open/);
  assert.equal(db.prepare("select state from uploads").get().state, "aborted");
});

test("an open upload has no end, a closed one has", () => {
  const db = withUpload();
  assert.throws(
    () => db.prepare("update uploads set closed_at = 2").run(),
    /CHECK constraint failed/,
  );
  assert.throws(
    () => db.prepare("update uploads set state = 'completed'").run(),
    /CHECK constraint failed/,
  );
});

test("a release does not change", () => {
  const db = withUpload();
  db.prepare(
    `insert into releases (id, product_id, upload_id, seller_ailock_id, manifest, manifest_hash, manifest_signature, self_envelope,
       storage_pointer, plaintext_size, sealed_size, completed_at, expires_at)
     values (?1, ?2, ?3, 'ailock1x', '{}', ?4, ?5, '{}', ?1, 0, 32, 1, 2)`,
  ).run(RELEASE, PRODUCT, UPLOAD, HASH, "A".repeat(86));
  assert.throws(() => db.prepare("update releases set manifest = '[]'").run(), /immutable/);
  assert.throws(
    () =>
      db.prepare("update releases set id = ?, storage_pointer = ?").run("release_x", "release_x"),
    /immutable/,
  );
  db.prepare("update releases set deleted_at = 3").run();
});

test("a product names its newest release wholly or not at all", () => {
  const db = withUpload();
  assert.throws(
    () => db.prepare("update digital_products set release_id = ?").run(RELEASE),
    /CHECK constraint failed/,
  );
});

test("numbers bound as REAL are stored as integers, and fractions are refused", () => {
  const db = withUpload();
  db.prepare("update uploads set created_at = ?").run(1700000000.0);
  assert.equal(db.prepare("select typeof(created_at) as kind from uploads").get().kind, "integer");
  assert.throws(
    () => db.prepare("update uploads set created_at = ?").run(1.5),
    /cannot store REAL/,
  );
});
