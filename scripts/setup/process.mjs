/** Running other programs, and the one way to end with a plain sentence. */

import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** An error whose message is meant for the person at the terminal; no stack is shown. */
export class PlainError extends Error {}

/**
 * A line of progress. Standard output stays free for what a command is asked to print.
 *
 * @param {string} line
 */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * @typedef {{ cwd?: string, env?: NodeJS.ProcessEnv }} RunOptions
 */

/**
 * The trimmed standard output of a program, or undefined if it is missing or fails.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 */
export function capture(command, args, options = {}) {
  const result = spawnSync(command, args, {
    ...options,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/**
 * Runs a program with its output shown on standard error.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {boolean} whether it succeeded
 */
export function run(command, args, options = {}) {
  // What a tool says of its failure is for the user; where in its code it failed is not.
  const env = { ...(options.env ?? process.env), RUST_BACKTRACE: "0" };
  const result = spawnSync(command, args, { ...options, env, stdio: ["ignore", 2, 2] });
  return result.status === 0;
}

/**
 * Runs a program with its standard output repeated on ours and handed on line by line.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions & { onLine: (line: string) => void }} options
 * @returns {Promise<boolean>}
 */
export function runWatched(command, args, { onLine, ...options }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let rest = "";
    child.stdout.setEncoding("utf8");
    child.stdout.on("data", (/** @type {string} */ text) => {
      process.stdout.write(text);
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      lines.forEach(onLine);
    });
    child.stderr.pipe(process.stderr, { end: false });
    child.on("error", () => resolve(false));
    child.on("close", (code) => {
      if (rest) onLine(rest);
      resolve(code === 0);
    });
  });
}

/**
 * The full path of a program on PATH.
 *
 * @param {string} name
 * @param {NodeJS.ProcessEnv} [env]
 */
export function onPath(name, env = process.env) {
  return (env["PATH"] ?? "")
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** @param {string} path */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** What the npm package throws on purpose speaks to people too. @param {unknown} error @returns {error is Error} */
const isPlain = (error) =>
  error instanceof PlainError || (error instanceof Error && error.name === "ClaimcheckError");

/**
 * Ends the process with the plain sentence of an error that has one; other errors keep their stack.
 *
 * @param {() => Promise<void>} main
 */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    if (!isPlain(error)) throw error;
    say(`\n${error.message}`);
    process.exitCode = 1;
  }
}
