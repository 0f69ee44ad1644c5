/** Which files a seller takes as a detail: media types, by families or written out, and sizes. */

export type Family = "image" | "pdf" | "document" | "text" | "audio" | "video" | "archive";

/** What people call one kind of file may have several media types. */
const FAMILIES: Readonly<Record<Family, readonly string[]>> = {
  image: ["image/*"],
  pdf: ["application/pdf"],
  document: [
    "application/msword",
    "application/rtf",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  ],
  text: ["text/*"],
  audio: ["audio/*"],
  video: ["video/*"],
  archive: ["application/zip", "application/x-zip-compressed"],
};

export const FAMILY_NAMES = Object.keys(FAMILIES) as readonly Family[];

/** What sizes are counted in, in bytes. */
export const MEGABYTE = 1_000_000;
/** The size cap of one file. */
export const MOST_MEGABYTES = 200;

/** The most types that the protocol takes. */
const MOST_TYPES = 20;

const NAME = "[a-z0-9][a-z0-9!#$&^_.+-]{0,126}";
const PATTERN = new RegExp(`^${NAME}/(?:\\*|${NAME})$`);

/** The patterns of families, and of types that were written out with commas or spaces between; nothing where one is none. */
export function readTypes(
  families: readonly Family[],
  written: string,
): readonly string[] | undefined {
  const others = written
    .toLowerCase()
    .split(/[\s,;]+/)
    .filter(Boolean);
  const patterns = new Set([...families.flatMap((family) => FAMILIES[family]), ...others]);
  const isGood = others.every((type) => PATTERN.test(type)) && patterns.size <= MOST_TYPES;
  return isGood ? [...patterns] : undefined;
}

/** The families that patterns name in full, and what else they name. */
export function splitTypes(patterns: readonly string[]): {
  families: readonly Family[];
  others: readonly string[];
} {
  const families = FAMILY_NAMES.filter((family) =>
    FAMILIES[family].every((pattern) => patterns.includes(pattern)),
  );
  const known = new Set(families.flatMap((family) => FAMILIES[family]));
  return { families, others: patterns.filter((pattern) => !known.has(pattern)) };
}

/** Whether one of the patterns covers a type. */
export function isCovered(type: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith("/*") ? type.startsWith(pattern.slice(0, -1)) : type === pattern,
  );
}

/** Null: the most there is. Nothing where what was typed is no size. */
export function readMegabytes(typed: string): number | null | undefined {
  if (typed.trim() === "") return null;
  const count = Number(typed);
  return Number.isInteger(count) && count >= 1 && count <= MOST_MEGABYTES ? count : undefined;
}
