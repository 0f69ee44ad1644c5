// Resident memory of a runtime's process, on Linux; elsewhere nothing is known of it.
import { readFileSync, readdirSync } from "node:fs";

const SAMPLE_MS = 20;

/** A process's status file; nothing if there is no such process. @param {number} pid */
function statusOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return "";
  }
}

/** Ids of this process's children that are the runtime. @returns {number[]} */
export function runtimes() {
  if (process.platform !== "linux") return [];
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  const ours = new RegExp(`^Name:\\s+workerd\\n(.*\\n)*?PPid:\\s+${process.pid}$`, "m");
  return pids.filter((pid) => ours.test(statusOf(pid)));
}

/** Bytes; null where nothing is known. @param {readonly number[]} pids */
function residentOf(pids) {
  if (pids.length === 0) return null;
  const sizes = pids.map((pid) => /^VmRSS:\s+(\d+) kB$/m.exec(statusOf(pid))?.[1] ?? 0);
  return sizes.reduce((sum, size) => sum + Number(size) * 1024, 0);
}

/** What a server's memory is as this begins, and the most that it is until `stop`. */
export class MemoryWatch {
  #timer;

  /** @param {readonly number[]} pids */
  constructor(pids) {
    this.before = this.peak = residentOf(pids);
    this.#timer = setInterval(() => {
      this.peak = Math.max(this.peak ?? 0, residentOf(pids) ?? 0);
    }, SAMPLE_MS);
    if (pids.length === 0) clearInterval(this.#timer);
  }

  /** @returns {{ before: number | null, peak: number | null }} in MB */
  stop() {
    clearInterval(this.#timer);
    const megabytes = (/** @type {number | null} */ size) => size && Math.round(size / 1e6);
    return { before: megabytes(this.before), peak: megabytes(this.peak) };
  }
}
