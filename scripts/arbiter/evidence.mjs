/** What the parties say, on the terminal and on disk. */

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * A party's words as lines of their own. What could steer a terminal is shown, not sent.
 *
 * @param {string} text
 */
export function quoted(text) {
  const shown = text.replaceAll(
    /[^\P{C}\n]/gu,
    (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`,
  );
  return shown.split("\n").map((line) => `    | ${line}`);
}

/** @param {import("claimcheck").OpenedEvidence} evidence */
export function printEvidence(evidence) {
  const { disputeId, by, act, kind, at, problem, text, hasKey, files } = evidence;
  const date = new Date(at * 1000).toISOString();
  const lines = [
    `\n${disputeId}: ${act}${kind ? ` (${kind})` : ""} by ${by}, ${date} by its clock`,
  ];
  if (problem !== null && act !== "withdraw") lines.push(`    ${problem}`);
  if (text !== null) lines.push(...quoted(text));
  for (const { path, contentType, bytes } of files) {
    lines.push(...quoted(`encloses ${path} (${contentType}, ${bytes.length} bytes)`));
  }
  if (hasKey) lines.push("    encloses the key to the files");
  process.stdout.write(`${lines.join("\n")}\n`);
}

/**
 * Writes what is enclosed below a folder, one folder for each statement. Nothing is overwritten.
 *
 * @param {string} folder
 * @param {readonly import("claimcheck").OpenedEvidence[]} evidence
 */
export function saveEvidence(folder, evidence) {
  for (const [index, { files }] of evidence.entries()) {
    for (const { path, bytes } of files) {
      const target = join(folder, "evidence", String(index + 1), ...path.split("/"));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, bytes, { flag: "wx" });
    }
  }
}
