/** What backup and restore take on their command lines. */

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { PlainError } from "../setup/process.mjs";

const OPTIONS = /** @type {const} */ ({
  local: { type: "boolean", default: false },
  remote: { type: "boolean", default: false },
  database: { type: "string", default: "DB" },
  config: { type: "string" },
});

/**
 * @typedef {object} Target
 * @property {string} database as wrangler names it: a binding of wrangler.toml, or with --remote any database's name
 * @property {"--local" | "--remote"} where
 * @property {string | undefined} config a wrangler.toml other than the project's
 */

/**
 * @param {readonly string[]} args
 * @param {string} command for the message
 * @returns {{ file: string, target: Target }}
 */
export function parseArguments(args, command) {
  const usage = new PlainError(
    `Usage: npm run ${command} -- FILE --local|--remote [--database NAME] [--config FILE]`,
  );
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
  } catch {
    throw usage;
  }
  const { local, remote, database, config } = parsed.values;
  const [file, ...rest] = parsed.positionals;
  if (file === undefined || rest.length > 0 || local === remote) throw usage;
  return {
    file: resolve(file),
    target: {
      database,
      where: remote ? "--remote" : "--local",
      config: config === undefined ? undefined : resolve(config),
    },
  };
}
