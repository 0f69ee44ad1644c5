/** The verification itself. Exit status 0: no line is false. */

import { readFileSync } from "node:fs";
import { verifyAudit, verifyPacket } from "claimcheck";
import { runMain } from "../setup/process.mjs";
import { readArguments } from "./arguments.mjs";
import { isAnyFalse, printLines } from "./print.mjs";

/** A trail is rows and little else; what is neither is no good packet. */
function isTrail(/** @type {Buffer} */ bytes) {
  try {
    return "rows" in JSON.parse(bytes.toString("utf8")).body;
  } catch {
    return false;
  }
}

await runMain(async () => {
  const { file, pinned } = readArguments(process.argv.slice(2));
  const bytes = readFileSync(file);
  const lines = await (isTrail(bytes) ? verifyAudit : verifyPacket)(bytes, pinned);
  printLines(lines);
  if (isAnyFalse(lines)) process.exitCode = 1;
  else if (pinned === undefined) {
    process.stdout.write(
      "No server key was given. Nothing contradicts itself here, but somebody else's server could have signed this\n" +
        "anew: compare the key that is named with /.well-known/jwks.json, or give --server-key.\n",
    );
  }
});
