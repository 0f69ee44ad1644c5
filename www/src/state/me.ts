/** Who this browser is, and whether the server knows it. */
import type { Failure } from "../worker/failure.js";
import type { Me } from "../worker/backend.js";
import { backend, onBroken } from "./backend.js";
import { Cell } from "./cell.js";
import { asFailure } from "./failure.js";

export interface Presence {
  /** Empty until it is loaded. */
  readonly me: Me;
  readonly standing: "opening" | "connecting" | "ready" | "failed" | "left";
  readonly failure?: Failure;
}

const NOBODY: Me = { id: "", displayName: "" };

export const presence = new Cell<Presence>({ me: NOBODY, standing: "opening" });

onBroken(() => {
  const failure = { code: "unexpected", message: "the worker could not be loaded" };
  presence.set({ ...presence.value, standing: "failed", failure });
});

/** Loads or makes the identity and makes it known. */
export function start(): Promise<void> {
  presence.set({ me: NOBODY, standing: "opening" });
  return enterAs(() => backend.open());
}

/** Becomes the identity of a recovery phrase; throws a failure where the phrase is none. */
export async function restore(phrase: string): Promise<void> {
  const id = await backend.restore(phrase);
  await enterAs(async () => id);
}

export async function rename(displayName: string): Promise<void> {
  presence.set({ ...presence.value, me: await backend.rename(displayName) });
}

/** Deletes what is one's own on the server, and the keys here. Nobody is made in their place until the page is opened anew. */
export async function leave(): Promise<void> {
  await backend.leave();
  presence.set({ me: NOBODY, standing: "left" });
}

async function enterAs(become: () => Promise<string>): Promise<void> {
  let me = NOBODY;
  try {
    me = { ...NOBODY, id: await become() };
    presence.set({ me, standing: "connecting" });
    presence.set({ me: await backend.enter(), standing: "ready" });
  } catch (thrown) {
    presence.set({ me, standing: "failed", failure: asFailure(thrown) });
  }
}
