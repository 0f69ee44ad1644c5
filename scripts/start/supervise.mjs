/** Runs programs side by side: all are ready, or all end; none outlives this process. */

import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { PlainError } from "../setup/process.mjs";

/**
 * @typedef {object} Program
 * @property {string} name as a person would call it
 * @property {readonly [string, ...string[]]} command
 * @property {NodeJS.ProcessEnv} env
 * @property {string} readyUrl answers as soon as the program serves
 */

/** @typedef {import("node:child_process").ChildProcess} ChildProcess */

const GRACE_MS = 5_000;
const READY_MS = 120_000;
const POLL_MS = 100;

/**
 * Starts the programs, calls back when all serve, and returns when a signal ended them. If one of
 * them ends by itself, the others are ended and this throws.
 *
 * @param {readonly Program[]} programs
 * @param {() => void} onReady
 */
export async function supervise(programs, onReady) {
  const running = programs.map(startProgram);
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  const signals = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);
  signals.forEach((signal) => process.on(signal, stop));
  try {
    const signalled = new Promise((resolve) => {
      stopped.signal.addEventListener("abort", () => resolve(undefined));
    });
    const failed = running.map(({ ended }) => ended);
    const ready = Promise.all(programs.map((program) => serves(program, stopped.signal)));
    await Promise.race([ready, signalled, ...failed]);
    if (!stopped.signal.aborted) onReady();
    await Promise.race([signalled, ...failed]);
  } finally {
    stop();
    await Promise.all(running.map(({ child }) => endGroup(child)));
    signals.forEach((signal) => process.off(signal, stop));
  }
}

/**
 * @param {Program} program
 * @returns {{ child: ChildProcess, ended: Promise<never> }} `ended` rejects when the program ends
 */
function startProgram({ name, command: [file, ...args], env }) {
  // Each gets a process group of its own, so that its children can be ended with it.
  const child = spawn(file, args, { env, stdio: ["ignore", "inherit", "inherit"], detached: true });
  /** @type {Promise<never>} */
  const ended = new Promise((_, reject) => {
    child.once("error", (error) => reject(new PlainError(`${name}: ${error.message}.`)));
    child.once("exit", () => reject(new PlainError(`${name} ended: see its messages above.`)));
  });
  ended.catch(() => {});
  return { child, ended };
}

/**
 * @param {Program} program
 * @param {AbortSignal} signal
 */
async function serves({ name, readyUrl }, signal) {
  const end = Date.now() + READY_MS;
  while (!signal.aborted) {
    try {
      const response = await fetch(readyUrl, { signal, redirect: "manual" });
      await response.arrayBuffer();
      if (response.ok) return;
    } catch {
      // Not listening yet.
    }
    if (Date.now() > end) throw new PlainError(`${name} does not answer at ${readyUrl}.`);
    await delay(POLL_MS);
  }
}

/** @param {ChildProcess} child */
async function endGroup(child) {
  const { pid } = child;
  if (pid === undefined) return;
  const isGone = () => !signalGroup(pid, 0);
  signalGroup(pid, "SIGTERM");
  const end = Date.now() + GRACE_MS;
  while (!isGone() && Date.now() < end) await delay(POLL_MS);
  if (!isGone()) signalGroup(pid, "SIGKILL");
}

/**
 * @param {number} group
 * @param {NodeJS.Signals | 0} signal
 * @returns {boolean} whether the group still has a member
 */
function signalGroup(group, signal) {
  try {
    process.kill(-group, signal);
    return true;
  } catch {
    return false;
  }
}
