/** Files that a person chose or dropped, with the folders they lie in. */
import type { PickedFile } from "./worker/backend.js";

export function ofInput(files: FileList): PickedFile[] {
  return Array.from(files, (file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/** To be called while the drop event is handled: its items are gone afterwards. */
export function ofDrop(transfer: DataTransfer): Promise<PickedFile[]> {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry()).filter(
    (entry) => entry !== null,
  );
  return Promise.all(entries.map(filesBelow)).then((lists) => lists.flat());
}

async function filesBelow(entry: FileSystemEntry): Promise<PickedFile[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return [{ path: entry.fullPath.replace(/^\//, ""), file }];
  }
  const inside = await entriesOf((entry as FileSystemDirectoryEntry).createReader());
  return (await Promise.all(inside.map(filesBelow))).flat();
}

/** A reader gives some entries at a time, and none at the end. */
async function entriesOf(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}

/** Both by path, the later one in place of an earlier one of the same path. */
export function merge(before: readonly PickedFile[], added: readonly PickedFile[]): PickedFile[] {
  const byPath = new Map([...before, ...added].map((picked) => [picked.path, picked]));
  return [...byPath.values()].sort((one, other) => one.path.localeCompare(other.path));
}
