/** What this browser keeps in IndexedDB: the identity, wrapped under a key that nobody can export. */
import { Identity } from "claimcheck";
import { openDB, type DBSchema, type IDBPDatabase } from "idb";

interface Kept {
  readonly key: CryptoKey;
  readonly wrapped: Uint8Array;
}

interface Schema extends DBSchema {
  device: { key: "identity"; value: Kept };
}

const LOCK = "claimcheck-identity";

let opening: Promise<IDBPDatabase<Schema>> | undefined;

function database(): Promise<IDBPDatabase<Schema>> {
  opening ??= openDB<Schema>("claimcheck", 1, {
    upgrade: (db) => void db.createObjectStore("device"),
  });
  return opening;
}

/** This browser's identity, made where there is none. Tabs that open at once get the same. */
export function loadIdentity(): Promise<{ identity: Identity; isNew: boolean }> {
  return navigator.locks.request(LOCK, async () => {
    const kept = await (await database()).get("device", "identity");
    if (kept !== undefined)
      return { identity: await Identity.unwrap(kept.key, kept.wrapped), isNew: false };
    const identity = await Identity.make();
    await keepIdentity(identity);
    return { identity, isNew: true };
  });
}

/** Takes the place of the identity that was kept. */
export async function keepIdentity(identity: Identity): Promise<void> {
  const key = await Identity.makeDeviceKey();
  const wrapped = await identity.wrap(key);
  await (await database()).put("device", { key, wrapped }, "identity");
}
