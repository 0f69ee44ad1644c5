/** A value that elements watch. */
import type { ReactiveController, ReactiveControllerHost } from "lit";

export class Cell<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    this.#value = value;
    for (const listener of this.#listeners) listener();
  }

  /** Answers with what ends the watch. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** Renders its element again whenever one of the cells changes, for as long as the element is on the page. */
export class Watch implements ReactiveController {
  #ends: (() => void)[] = [];

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly cells: readonly Cell<unknown>[],
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.#ends = this.cells.map((cell) => cell.watch(() => this.host.requestUpdate()));
    this.host.requestUpdate();
  }

  hostDisconnected(): void {
    for (const end of this.#ends.splice(0)) end();
  }
}
