/** A notice that stands out, and that those who hear the page are told of. */
import { html, type TemplateResult } from "lit";

/** `role`: an alert is told at once. */
export function callout(
  variant: "neutral" | "brand" | "success" | "warning" | "danger",
  words: unknown,
  role: "status" | "alert" = "status",
): TemplateResult {
  return html`<wa-callout variant=${variant} role=${role}>${words}</wa-callout>`;
}
