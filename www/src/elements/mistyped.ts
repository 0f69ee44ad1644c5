/** A warning for each file that is not what it was declared as. It was paid for, so it is saved all the same. */
import { html, type TemplateResult } from "lit";
import type { DownloadedFile } from "claimcheck";
import { text } from "../text.js";

export function mistyped(files: readonly DownloadedFile[]): TemplateResult[] {
  return files.flatMap(({ path, contentType, typeFound }) =>
    typeFound === undefined
      ? []
      : html`<wa-callout variant="warning" role="alert"
          >${text.sale.mistyped(path, contentType, typeFound)}</wa-callout
        >`,
  );
}
