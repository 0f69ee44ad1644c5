/** Sizes, times and ids as people read them. */

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** In decimal units, as file managers show them: 4.2 MB. */
export function bytes(count: number): string {
  const exponent = Math.min(Math.floor(Math.log10(Math.max(count, 1)) / 3), UNITS.length - 1);
  const value = count / 1000 ** exponent;
  return new Intl.NumberFormat(undefined, {
    style: "unit",
    unit: UNITS[exponent] ?? "byte",
    unitDisplay: exponent === 0 ? "long" : "short",
    maximumFractionDigits: exponent === 0 || value >= 100 ? 0 : 1,
  }).format(value);
}

const SPANS = [
  { unit: "day", seconds: 86_400 },
  { unit: "hour", seconds: 3600 },
  { unit: "minute", seconds: 60 },
  { unit: "second", seconds: 1 },
] as const;

/** A length of time in its largest fitting unit: 7 days, 2 minutes. */
export function span(seconds: number): string {
  const { unit, seconds: length } =
    SPANS.find(({ seconds: length }) => seconds >= length) ?? SPANS[3];
  const value = Math.max(1, Math.round(seconds / length));
  return new Intl.NumberFormat(undefined, { style: "unit", unit, unitDisplay: "long" }).format(
    value,
  );
}

/** Of Unix seconds. */
export function moment(unixSeconds: number): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(
    unixSeconds * 1000,
  );
}

/** Of Unix seconds: the day, or the time where that is today. */
export function recent(unixSeconds: number): string {
  const date = new Date(unixSeconds * 1000);
  const isToday = date.toDateString() === new Date().toDateString();
  return new Intl.DateTimeFormat(
    undefined,
    isToday ? { timeStyle: "short" } : { dateStyle: "medium" },
  ).format(date);
}

/** Beginning and end of an id or a hash: enough to tell two apart, not enough to trust. */
export function short(id: string): string {
  return id.length <= 20 ? id : `${id.slice(0, 12)}…${id.slice(-6)}`;
}

/** A person by name where there is one, always with the id. */
export function person(name: string | undefined, id: string): string {
  return name ? `${name} (${short(id)})` : short(id);
}

/** What a file is called without its folders. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
