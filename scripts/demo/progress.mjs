// The progress of the demo, on stderr: one line that is redrawn on a terminal, else a line a quarter.

/** @param {number} bytes */
function mebibytes(bytes) {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** @param {string} what */
export function progressOf(what) {
  const began = performance.now();
  let shown = -1;
  /** @param {{phase: string, bytesDone: number, bytesTotal: number, retries: number}} progress */
  return ({ phase, bytesDone, bytesTotal, retries }) => {
    const share = bytesTotal === 0 ? (phase === "ended" ? 1 : 0) : bytesDone / bytesTotal;
    const seconds = (performance.now() - began) / 1000;
    const speed = seconds > 0 ? `, ${mebibytes(bytesDone / seconds)}/s` : "";
    const again = retries > 0 ? `, ${retries} retries` : "";
    const line = `${what}: ${Math.floor(share * 100)} % of ${mebibytes(bytesTotal)}${speed}${again}`;
    if (process.stderr.isTTY) {
      process.stderr.write(`\r\u001b[K${line}${phase === "ended" ? "\n" : ""}`);
    } else if (Math.floor(share * 4) > shown) {
      shown = Math.floor(share * 4);
      process.stderr.write(`${line}\n`);
    }
  };
}
