/** One build at a time in a checkout, so that two commands never write the same output. */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { PlainError, say } from "../setup/process.mjs";

const POLL_MS = 200;
const LONGEST_WAIT_MS = 30 * 60_000;

/**
 * Takes the lock unless a living process holds it.
 *
 * @param {string} file
 */
export function tryLock(file) {
  mkdirSync(dirname(file), { recursive: true });
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    if (isHeld(file)) return false;
    rmSync(file, { force: true });
    return tryLock(file);
  }
}

/** @param {string} file */
function isHeld(file) {
  try {
    process.kill(Number(readFileSync(file, "utf8")), 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/**
 * Runs a task while holding the lock.
 *
 * @template T
 * @param {string} file
 * @param {() => T | Promise<T>} task
 * @returns {Promise<T>}
 */
export async function withLock(file, task) {
  const end = Date.now() + LONGEST_WAIT_MS;
  for (let told = false; !tryLock(file); told = true) {
    if (!told) say("Waiting for another build of this checkout to end.");
    if (Date.now() > end) throw new PlainError(`Another build holds ${file}: end it first.`);
    await delay(POLL_MS);
  }
  try {
    return await task();
  } finally {
    rmSync(file, { force: true });
  }
}
