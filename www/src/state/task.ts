/** One thing at a time that a person asked for: whether it runs, and what failed. */
import type { ReactiveController, ReactiveControllerHost } from "lit";
import { asFailure, type Failure } from "./failure.js";

export class Task implements ReactiveController {
  #isBusy = false;
  #failure: Failure | undefined;

  constructor(private readonly host: ReactiveControllerHost) {
    host.addController(this);
  }

  hostConnected(): void {
    this.#failure = undefined;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** Answers with whether it succeeded; does nothing while another one runs. */
  async run(work: () => Promise<unknown>): Promise<boolean> {
    if (this.#isBusy) return false;
    this.#set(true, undefined);
    try {
      await work();
      this.#set(false, undefined);
      return true;
    } catch (thrown) {
      this.#set(false, asFailure(thrown));
      return false;
    }
  }

  #set(isBusy: boolean, failure: Failure | undefined): void {
    this.#isBusy = isBusy;
    this.#failure = failure;
    this.host.requestUpdate();
  }
}
