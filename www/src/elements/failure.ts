/** What failed, in a plain sentence, and what to do about it. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { explain } from "../failures.js";
import type { Failure } from "../state/failure.js";
import { text } from "../text.js";
import { callout } from "./callout.js";
import { facts } from "./facts.js";
import { Light } from "./light.js";

@customElement("cc-failure")
export class FailureNotice extends Light {
  @property({ attribute: false }) failure: Failure | undefined;

  override render(): unknown {
    if (this.failure === undefined) return nothing;
    const { what, next } = explain(this.failure);
    return callout(
      "danger",
      html`<strong>${what}</strong>
        <p>${next}</p>
        ${this.#details(this.failure)}`,
      "alert",
    );
  }

  #details({ code, path, chunk, declaredType, foundType, requestId }: Failure): TemplateResult {
    return html`
      <details>
        <summary>${text.failure.details}</summary>
        ${facts([
          [text.failure.code, code],
          [text.failure.file, path],
          [text.failure.chunk, chunk],
          [text.failure.declared, declaredType],
          [text.failure.found, foundType],
          [text.failure.request, requestId],
        ])}
      </details>
    `;
  }
}
