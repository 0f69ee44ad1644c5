/** One detail that a seller is about to ask for, as it stands in the form, and what is wrong with it. */
import type { RequiredInput } from "claimcheck";
import { readMegabytes, readTypes, type Family } from "../file-limits.js";

export interface Draft {
  readonly key: number;
  readonly label: string;
  readonly type: RequiredInput["type"];
  readonly timing: RequiredInput["timing"];
  readonly required: boolean;
  readonly description: string;
  /** Of a file. None, and no other types: any file. */
  readonly families: readonly Family[];
  readonly otherTypes: string;
  readonly megabytes: string;
}

export const newDraft = (key: number): Draft => ({
  key,
  label: "",
  type: "text",
  timing: "pre_payment",
  required: true,
  description: "",
  families: [],
  otherTypes: "",
  megabytes: "",
});

/** A field of the form that cannot be used as it is. */
export type Fault = "label" | "types" | "megabytes";

/** The first of them, from top to bottom. */
export function faultOf(draft: Draft): Fault | undefined {
  if (draft.label.trim() === "") return "label";
  if (draft.type !== "file") return undefined;
  if (readTypes(draft.families, draft.otherTypes) === undefined) return "types";
  return readMegabytes(draft.megabytes) === undefined ? "megabytes" : undefined;
}

/** Of a draft without a fault. */
export function toInput(draft: Draft): RequiredInput {
  const { key, label, type, timing, required, description } = draft;
  const constraints = type === "file" ? limitsOf(draft) : {};
  return {
    id: `input-${key}`,
    label: label.trim(),
    type,
    timing,
    required,
    ...(description.trim() === "" ? {} : { description: description.trim() }),
    ...(Object.keys(constraints).length === 0 ? {} : { constraints }),
  };
}

function limitsOf({ families, otherTypes, megabytes }: Draft): {
  mime_types?: readonly string[];
  max_size_mb?: number;
} {
  const types = readTypes(families, otherTypes) ?? [];
  const size = readMegabytes(megabytes) ?? null;
  return {
    ...(types.length === 0 ? {} : { mime_types: types }),
    ...(size === null ? {} : { max_size_mb: size }),
  };
}
