/** Which secrets the Worker has already, as `wrangler secret list` says. */

import { PlainError } from "../setup/process.mjs";

/** What wrangler says before the first deployment. */
const NO_WORKER = /Worker ".*" not found/;

/**
 * @param {{ status: number | null, stdout: string, stderr: string }} answer of `wrangler secret list --format json`
 * @returns {string[]} names
 */
export function deployedNames({ status, stdout, stderr }) {
  if (status === 0)
    return JSON.parse(stdout).map((/** @type {{ name: string }} */ { name }) => name);
  if (NO_WORKER.test(`${stdout}\n${stderr}`)) return [];
  throw new PlainError(`${stdout}${stderr}\nwrangler cannot list the Worker's secrets.`);
}
