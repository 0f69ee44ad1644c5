/**
 * `npm run deploy -- --origin https://files.example [--secrets FILE] [--dry-run]`: checks, migrates, deploys.
 *
 * --origin   the public address (PUBLIC_ORIGIN), unless wrangler.toml has it
 * --secrets  a file of lines NAME=value, uploaded with the Worker; those that it has already may be left out
 * --dry-run  does all that needs no account: build, checks, and the bundle with its size
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "./build/build.mjs";
import { deployedNames } from "./deploy/secrets.mjs";
import { LARGEST_WORKER, compressedSize } from "./deploy/size.mjs";
import { setUp } from "./setup/environment.mjs";
import { NODE_BIN, ROOT } from "./setup/paths.mjs";
import { PlainError, run, runMain, say } from "./setup/process.mjs";
import { readDevVars } from "./start/dev-vars.mjs";

const WRANGLER = join(NODE_BIN, "wrangler");

/**
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
function wrangler(args, env) {
  if (!run(WRANGLER, args, { cwd: ROOT, env })) {
    throw new PlainError(`wrangler ${args[0]} failed: see the messages above.`);
  }
}

/**
 * Bundles as `wrangler deploy` does, and gives the compressed size.
 *
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
function bundleSize(args, env) {
  const folder = mkdtempSync(join(tmpdir(), "claimcheck-bundle-"));
  try {
    wrangler([...args, "--dry-run", "--outdir", folder], env);
    return compressedSize(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      origin: { type: "string" },
      secrets: { type: "string" },
      "dry-run": { type: "boolean", default: false },
    },
  });
  if (process.env["CLAIMCHECK_BUILD"] === "dev") {
    throw new PlainError("CLAIMCHECK_BUILD=dev builds what is not to be deployed: unset it.");
  }
  const env = setUp();
  // Packages that the set-up has just installed.
  const { unstable_readConfig: readConfig } = await import("wrangler");
  const { problems } = await import("./deploy/preflight.mjs");
  const config = readConfig({ config: join(ROOT, "wrangler.toml") }, { hideWarnings: true });
  const origin = values.origin ?? String(config.vars["PUBLIC_ORIGIN"] ?? "");
  const given = values.secrets === undefined ? new Map() : readDevVars(values.secrets);
  const list = ["secret", "list", "--format", "json"];
  const deployed = values["dry-run"]
    ? []
    : deployedNames(spawnSync(WRANGLER, list, { cwd: ROOT, env, encoding: "utf8" }));
  const found = problems({
    vars: { ...config.vars, PUBLIC_ORIGIN: origin },
    secrets: new Set([...given.keys(), ...deployed]),
    given,
    local: readDevVars(join(ROOT, ".dev.vars")),
  });
  if (found.length > 0) throw new PlainError(`Not deployed:\n- ${found.join("\n- ")}`);
  await build(env);
  const deploy = ["deploy", "--var", `PUBLIC_ORIGIN:${origin}`];
  const size = bundleSize(deploy, env);
  process.stdout.write(`The Worker has ${size} bytes compressed (at most ${LARGEST_WORKER}).\n`);
  if (size > LARGEST_WORKER) throw new PlainError("Not deployed: the Worker is too large.");
  if (values["dry-run"]) return;
  wrangler(["d1", "migrations", "apply", "DB", "--remote"], env);
  wrangler([...deploy, ...(values.secrets ? ["--secrets-file", values.secrets] : [])], env);
  say(`Deployed. ${origin}/healthz says within ten minutes whether all is well.`);
});
