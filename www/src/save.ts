/** Where a download is saved: a file or folder that the person picks, or else the browser's own downloads. */
import type { OfferedFile } from "claimcheck";
import { baseName } from "./format.js";
import type { Place } from "./worker/backend.js";

/** Not in every browser, nor in TypeScript's library. */
interface Pickers {
  showSaveFilePicker?(options: { suggestedName: string }): Promise<FileSystemFileHandle>;
  showDirectoryPicker?(options: {
    id: string;
    mode: "readwrite";
  }): Promise<FileSystemDirectoryHandle>;
}

const pickers = (): Pickers => window as unknown as Pickers;

export type Way = "file" | "folder" | "private";

/** How as many files can be saved here. */
export function wayFor(count: number): Way {
  const { showSaveFilePicker, showDirectoryPicker } = pickers();
  if (count === 1) return showSaveFilePicker ? "file" : "private";
  return showDirectoryPicker ? "folder" : "private";
}

/** Asks the person, within the click that it was called from. Nothing where they dismiss the question. */
export async function choosePlace(files: readonly OfferedFile[]): Promise<Place | undefined> {
  try {
    return await ask(files);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return undefined;
    // A browser that has the picker but does not show it here (an embedded page, a policy).
    return { kind: "private" };
  }
}

async function ask(files: readonly OfferedFile[]): Promise<Place> {
  const { showSaveFilePicker, showDirectoryPicker } = pickers();
  const [first] = files;
  if (files.length === 1 && first && showSaveFilePicker) {
    const suggestedName = baseName(first.path);
    return { kind: "file", handle: await showSaveFilePicker.call(window, { suggestedName }) };
  }
  if (showDirectoryPicker && files.length !== 1) {
    const handle = await showDirectoryPicker.call(window, { id: "claimcheck", mode: "readwrite" });
    return { kind: "folder", handle };
  }
  return { kind: "private" };
}

/** Hands a Blob to the browser's downloads. */
export function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken hold of the Blob by the time that the click is dealt with.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
