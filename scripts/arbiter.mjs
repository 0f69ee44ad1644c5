/** `npm run arbiter -- …`: opens the evidence of a dispute, re-checks what was sold, and files the verdict. */

import { readArguments } from "./arbiter/arguments.mjs";
import { runBuilt } from "./build/run-built.mjs";
import { runMain } from "./setup/process.mjs";

await runMain(async () => {
  const args = process.argv.slice(2);
  readArguments(args);
  await runBuilt("arbiter", args, ["client", "package"]);
});
