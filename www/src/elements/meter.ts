/** How far a transfer is, how fast, and for how much longer; with a button that cancels it. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { bytes, span } from "../format.js";
import { AT_REST, type Reading } from "../state/meter.js";
import { text } from "../text.js";
import { Light } from "./light.js";

/** Those who hear the page are told every so many percent. */
const MILESTONE = 25;

@customElement("cc-meter")
export class TransferMeter extends Light {
  @property({ attribute: false }) reading: Reading = AT_REST;
  @property() what = "";
  @property({ type: Boolean }) isCancelling = false;

  override render(): TemplateResult {
    const { done, total, phase, retries } = this.reading;
    const percent = total === 0 ? 0 : Math.floor((done / total) * 100);
    const isWaiting = phase === "waiting";
    return html`
      <section class="meter" aria-label=${this.what} data-phase=${phase}>
        <div class="row">
          <strong>${this.#headline()}</strong>
          <button class="small wa-outlined" @click=${this.#cancel} ?disabled=${this.isCancelling}>
            ${this.isCancelling ? text.transfer.cancelling : text.transfer.cancel}
          </button>
        </div>
        <progress max="100" .value=${percent} aria-label=${this.what}>${percent} %</progress>
        <p class="quiet figures">
          <span>${text.transfer.of(bytes(done), bytes(total))}</span>
          ${this.#pace()}
          ${retries > 0 ? html`<span>${text.transfer.retries(retries)}</span>` : nothing}
        </p>
        <p class="hidden" role="status">
          ${isWaiting ? text.transfer.waiting : text.transfer.milestone(this.what, percent - (percent % MILESTONE))}
        </p>
      </section>
    `;
  }

  #headline(): string {
    const { phase, done, total } = this.reading;
    if (phase === "waiting") return text.transfer.waiting;
    if (phase === "started") return text.transfer.started;
    if (phase === "resumed") return text.transfer.resumed;
    return done === total ? text.transfer.finishing : this.what;
  }

  #pace(): unknown {
    const { speed, secondsLeft } = this.reading;
    if (speed === undefined || secondsLeft === undefined) return nothing;
    const left =
      secondsLeft > 0 ? html`<span>${text.transfer.left(span(secondsLeft))}</span>` : nothing;
    return html`<span>${text.transfer.speed(bytes(speed))}</span>${left}`;
  }

  #cancel(): void {
    this.dispatchEvent(new CustomEvent("cancel-transfer"));
  }
}
