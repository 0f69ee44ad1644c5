/** `npm run verify -- PACKET.json|AUDIT.json [--server-key KID|JWKS.json]`: checks it offline, line by line. */

import { runBuilt } from "./build/run-built.mjs";
import { runMain } from "./setup/process.mjs";
import { readArguments } from "./verify/arguments.mjs";

await runMain(async () => {
  const args = process.argv.slice(2);
  readArguments(args);
  await runBuilt("verify", args, ["client", "package"]);
});
