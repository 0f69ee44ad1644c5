/** Display names behind ids, fetched once each. */
import { backend } from "./backend.js";
import { Cell } from "./cell.js";

export const names = new Cell<ReadonlyMap<string, string>>(new Map());

const asked = new Set<string>();

/** The name, once it is known; empty where there is none. */
export function nameOf(id: string): string | undefined {
  if (!asked.has(id)) {
    asked.add(id);
    void fetchName(id);
  }
  return names.value.get(id);
}

async function fetchName(id: string): Promise<void> {
  try {
    const name = await backend.nameOf(id);
    names.set(new Map([...names.value, [id, name]]));
  } catch {
    // The id alone is shown; it may be asked for again later.
    asked.delete(id);
  }
}
