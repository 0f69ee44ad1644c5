/** What failed, in a plain sentence, and what to do about it. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { explain } from "../failures.js";
import type { Failure } from "../state/failure.js";
import { text } from "../text.js";
import { Light } from "./light.js";

@customElement("cc-failure")
export class FailureNotice extends Light {
  @property({ attribute: false }) failure: Failure | undefined;

  override render(): unknown {
    if (this.failure === undefined) return nothing;
    const { what, next } = explain(this.failure);
    return html`
      <wa-callout variant="danger" role="alert">
        <strong>${what}</strong>
        <p>${next}</p>
        ${this.#details(this.failure)}
      </wa-callout>
    `;
  }

  #details({ code, path, chunk, declaredType, foundType, requestId }: Failure): TemplateResult {
    const facts: [string, string | number | undefined][] = [
      [text.failure.code, code],
      [text.failure.file, path],
      [text.failure.chunk, chunk],
      [text.failure.declared, declaredType],
      [text.failure.found, foundType],
      [text.failure.request, requestId],
    ];
    const known = facts.filter(([, value]) => value !== undefined);
    return html`
      <details>
        <summary>${text.failure.details}</summary>
        <dl class="facts">
          ${known.map(
            ([name, value]) =>
              html`<div>
                <dt>${name}</dt>
                <dd>${value}</dd>
              </div>`,
          )}
        </dl>
      </details>
    `;
  }
}
