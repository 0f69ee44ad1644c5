/** `npm run setup`: installs what is missing, and nothing else. */

import { setUp } from "./setup/environment.mjs";
import { runMain, say } from "./setup/process.mjs";

await runMain(async () => {
  const forTests = process.argv.includes("--tests");
  setUp({ browser: forTests, linters: forTests });
  say("Everything is set up.");
});
