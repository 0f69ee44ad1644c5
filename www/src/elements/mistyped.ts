/** A warning for each file that is not what it was declared as. It was paid for, so it is saved all the same. */
import type { TemplateResult } from "lit";
import type { DownloadedFile } from "claimcheck";
import { text } from "../text.js";
import { callout } from "./callout.js";

export function mistyped(files: readonly DownloadedFile[]): TemplateResult[] {
  return files.flatMap(({ path, contentType, typeFound }) =>
    typeFound === undefined
      ? []
      : callout("warning", text.sale.mistyped(path, contentType, typeFound), "alert"),
  );
}
