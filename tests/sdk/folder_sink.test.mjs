// Files as they are saved on disk: what a seller says of them sets permissions, and nothing beyond.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { FolderSink } from "claimcheck/node";

const folder = mkdtempSync(join(tmpdir(), "claimcheck-sink-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The mode of a file that was saved with one. @param {string} path @param {number} mode */
async function saved(path, mode) {
  const sink = new FolderSink(folder);
  await sink.open([{ path, contentType: "application/octet-stream", size: 1, mode }]);
  await sink.write(0, 0, new Uint8Array([1]));
  await sink.finishFile(0);
  await sink.finish();
  return statSync(join(folder, path)).mode & 0o7777;
}

test("a file stays a program, but never one that runs as its owner", async () => {
  assert.equal(await saved("tool", 0o755), 0o755);
  assert.equal(await saved("setuid", 0o6755), 0o755);
  assert.equal(await saved("sticky", 0o1644), 0o644);
  assert.equal(await saved("with the file's type", 0o100644), 0o644);
});

test("whoever saved a file can read and replace it", async () => {
  assert.equal(await saved("locked", 0), 0o600);
  assert.equal(await saved("for others only", 0o077), 0o677);
  assert.equal(await saved("read only", 0o555), 0o755);
});
