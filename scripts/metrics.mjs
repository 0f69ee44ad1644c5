/**
 * `npm run metrics < LOG`: sums a log of the Worker by route, until it ends or Ctrl-C is pressed.
 *
 * LOG has a JSON line per call, as `npm start` prints them, or as `npx wrangler tail --format json` wraps them.
 * Whatever else is in it counts nothing.
 */

import { report, summarize } from "./metrics/summary.mjs";
import { ValueReader } from "./metrics/values.mjs";
import { say } from "./setup/process.mjs";

/**
 * The Worker's own lines in a value of a log.
 *
 * @param {any} value
 * @returns {unknown[]}
 */
function linesIn(value) {
  if (!Array.isArray(value.logs)) return [value];
  const reader = new ValueReader();
  for (const { message } of value.logs) {
    for (const part of [message].flat()) reader.push(`${part}\n`);
  }
  return reader.values;
}

const reader = new ValueReader();
const over = new Promise((resolve) => {
  process.stdin.once("end", resolve);
  // In a terminal Ctrl-C ends `wrangler tail` and this at once.
  process.once("SIGINT", resolve);
});
process.stdin.setEncoding("utf8").on("data", (text) => reader.push(String(text)));
say("Summing the log until it ends, or until Ctrl-C.");
await over;
process.stdin.destroy();
reader.end();
process.stdout.write(`${report(summarize(reader.values.flatMap(linesIn)))}\n`);
