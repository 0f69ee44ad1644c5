// The command line of `npm run demo`.
import { statSync } from "node:fs";
import { parseArgs } from "node:util";
import { PlainError } from "../setup/process.mjs";

export const USAGE = "npm run demo -- FILE [--paid] [--keep DIR] [--browser]";

/**
 * @param {string[]} argv
 * @returns {{ file: string, keep: string | undefined, browser: boolean, paid: boolean }}
 */
export function readArguments(argv) {
  const { values, positionals } = parse(argv);
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new PlainError(`Name one file: ${USAGE}`);
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
    throw new PlainError(`${file} is not a file that can be read.`);
  }
  return { file, keep: values.keep, browser: values.browser, paid: values.paid };
}

/** @param {string[]} args */
function parse(args) {
  const options = /** @type {const} */ ({
    keep: { type: "string" },
    browser: { type: "boolean", default: false },
    paid: { type: "boolean", default: false },
  });
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new PlainError(
      `${error instanceof Error ? error.message : String(error)}. Use: ${USAGE}`,
    );
  }
}
