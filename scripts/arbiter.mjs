/** `npm run arbiter -- …`: opens the evidence of a dispute, re-checks what was sold, and files the verdict. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { readArguments } from "./arbiter/arguments.mjs";
import { build } from "./build/build.mjs";
import { setUp } from "./setup/environment.mjs";
import { NODE_BIN, ROOT } from "./setup/paths.mjs";
import { runMain } from "./setup/process.mjs";

await runMain(async () => {
  const args = process.argv.slice(2);
  readArguments(args);
  const env = setUp();
  await build(env, ["client", "package"]);
  const run = [join(ROOT, "scripts", "arbiter", "run.mjs"), ...args];
  const { status } = spawnSync(join(NODE_BIN, "node"), run, { env, stdio: "inherit" });
  process.exitCode = status ?? 1;
});
