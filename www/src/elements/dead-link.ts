/** What is said of a link that leads nowhere. */
import { html, type TemplateResult } from "lit";
import type { Failure } from "../state/failure.js";
import { text } from "../text.js";
import { callout } from "./callout.js";

/** To whoever has followed a link that could not be opened. */
export function notOpened(failure: Failure): TemplateResult {
  const words = text.link.dead[failure.code];
  return words === undefined
    ? html`<cc-failure .failure=${failure}></cc-failure>`
    : callout("warning", `${words} ${text.link.ask}`, "alert");
}
