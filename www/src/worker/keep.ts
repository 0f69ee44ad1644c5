/** What this browser keeps in IndexedDB: the identity, wrapped under a key that nobody can export, and secrets of links. */
import { Identity } from "claimcheck";
import { openDB, type DBSchema, type IDBPDatabase } from "idb";

interface Kept {
  readonly key: CryptoKey;
  readonly wrapped: Uint8Array;
}

interface Schema extends DBSchema {
  device: { key: "identity"; value: Kept };
  /** The secret part of each link that was opened here, by its path. */
  fragments: { key: string; value: string };
  /** The claim of each download link that was followed here, sealed under a key that nobody can export. */
  claims: { key: string; value: KeptClaim };
}

export interface KeptClaim {
  readonly key: CryptoKey;
  readonly bytes: Uint8Array;
}

const LOCK = "claimcheck-identity";

let opening: Promise<IDBPDatabase<Schema>> | undefined;

function database(): Promise<IDBPDatabase<Schema>> {
  opening ??= openDB<Schema>("claimcheck", 2, {
    upgrade(db, before) {
      if (before < 1) db.createObjectStore("device");
      db.createObjectStore("fragments");
      db.createObjectStore("claims");
    },
    // A newer page in another tab is about to make its own stores.
    blocking(_current, _blocked, event) {
      (event.target as IDBDatabase).close();
      opening = undefined;
    },
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

/** Forgets the identity, and what was opened as it. */
export function forgetAll(): Promise<void> {
  return navigator.locks.request(LOCK, async () => {
    const db = await database();
    const names = ["device", "fragments", "claims"] as const;
    const stores = db.transaction(names, "readwrite");
    await Promise.all(names.map((name) => stores.objectStore(name).clear()));
    await stores.done;
  });
}

/** Keeps the fragment that an address came with, or answers with the one that is kept. */
export async function keepFragment(path: string, fragment?: string): Promise<string | undefined> {
  const db = await database();
  if (fragment === undefined) return db.get("fragments", path);
  await db.put("fragments", fragment, path);
  return fragment;
}

/** The claim that was made at a path, if there is one. */
export async function keptClaim(path: string): Promise<KeptClaim | undefined> {
  return (await database()).get("claims", path);
}

/** Keeps a claim, in the place of the secret that it was made with. */
export async function keepClaim(path: string, claim: KeptClaim): Promise<void> {
  const db = await database();
  const stores = db.transaction(["claims", "fragments"], "readwrite");
  await stores.objectStore("claims").put(claim, path);
  await stores.objectStore("fragments").delete(path);
  await stores.done;
}
