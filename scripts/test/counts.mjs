/** Reads how many tests passed and failed from what the runners print. */

/** @typedef {{ passed: number, failed: number }} Counts */

const ESCAPES = /\u001b\[[0-9;]*m/g;

/** The closing line of `cargo test` and of wasm-bindgen's runner, one for each test program. */
const CARGO = /^test result: \w+\. (\d+) passed; (\d+) failed/;

/** The closing lines of Node's `spec` reporter. */
const NODE = /^ℹ (pass|fail|cancelled) (\d+)$/;

/**
 * What one line of a runner's output adds to the counts.
 *
 * @param {string} line
 * @returns {Counts}
 */
export function countsOfLine(line) {
  const plain = line.replace(ESCAPES, "").trim();
  const cargo = CARGO.exec(plain);
  if (cargo) return { passed: Number(cargo[1]), failed: Number(cargo[2]) };
  const node = NODE.exec(plain);
  if (!node) return { passed: 0, failed: 0 };
  const count = Number(node[2]);
  return node[1] === "pass" ? { passed: count, failed: 0 } : { passed: 0, failed: count };
}

/**
 * @param {readonly Counts[]} all
 * @returns {Counts}
 */
export function sumCounts(all) {
  const sum = { passed: 0, failed: 0 };
  for (const { passed, failed } of all) {
    sum.passed += passed;
    sum.failed += failed;
  }
  return sum;
}

/**
 * The counts of one run. A runner that fails without counting a failure (it could not compile, it
 * was killed), or that ran no test at all, counts as one failure.
 *
 * @param {readonly Counts[]} lines
 * @param {boolean} succeeded the runner's exit status
 * @returns {Counts}
 */
export function countsOfRun(lines, succeeded) {
  const { passed, failed } = sumCounts(lines);
  const isUncounted = failed === 0 && (!succeeded || passed === 0);
  return { passed, failed: isUncounted ? 1 : failed };
}
