/**
 * `npm run restore -- FILE --local|--remote`: makes an empty database what FILE says, and reads it back to compare.
 *
 * FILE is what `npm run backup` or `wrangler d1 export` wrote. The latter's order of statements cannot be run as it is.
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
  parseArguments(args, "restore");
  ensureNodeModules();
  runOnProjectNode("backup/restore.mjs", args);
});
