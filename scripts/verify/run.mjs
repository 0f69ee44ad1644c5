/** The verification itself. Exit status 0: no line is false. */

import { readFileSync } from "node:fs";
import { verifyPacket } from "claimcheck";
import { PlainError } from "../setup/process.mjs";
import { readArguments } from "./arguments.mjs";

const MARKS = { proved: "proved    ", not_proved: "not proved", false: "FALSE     " };

try {
  const { file, pinned } = readArguments(process.argv.slice(2));
  const lines = await verifyPacket(readFileSync(file), pinned);
  for (const { claim, verdict, why } of lines) {
    process.stdout.write(`${MARKS[verdict]}  ${claim}: ${why}\n`);
  }
  if (lines.some(({ verdict }) => verdict === "false")) process.exitCode = 1;
} catch (error) {
  const isKnown =
    error instanceof PlainError || (error instanceof Error && error.name === "ClaimcheckError");
  process.stderr.write(`${isKnown ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
