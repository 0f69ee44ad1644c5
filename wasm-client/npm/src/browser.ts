/** Places to save downloads in browsers, none of which holds a file in memory. */
import { ClaimcheckError } from "./errors.js";
import { Hasher } from "./hasher.js";
import type { FileSink, IncomingFile } from "./types.js";

/** A file's bytes on their way to disk. */
interface Writer {
  write(offset: number, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Makes what was written the file's content. */
  close(): Promise<void>;
  /** Throws what was written away. */
  discard(): Promise<void>;
}

/** What every sink here does; where the bytes go is the subclass's affair. */
abstract class WriterSink implements FileSink {
  readonly #hasher = new Hasher();
  #writers: Writer[] = [];

  protected abstract makeWriter(file: IncomingFile, index: number): Promise<Writer>;

  async open(files: readonly IncomingFile[]): Promise<void> {
    for (const [index, file] of files.entries())
      this.#writers.push(await orSinkError(this.makeWriter(file, index)));
  }

  async write(file: number, offset: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const writer = this.#writers[file];
    if (writer === undefined) throw new ClaimcheckError("sink_failed", "the file was never opened");
    this.#hasher.update(bytes);
    await orSinkError(writer.write(offset, bytes));
  }

  finishFile(): Promise<Uint8Array> {
    return this.#hasher.digest();
  }

  async finish(): Promise<void> {
    this.#hasher.stop();
    for (const writer of this.#writers) await orSinkError(writer.close());
  }

  async abort(): Promise<void> {
    this.#hasher.stop();
    for (const writer of this.#writers) await writer.discard().catch(() => undefined);
  }
}

/** Gives what the browser throws the code that the engine knows. */
async function orSinkError<T>(result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    if (name === "QuotaExceededError")
      throw new ClaimcheckError("sink_full", "there is no room to save the file");
    if (name === "InvalidStateError")
      throw new ClaimcheckError("sink_closed", "the place to save to was closed");
    throw new ClaimcheckError("sink_failed", "the file cannot be saved");
  }
}

/** A writer over a stream that swaps the file in when it is closed, and not before. */
async function writableWriter(handle: FileSystemFileHandle): Promise<Writer> {
  const stream = await handle.createWritable();
  return {
    write: (position, data) => stream.write({ type: "write", position, data }),
    close: () => stream.close(),
    discard: () => stream.abort(),
  };
}

/** Not in every browser yet. */
type RemovableHandle = FileSystemFileHandle & { remove?(): Promise<void> };

/** Saves to files that a person picked (`showSaveFilePicker`, `showDirectoryPicker`). */
export class PickedSink extends WriterSink {
  readonly #pick: (file: IncomingFile) => Promise<FileSystemFileHandle>;
  /** Takes away a file that holds nothing, where it was made here. One that a person picked may be theirs already. */
  #clear: (handle: FileSystemFileHandle) => Promise<void> = () => Promise.resolve();

  /** `pick` answers with the handle for each file; the file appears there once the whole release is verified. */
  constructor(pick: (file: IncomingFile) => Promise<FileSystemFileHandle>) {
    super();
    this.#pick = pick;
  }

  /** Into a folder, with the folders that the paths name. A file that exists already is never overwritten. */
  static intoFolder(folder: FileSystemDirectoryHandle): PickedSink {
    const sink = new PickedSink(async (file) => {
      const parts = file.path.split("/");
      const name = parts.pop() ?? "";
      let parent = folder;
      for (const part of parts) parent = await parent.getDirectoryHandle(part, { create: true });
      const taken = await parent.getFileHandle(name).then(
        () => true,
        () => false,
      );
      if (taken) throw new ClaimcheckError("sink_failed", "a file of that name exists already");
      return parent.getFileHandle(name, { create: true });
    });
    sink.#clear = (handle) => (handle as RemovableHandle).remove?.() ?? Promise.resolve();
    return sink;
  }

  protected override async makeWriter(file: IncomingFile): Promise<Writer> {
    const handle = await this.#pick(file);
    const writer = await writableWriter(handle);
    return { ...writer, discard: () => writer.discard().finally(() => this.#clear(handle)) };
  }
}

/** A file that was saved in the browser's private storage, to be handed on to the person. */
export interface StoredFile {
  readonly path: string;
  /** Backed by disk, not by memory. */
  readonly blob: Blob;
}

const PRIVATE_PREFIX = "claimcheck-";

/** Saves to the browser's private file system, for browsers that let no page write to a picked file. */
export class PrivateSink extends WriterSink {
  readonly #name = `${PRIVATE_PREFIX}${crypto.randomUUID()}`;
  #release = () => {};
  readonly #files: { path: string; contentType: string; handle: FileSystemFileHandle }[] = [];

  /** The saved files, once the download has ended. They live until {@link dispose}. */
  async files(): Promise<StoredFile[]> {
    return Promise.all(
      this.#files.map(async ({ path, contentType, handle }) => {
        const blob = await handle.getFile();
        return { path, blob: blob.slice(0, blob.size, contentType) };
      }),
    );
  }

  /** Removes the files from the private storage. */
  async dispose(): Promise<void> {
    const root = await navigator.storage.getDirectory();
    await root.removeEntry(this.#name, { recursive: true }).finally(this.#release);
  }

  /** Removes what tabs left behind that were closed before they disposed of it. */
  static async sweep(): Promise<void> {
    const root = await navigator.storage.getDirectory();
    for await (const name of root.keys()) {
      if (!name.startsWith(PRIVATE_PREFIX)) continue;
      await navigator.locks.request(name, { ifAvailable: true }, async (lock) => {
        if (lock !== null) await root.removeEntry(name, { recursive: true });
      });
    }
  }

  override async open(files: readonly IncomingFile[]): Promise<void> {
    await new Promise<void>((held) => {
      // The lock ends with the tab, whatever becomes of it.
      void navigator.locks.request(this.#name, () => {
        held();
        return new Promise<void>((release) => (this.#release = release));
      });
    });
    await super.open(files);
  }

  override async abort(): Promise<void> {
    await super.abort();
    await this.dispose().catch(() => undefined);
  }

  protected override async makeWriter(file: IncomingFile, index: number): Promise<Writer> {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle(this.#name, { create: true });
    const handle = await folder.getFileHandle(String(index), { create: true });
    this.#files.push({ path: file.path, contentType: file.contentType, handle });
    return writableWriter(handle);
  }
}
