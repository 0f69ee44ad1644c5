/** `npm run demo -- FILE [--paid] [--keep DIR] [--browser]`: a whole sale of FILE on a fresh server of its own. */

import { runBuilt } from "./build/run-built.mjs";
import { readArguments } from "./demo/arguments.mjs";
import { runMain } from "./setup/process.mjs";

await runMain(async () => {
  const args = process.argv.slice(2);
  const { browser } = readArguments(args);
  await runBuilt("demo", args, ["client", "package", "worker"], { browser });
});
