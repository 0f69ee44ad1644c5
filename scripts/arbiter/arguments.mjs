/** The arguments of `npm run arbiter`. */

import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { PlainError } from "../setup/process.mjs";

const USAGE = `Usage: npm run arbiter -- new
       npm run arbiter -- register --server URL
       npm run arbiter -- PACKET.json [--server URL | --chunks DIR] [--save DIR] [--server-key KID|JWKS.json]
                          [--rule for_buyer|for_seller --because TEXT [--dispute ID] --server URL]
With --server, the id of a disputed transfer stands for its packet. The arbiter's recovery phrase comes from
--phrase-file FILE, or from the environment variable CLAIMCHECK_ARBITER_PHRASE.`;

const TEXT = /** @type {const} */ ({ type: "string" });
const OPTIONS = {
  "phrase-file": TEXT,
  server: TEXT,
  chunks: TEXT,
  save: TEXT,
  "server-key": TEXT,
  rule: TEXT,
  because: TEXT,
  dispute: TEXT,
};

/**
 * @typedef {object} Arguments
 * @property {string} subject `new`, `register`, a packet's file or a transfer's id
 * @property {string | undefined} phraseFile
 * @property {string | undefined} server
 * @property {string | undefined} chunks
 * @property {string | undefined} save
 * @property {string | undefined} pinned
 * @property {{ ruling: "for_buyer" | "for_seller", because: string, dispute: string | undefined } | undefined} verdict
 */

/**
 * @param {readonly string[]} args
 * @returns {Arguments}
 */
export function readArguments(args) {
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
  } catch {
    throw new PlainError(USAGE);
  }
  const [subject, ...rest] = parsed.positionals;
  const { server, chunks, save, rule, because, dispute, ...others } = parsed.values;
  if (subject === undefined || rest.length > 0) throw new PlainError(USAGE);
  if (server !== undefined && chunks !== undefined) throw new PlainError(USAGE);
  const isFile = subject !== "new" && subject !== "register" && !subject.startsWith("transfer_");
  if (isFile && !existsSync(subject)) throw new PlainError(`There is no file ${subject}.`);
  if (subject !== "new" && !isFile && server === undefined) throw new PlainError(USAGE);
  const key = others["server-key"];
  return {
    subject,
    phraseFile: others["phrase-file"],
    server,
    chunks,
    save,
    pinned: key !== undefined && existsSync(key) ? readFileSync(key, "utf8") : key,
    verdict: readVerdict(rule, because, dispute, server),
  };
}

/**
 * @param {string | undefined} ruling
 * @param {string | undefined} because
 * @param {string | undefined} dispute
 * @param {string | undefined} server
 */
function readVerdict(ruling, because, dispute, server) {
  if (ruling === undefined && because === undefined && dispute === undefined) return undefined;
  if (because === undefined || server === undefined) throw new PlainError(USAGE);
  if (ruling !== "for_buyer" && ruling !== "for_seller") throw new PlainError(USAGE);
  return /** @type {const} */ ({ ruling, because, dispute });
}
