/** Brings the local D1 database up to date with migrations/. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { hashInputs, isFresh, markFresh } from "../build/stamp.mjs";
import { NODE_BIN, ROOT } from "../setup/paths.mjs";
import { PlainError, say } from "../setup/process.mjs";

const STATE = join(ROOT, ".wrangler", "state", "v3", "d1");

/** @param {NodeJS.ProcessEnv} env what the set-up gave */
export function migrateLocalDatabase(env) {
  const hash = hashInputs(ROOT, ["migrations"]);
  if (isFresh(STATE, hash)) return;
  say("Migrating the local database.");
  const args = ["d1", "migrations", "apply", "DB", "--local"];
  const result = spawnSync(join(NODE_BIN, "wrangler"), args, {
    cwd: ROOT,
    env: { ...env, CI: "true" },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (result.status !== 0) {
    say(result.stdout + result.stderr);
    throw new PlainError(
      "The local database could not be migrated. If its data may go, delete .wrangler/state and run this again.",
    );
  }
  markFresh(STATE, hash);
}
