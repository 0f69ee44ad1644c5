/** An element that renders into the page itself, where the page's styles and labels reach it. */
import { LitElement } from "lit";

export class Light extends LitElement {
  protected override createRenderRoot(): this {
    return this;
  }
}
