/** What a log's lines say of each route: how many calls, how fast, and how they ended. */

/**
 * @typedef {object} RouteSummary
 * @property {number} count
 * @property {number} successes
 * @property {Record<string, number>} refusals the caller's fault, by code
 * @property {Record<string, number>} errors the server's or a dependency's, by code
 * @property {Map<number, number>} histogram calls by the upper bound of their latency in ms, ascending; Infinity: above
 */

/** @returns {RouteSummary} */
const none = () => ({ count: 0, successes: 0, refusals: {}, errors: {}, histogram: new Map() });

/**
 * Sums the lines of calls; other lines count nothing.
 *
 * @param {Iterable<unknown>} lines parsed JSON lines of the Worker's log
 * @returns {Map<string, RouteSummary>} by route, sorted by name
 */
export function summarize(lines) {
  /** @type {Map<string, RouteSummary>} */
  const routes = new Map();
  for (const line of lines) {
    if (!isCall(line)) continue;
    const summary = routes.get(line.route) ?? none();
    routes.set(line.route, summary);
    summary.count += 1;
    const bound = line.le ?? Infinity;
    summary.histogram.set(bound, (summary.histogram.get(bound) ?? 0) + 1);
    if (line.fault === undefined) {
      summary.successes += 1;
    } else {
      const codes = line.fault === "caller" ? summary.refusals : summary.errors;
      codes[line.outcome] = (codes[line.outcome] ?? 0) + 1;
    }
  }
  for (const summary of routes.values()) {
    summary.histogram = new Map([...summary.histogram].sort(([a], [b]) => a - b));
  }
  return new Map([...routes].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * @param {unknown} line
 * @returns {line is { route: string, le: number | null, outcome: string, fault?: string }}
 */
function isCall(line) {
  return typeof line === "object" && line !== null && "route" in line && "le" in line;
}

/**
 * The bound under which this part of the calls lies.
 *
 * @param {RouteSummary} summary
 * @param {number} part such as 0.95
 */
export function quantile({ count, histogram }, part) {
  let seen = 0;
  for (const [bound, calls] of histogram) {
    seen += calls;
    if (seen >= part * count) return bound;
  }
  return Infinity;
}

/**
 * One line of text per route.
 *
 * @param {Map<string, RouteSummary>} routes
 */
export function report(routes) {
  const percent = (/** @type {number} */ part, /** @type {number} */ all) =>
    `${((100 * part) / all).toFixed(1)} %`;
  const sum = (/** @type {Record<string, number>} */ codes) =>
    Object.values(codes).reduce((total, calls) => total + calls, 0);
  const rows = [...routes].map(([name, summary]) => [
    name,
    String(summary.count),
    percent(summary.successes, summary.count),
    percent(sum(summary.errors), summary.count),
    ...[0.5, 0.95, 0.99].map((part) => String(quantile(summary, part))),
  ]);
  const all = [
    ["route", "calls", "success", "errors", "p50 ≤ ms", "p95 ≤ ms", "p99 ≤ ms"],
    ...rows,
  ];
  const widths = all[0]?.map((_, column) =>
    Math.max(...all.map((row) => row[column]?.length ?? 0)),
  );
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths?.[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
