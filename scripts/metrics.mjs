/**
 * `npm run metrics < LOG`: sums a log of the Worker by route.
 *
 * LOG has a JSON line per call, as `npm start` prints them, or as `npx wrangler tail --format json` wraps them.
 * Whatever else is in it counts nothing.
 */

import { createInterface } from "node:readline";
import { report, summarize } from "./metrics/summary.mjs";

/**
 * The Worker's own lines in a line of a log.
 *
 * @param {string} line
 * @returns {unknown[]}
 */
function parse(line) {
  try {
    const value = JSON.parse(line);
    if (!Array.isArray(value?.logs)) return [value];
    return value.logs.flatMap((/** @type {{ message: string[] }} */ { message }) =>
      message.flatMap(parse),
    );
  } catch {
    return [];
  }
}

/** @type {unknown[]} */
const lines = [];
for await (const line of createInterface({ input: process.stdin })) lines.push(...parse(line));
process.stdout.write(`${report(summarize(lines))}\n`);
