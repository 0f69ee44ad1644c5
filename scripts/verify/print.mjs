/** A verifier's lines on the terminal. */

const MARKS = { proved: "proved    ", not_proved: "not proved", false: "FALSE     " };

/** @param {readonly import("claimcheck").PacketLine[]} lines */
export function printLines(lines) {
  for (const { claim, verdict, why } of lines) {
    process.stdout.write(`${MARKS[verdict]}  ${plain(claim)}: ${plain(why)}\n`);
  }
}

/** @param {readonly import("claimcheck").PacketLine[]} lines */
export const isAnyFalse = (lines) => lines.some(({ verdict }) => verdict === "false");

/**
 * Names of files and reasons may hold what steers a terminal, which is shown instead of sent.
 *
 * @param {string} text
 */
const plain = (text) =>
  text.replaceAll(/\p{C}/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
