/** A buyer's id, checked while it is typed: against typing errors here, and for being known at the server. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { explain } from "../failures.js";
import { backend } from "../state/backend.js";
import { asFailure } from "../state/failure.js";
import { presence } from "../state/me.js";
import { text } from "../text.js";
import { Light } from "./light.js";

/** An id that is as long as this is whole; a shorter one is still being typed. */
const ID_LENGTH = 65;

type Verdict =
  | { readonly kind: "none" | "good" | "unchecked"; readonly name?: string }
  | { readonly kind: "bad"; readonly why: string };

let count = 0;

@customElement("cc-buyer-field")
export class BuyerField extends Light {
  @state() private verdict: Verdict = { kind: "none" };
  readonly #name = `buyer-${(count += 1)}`;
  #asked = "";
  #judging: Promise<void> | undefined;

  /** The id, once it is one that can be offered to. */
  get buyer(): string | undefined {
    const { kind } = this.verdict;
    return kind === "good" || kind === "unchecked" ? this.#asked : undefined;
  }

  clear(): void {
    this.#asked = "";
    this.verdict = { kind: "none" };
    const input = this.querySelector("input");
    if (input) input.value = "";
  }

  /** Says what is wrong, and puts the cursor there. */
  async insist(): Promise<void> {
    await this.#check(true);
    if (this.buyer === undefined) this.querySelector("input")?.focus();
  }

  override render(): TemplateResult {
    const { verdict } = this;
    const note = `${this.#name}-note`;
    return html`
      <label for=${this.#name}>${text.sell.buyer}</label>
      <input
        id=${this.#name}
        autocomplete="off"
        autocapitalize="none"
        spellcheck="false"
        placeholder="ailock1…"
        aria-describedby=${note}
        aria-invalid=${verdict.kind === "bad" ? "true" : nothing}
        @input=${() => this.#check(false)}
        @change=${() => this.#check(true)}
      />
      <p id=${note} class=${verdict.kind === "bad" ? "note bad" : "note"} aria-live="polite">
        ${this.#note()}
      </p>
    `;
  }

  #note(): unknown {
    const { verdict } = this;
    if (verdict.kind === "bad") return verdict.why;
    return verdict.kind === "good"
      ? html`✓ ${verdict.name || text.sell.buyerKnown}`
      : text.sell.buyerHint;
  }

  /** `isDone`: nothing more is being typed. Ends once the verdict on what stands there now is known. */
  async #check(isDone: boolean): Promise<void> {
    const id = this.querySelector("input")?.value.trim().toLowerCase() ?? "";
    const isWhole = isDone || id.length >= ID_LENGTH;
    if (id !== this.#asked || (isWhole && this.verdict.kind === "none")) {
      this.#asked = id;
      this.verdict = { kind: "none" };
      this.#judging = this.#judge(id, isWhole).then((verdict) => {
        if (this.#asked === id) this.verdict = verdict;
      });
    }
    await this.#judging;
  }

  async #judge(id: string, isWhole: boolean): Promise<Verdict> {
    if (!(await backend.isAilockId(id))) {
      return isWhole ? { kind: "bad", why: text.sell.buyerInvalid } : { kind: "none" };
    }
    if (id === presence.value.me.id) return { kind: "bad", why: text.sell.buyerSelf };
    try {
      return { kind: "good", name: await backend.nameOf(id) };
    } catch (thrown) {
      const failure = asFailure(thrown);
      if (failure.code === "not_found") return { kind: "bad", why: text.sell.buyerUnknown };
      if (failure.code === "untrusted") return { kind: "bad", why: explain(failure).what };
      return { kind: "unchecked" };
    }
  }
}
