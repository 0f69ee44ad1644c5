/** `npm run demo -- FILE [--paid] [--keep DIR] [--browser]`: a whole sale of FILE on a fresh server of its own. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { build } from "./build/build.mjs";
import { readArguments } from "./demo/arguments.mjs";
import { setUp } from "./setup/environment.mjs";
import { NODE_BIN, ROOT } from "./setup/paths.mjs";
import { runMain } from "./setup/process.mjs";

await runMain(async () => {
  const args = process.argv.slice(2);
  const { browser } = readArguments(args);
  const env = setUp({ browser });
  await build(env, ["client", "package", "worker"]);
  const run = [join(ROOT, "scripts", "demo", "run.mjs"), ...args];
  const { status } = spawnSync(join(NODE_BIN, "node"), run, { env, stdio: "inherit" });
  process.exitCode = status ?? 1;
});
