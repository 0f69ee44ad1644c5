/** The inbox, asked for again and again while the page is looked at. */
import type { Message } from "claimcheck";
import { backend } from "./backend.js";
import { Cell } from "./cell.js";
import { asFailure, type Failure } from "./failure.js";
import { refreshSales } from "./sales.js";

export interface Inbox {
  /** Newest first. */
  readonly messages: readonly Message[];
  readonly isLoaded: boolean;
  readonly failure?: Failure;
}

const EMPTY: Inbox = { messages: [], isLoaded: false };
const SOONEST_MS = 3000;
const LATEST_MS = 60_000;

export const inbox = new Cell<Inbox>(EMPTY);

/** Told of each transfer that something new is said about. */
export const news = new EventTarget();

let cursor = 0;
/** Counts identities: what was asked for an earlier one is of no interest. */
let generation = 0;
let pause = SOONEST_MS;
let timer: ReturnType<typeof setTimeout> | undefined;
let fetching: Promise<void> | undefined;

export function unreadCount(): number {
  return inbox.value.messages.filter(({ read_at }) => read_at === null).length;
}

/** Fetches what is new. Calls at once share one request. */
export function refreshInbox(): Promise<void> {
  if (fetching === undefined) {
    const current = fetchAll(generation).finally(() => {
      if (fetching === current) fetching = undefined;
    });
    fetching = current;
  }
  return fetching;
}

/** Begins to ask, from the start: the identity is new. */
export function startInbox(): void {
  cursor = 0;
  generation += 1;
  fetching = undefined;
  inbox.set(EMPTY);
  document.addEventListener("visibilitychange", wake);
  addEventListener("online", wake);
  wake();
}

/** Asks no more: there is nobody whose inbox it would be. */
export function stopInbox(): void {
  generation += 1;
  clearTimeout(timer);
  document.removeEventListener("visibilitychange", wake);
  removeEventListener("online", wake);
  inbox.set(EMPTY);
}

export async function markRead(messages: readonly Message[]): Promise<void> {
  const ids = messages
    .filter(({ read_at }) => read_at === null)
    .map(({ message_id }) => message_id);
  if (ids.length === 0) return;
  // The server takes 100 at a time.
  for (let at = 0; at < ids.length; at += 100) await backend.markRead(ids.slice(at, at + 100));
  const read_at = Math.floor(Date.now() / 1000);
  const mark = (message: Message) =>
    ids.includes(message.message_id) ? { ...message, read_at } : message;
  inbox.set({ ...inbox.value, messages: inbox.value.messages.map(mark) });
}

function wake(): void {
  pause = SOONEST_MS;
  clearTimeout(timer);
  if (!document.hidden) void ask();
}

async function ask(): Promise<void> {
  const [before, asked] = [cursor, generation];
  await refreshInbox();
  if (asked !== generation) return;
  // Whoever waits for an answer gets it soon; a page that lies open asks less and less often.
  pause = cursor === before ? Math.min(pause * 1.3, LATEST_MS) : SOONEST_MS;
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(() => void ask(), pause);
}

async function fetchAll(asked: number): Promise<void> {
  try {
    const isFirst = !inbox.value.isLoaded;
    const fresh: Message[] = [];
    let end = cursor;
    for (let isMore = true; isMore;) {
      const page = await backend.inbox(end);
      if (asked !== generation) return;
      isMore = page.messages.length > 0;
      fresh.unshift(...page.messages.toReversed());
      end = page.cursor;
    }
    cursor = end;
    inbox.set({ messages: [...fresh, ...inbox.value.messages], isLoaded: true });
    if (fresh.length === 0 || isFirst) return;
    void refreshSales();
    for (const { transfer_id } of fresh) news.dispatchEvent(new Event(transfer_id));
  } catch (thrown) {
    if (asked !== generation) return;
    inbox.set({ ...inbox.value, failure: asFailure(thrown) });
  }
}
