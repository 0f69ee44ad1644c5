/** Makes an empty database what a backup says, and reads it back to compare. */

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PlainError, runMain, say } from "../setup/process.mjs";
import { parseArguments } from "./arguments.mjs";
import { contents, differences } from "./compare.mjs";
import { withCopy } from "./copy.mjs";
import { execute, exportTo, tablesOf } from "./d1.mjs";
import { writeParts } from "./parts.mjs";
import { statements } from "./statements.mjs";

/**
 * @param {readonly string[]} parts
 * @param {import("./arguments.mjs").Target} target
 */
function executeAll(parts, target) {
  for (const [index, part] of parts.entries()) {
    say(`Writing part ${index + 1} of ${parts.length}.`);
    try {
      execute(target, part);
    } catch (error) {
      if (index > 0) say("The database has a part of the backup: delete it, and take a new one.");
      throw error;
    }
  }
}

await runMain(async () => {
  const { file, target } = parseArguments(process.argv.slice(2), "restore");
  if (!existsSync(file)) throw new PlainError(`There is no ${file}.`);
  const folder = mkdtempSync(join(tmpdir(), "claimcheck-restore-"));
  try {
    const { wanted, parts } = await withCopy(file, (copy) => ({
      wanted: contents(copy),
      parts: writeParts(statements(copy), folder),
    }));
    const tables = tablesOf(target);
    if (tables.length > 0) {
      throw new PlainError(
        `The database is not empty (${tables.length} tables): a backup goes into a new one only.`,
      );
    }
    executeAll(parts, target);
    const written = join(folder, "written.sql");
    exportTo(target, written);
    const wrong = differences(wanted, await withCopy(written, contents));
    if (wrong.length > 0) {
      throw new PlainError(`The database differs from the backup: ${wrong.join(", ")}.`);
    }
    process.stdout.write(`Restored ${wanted.rows} rows: the database equals the backup.\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
