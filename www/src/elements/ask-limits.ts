/** Which files a seller takes as a detail: kinds to choose from, other media types, and a size. */
import { html, nothing, type TemplateResult } from "lit";
import { FAMILY_NAMES, MOST_MEGABYTES, type Family } from "../file-limits.js";
import { text } from "../text.js";
import type { Draft, Fault } from "./ask-draft.js";

/** `id` is what the ids of the fields begin with; `fault` the one that the person has to be told of. */
export function askLimits(
  draft: Draft,
  id: string,
  fault: Fault | undefined,
  change: (changes: Partial<Draft>) => void,
): TemplateResult {
  const typed = (event: Event) => (event.target as HTMLInputElement).value;
  return html`
    <div role="group" aria-labelledby="${id}-kinds" aria-describedby="${id}-kinds-note">
      <p id="${id}-kinds">${text.terms.takes}</p>
      <div class="choices">
        ${FAMILY_NAMES.map((family) => choice(family, draft.families, change))}
      </div>
      <p id="${id}-kinds-note" class="note">${text.terms.takesHint}</p>
    </div>
    <div class="fields">
      <div>
        <label for="${id}-types">${text.terms.otherTypes}</label>
        <input
          id="${id}-types"
          autocomplete="off"
          autocapitalize="none"
          spellcheck="false"
          .value=${draft.otherTypes}
          aria-describedby="${id}-types-note"
          aria-invalid=${fault === "types" ? "true" : nothing}
          @input=${(event: Event) => change({ otherTypes: typed(event) })}
        />
        ${note(`${id}-types-note`, fault === "types", text.terms.otherTypesHint, text.terms.typesInvalid)}
      </div>
      <div>
        <label for="${id}-megabytes">${text.terms.largest}</label>
        <input
          id="${id}-megabytes"
          inputmode="numeric"
          autocomplete="off"
          .value=${draft.megabytes}
          aria-describedby="${id}-megabytes-note"
          aria-invalid=${fault === "megabytes" ? "true" : nothing}
          @input=${(event: Event) => change({ megabytes: typed(event) })}
        />
        ${note(
          `${id}-megabytes-note`,
          fault === "megabytes",
          text.terms.largestHint(MOST_MEGABYTES),
          text.terms.largestInvalid(MOST_MEGABYTES),
        )}
      </div>
    </div>
  `;
}

function choice(
  family: Family,
  chosen: readonly Family[],
  change: (changes: Partial<Draft>) => void,
): TemplateResult {
  const toggle = (event: Event) => {
    const { checked } = event.target as HTMLInputElement;
    const others = chosen.filter((other) => other !== family);
    change({ families: checked ? [...others, family] : others });
  };
  return html`<label class="check"
    ><input type="checkbox" .checked=${chosen.includes(family)} @change=${toggle} />${
      text.terms.families[family]
    }</label
  >`;
}

const note = (id: string, isBad: boolean, hint: string, fault: string): TemplateResult =>
  html`<p id=${id} class=${isBad ? "note bad" : "note"} aria-live="polite">
    ${isBad ? fault : hint}
  </p>`;
