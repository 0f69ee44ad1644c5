/** A QR code, drawn by this page: a link's secret goes nowhere for it. */
import encode from "qr";
import { html, svg, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { Light } from "./light.js";

@customElement("cc-qr")
export class QrCode extends Light {
  @property() value = "";
  @property() label = "";

  override render(): TemplateResult {
    const rows = encode(this.value, "raw", { ecc: "low", border: 4 });
    const dark = rows.flatMap((row, y) =>
      row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])),
    );
    return html`
      <svg
        class="qr"
        role="img"
        aria-label=${this.label}
        viewBox="0 0 ${rows.length} ${rows.length}"
        shape-rendering="crispEdges"
      >
        ${svg`<rect width="100%" height="100%" fill="#fff"></rect><path fill="#000" d=${dark.join("")}></path>`}
      </svg>
    `;
  }
}
