/** Exports a database to a file, and looks whether the file can be restored. */

import { chmodSync, existsSync, renameSync, rmSync } from "node:fs";
import { PlainError, runMain } from "../setup/process.mjs";
import { parseArguments } from "./arguments.mjs";
import { contents } from "./compare.mjs";
import { withCopy } from "./copy.mjs";
import { exportTo } from "./d1.mjs";

await runMain(async () => {
  const { file, target } = parseArguments(process.argv.slice(2), "backup");
  if (existsSync(file)) throw new PlainError(`${file} is there already.`);
  const unproven = `${file}.part`;
  try {
    exportTo(target, unproven);
    // It says who bought what from whom.
    chmodSync(unproven, 0o600);
    const { rows } = await withCopy(unproven, contents);
    renameSync(unproven, file);
    process.stdout.write(`${file} has ${rows} rows.\n`);
  } finally {
    rmSync(unproven, { force: true });
  }
});
