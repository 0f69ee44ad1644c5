/** Checks a dispute packet in this browser, and reports line by line what it proves. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import type { PacketLine } from "claimcheck";
import { backend } from "../state/backend.js";
import { asFailure, type Failure } from "../state/failure.js";
import { text } from "../text.js";
import { callout } from "./callout.js";
import { Light } from "./light.js";

/** Where any server of this kind publishes its keys. */
const KEYS = "/.well-known/jwks.json";
const MARKS = { proved: "✓", not_proved: "–", false: "✗" } as const;
const CLASSES = { proved: "good", not_proved: "", false: "bad" } as const;

interface Report {
  readonly name: string;
  readonly lines: readonly PacketLine[];
}

@customElement("cc-verify")
export class VerifyView extends Light {
  @state() private report: Report | undefined;
  @state() private failure: Failure | undefined;
  @state() private isBusy = false;
  @query("#server-key") private readonly key!: HTMLTextAreaElement;
  #chosen: File | undefined;

  override render(): TemplateResult {
    return html`
      <h1>${text.verify.heading}</h1>
      <p class="lead">${text.verify.lead}</p>
      <div class="card">
        <label class="button">
          ${text.verify.choose}<input
            class="hidden"
            type="file"
            accept=".json,application/json"
            @change=${this.#choose}
          />
        </label>
        <div>
          <label for="server-key">${text.verify.key}</label>
          <textarea
            id="server-key"
            rows="2"
            autocomplete="off"
            spellcheck="false"
            aria-describedby="server-key-note"
            @change=${this.#check}
          ></textarea>
          <p id="server-key-note" class="note">${text.verify.keyHint}</p>
        </div>
        <button class="small wa-outlined" @click=${this.#useThisServer}>
          ${text.verify.useThisServer}
        </button>
        ${this.isBusy ? html`<p role="status">${text.verify.busy}</p>` : nothing}
        ${this.failure ? html`<cc-failure .failure=${this.failure}></cc-failure>` : nothing}
      </div>
      ${this.report ? this.#lines(this.report) : nothing}
    `;
  }

  #lines({ name, lines }: Report): TemplateResult {
    const isGood = lines.every(({ verdict }) => verdict !== "false");
    return html`
      <section class="card" aria-labelledby="report-heading">
        <h2 id="report-heading">${text.verify.of(name)}</h2>
        ${callout(
          isGood ? "success" : "danger",
          html`<strong>${isGood ? text.verify.good : text.verify.bad}</strong>`,
        )}
        <ul class="rows report">
          ${lines.map(
            ({ claim, verdict, why }) => html`
              <li data-verdict=${verdict}>
                <p>
                  <strong class="note ${CLASSES[verdict]}"
                    >${MARKS[verdict]} ${text.verify.verdicts[verdict]}</strong
                  >
                  ${claim}
                </p>
                <p class="note">${why}</p>
              </li>
            `,
          )}
        </ul>
      </section>
    `;
  }

  #choose(event: Event): void {
    const input = event.target as HTMLInputElement;
    this.#chosen = input.files?.[0];
    // So that the same file can be chosen again after it was changed.
    input.value = "";
    void this.#check();
  }

  readonly #check = async (): Promise<void> => {
    const file = this.#chosen;
    if (file === undefined) return;
    this.isBusy = true;
    this.failure = undefined;
    try {
      const pinned = this.key.value.trim() || undefined;
      const lines = await backend.verifyPacket(new Uint8Array(await file.arrayBuffer()), pinned);
      this.report = { name: file.name, lines };
    } catch (thrown) {
      this.report = undefined;
      this.failure = asFailure(thrown);
    } finally {
      this.isBusy = false;
    }
  };

  readonly #useThisServer = async (): Promise<void> => {
    this.failure = undefined;
    try {
      const answer = await fetch(KEYS);
      this.key.value = await answer.text();
      await this.#check();
    } catch {
      this.failure = { code: "network", message: "the server's keys cannot be fetched" };
    }
  };
}
