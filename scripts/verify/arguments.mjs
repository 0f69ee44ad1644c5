/** The arguments of `npm run verify`. */

import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { PlainError } from "../setup/process.mjs";

const USAGE = "Usage: npm run verify -- PACKET.json|AUDIT.json [--server-key KID|JWKS.json]";

/**
 * @param {readonly string[]} args
 * @returns {{ file: string, pinned: string | undefined }}
 */
export function readArguments(args) {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { "server-key": { type: "string" } },
    });
  } catch {
    throw new PlainError(USAGE);
  }
  const [file, ...rest] = parsed.positionals;
  if (file === undefined || rest.length > 0) throw new PlainError(USAGE);
  if (!existsSync(file)) throw new PlainError(`There is no file ${file}.`);
  const key = parsed.values["server-key"];
  return { file, pinned: key !== undefined && existsSync(key) ? readFileSync(key, "utf8") : key };
}
