/** Names and values, one below the other. */
import { html, type TemplateResult } from "lit";

export function facts(pairs: readonly (readonly [name: string, value: unknown])[]): TemplateResult {
  const known = pairs.filter(([, value]) => value !== undefined && value !== null);
  return html`
    <dl class="facts">
      ${known.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
  `;
}
