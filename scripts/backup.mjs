/**
 * `npm run backup -- FILE --local|--remote`: writes the whole database to FILE, and looks whether it can be restored.
 *
 * --database  another database than the one bound as DB
 * --config    another wrangler.toml than the project's
 */

import { parseArguments } from "./backup/arguments.mjs";
import { ensureNodeModules } from "./setup/node-modules.mjs";
import { runMain } from "./setup/process.mjs";
import { runOnProjectNode } from "./setup/project-node.mjs";

await runMain(async () => {
  const args = process.argv.slice(2);
  parseArguments(args, "backup");
  ensureNodeModules();
  runOnProjectNode("backup/backup.mjs", args);
});
