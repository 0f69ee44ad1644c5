/** One detail that a seller asks for, as a field of its kind. */
import { html, nothing, type TemplateResult } from "lit";
import type { RequiredInput } from "claimcheck";
import { bytes } from "../format.js";
import { isCovered, MEGABYTE, MOST_MEGABYTES, splitTypes } from "../file-limits.js";
import { text } from "../text.js";

/** Characters, where the offer names no limit: what the protocol takes. */
const USUAL_LENGTH = { text: 1000, textarea: 10_000, url: 2048 } as const;

/** What was entered: a text without space around it, a file, or nothing. */
export type Answer = string | File | undefined;

export type Control = HTMLInputElement | HTMLTextAreaElement;

export const answerId = ({ id }: RequiredInput): string => `answer-${id}`;

export function answerOf(control: Control | null): Answer {
  if (control instanceof HTMLInputElement && control.type === "file") return control.files?.[0];
  return control?.value.trim() || undefined;
}

/** `changed` is called while it is being filled in; the note below it is `answer-ID-note`. */
export function answerField(
  input: RequiredInput,
  isBad: boolean,
  changed: () => void,
): TemplateResult {
  const id = answerId(input);
  const invalid = isBad ? "true" : nothing;
  const { type, constraints = {} } = input;
  if (type === "file")
    return html`<input
      id=${id}
      type="file"
      accept=${constraints.mime_types?.join(",") ?? nothing}
      aria-describedby="${id}-note"
      aria-invalid=${invalid}
      @change=${changed}
    />`;
  const most = constraints.max_len ?? USUAL_LENGTH[type];
  if (type === "textarea")
    return html`<textarea
      id=${id}
      rows="4"
      maxlength=${most}
      aria-describedby="${id}-note"
      aria-invalid=${invalid}
      @input=${changed}
    ></textarea>`;
  return html`<input
    id=${id}
    type=${type}
    placeholder=${type === "url" ? "https://" : nothing}
    maxlength=${most}
    autocomplete="off"
    aria-describedby="${id}-note"
    aria-invalid=${invalid}
    @input=${changed}
  />`;
}

/** What the seller says about it, and what a file keeps to. */
export function answerHint({ type, description, constraints }: RequiredInput): string {
  if (type !== "file") return description ?? "";
  const types = constraints?.mime_types;
  const limits = [types && text.answers.takes(typeList(types)), mostBytes(constraints)];
  return [description, ...limits].filter(Boolean).join(" ");
}

/** Why an answer cannot be sent, as far as it can be told before it is. `isDue`: none at all is wrong too. */
export function answerFault(
  { required, constraints }: RequiredInput,
  answer: Answer,
  isDue: boolean,
): string | undefined {
  if (answer === undefined) return isDue && required ? text.answers.missing : undefined;
  if (typeof answer === "string") return undefined;
  if (answer.size > mostMegabytes(constraints) * MEGABYTE)
    return text.answers.tooLarge(mostBytes(constraints));
  const types = constraints?.mime_types;
  // Where the browser does not know a type, the package looks into the file.
  const isOther = types !== undefined && answer.type !== "" && !isCovered(answer.type, types);
  return isOther ? text.answers.otherType(answer.type, typeList(types)) : undefined;
}

const mostMegabytes = (constraints: RequiredInput["constraints"]): number =>
  constraints?.max_size_mb ?? MOST_MEGABYTES;

const mostBytes = (constraints: RequiredInput["constraints"]): string =>
  text.answers.mostBytes(bytes(mostMegabytes(constraints) * MEGABYTE));

function typeList(patterns: readonly string[]): string {
  const { families, others } = splitTypes(patterns);
  return [...families.map((family) => text.terms.families[family]), ...others].join(", ");
}
