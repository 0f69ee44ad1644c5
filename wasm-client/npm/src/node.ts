/** Files on disk, for Node. */
import { constants, openAsBlob } from "node:fs";
import { access, chmod, mkdir, open, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ClaimcheckError } from "./errors.js";
import { Hasher, hashWhole } from "./hasher.js";
import { blobSource } from "./sources.js";
import type { FileSink, FileSource, IncomingFile } from "./types.js";

/** A file on disk, under its own name or under `path`. Without `contentType` its first bytes say what it is. */
export async function fileSource(
  file: string,
  options: { path?: string; contentType?: string } = {},
): Promise<FileSource> {
  const [blob, facts] = await Promise.all([
    openAsBlob(file, { type: options.contentType ?? "" }),
    stat(file),
  ]);
  return {
    ...blobSource(blob, options.path ?? basename(file)),
    mode: facts.mode & 0o777,
    // A Blob of a file on disk cannot be handed to a thread; its path can.
    sha256: (signal) => hashWhole((hasher) => hasher.updateFile(file), signal),
  };
}

interface OpenFile {
  readonly target: string;
  readonly partial: string;
  readonly handle: FileHandle;
  readonly mode: number | undefined;
}

/**
 * Writes a release into a folder. Each file is `NAME.part` until the whole release is verified, and then gets its
 * name in one rename. A file that exists already is never overwritten: the download is refused before it begins.
 */
export class FolderSink implements FileSink {
  readonly #folder: string;
  readonly #hasher = new Hasher();
  #files: OpenFile[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  async open(files: readonly IncomingFile[]): Promise<void> {
    const targets = files.map((file) => join(this.#folder, ...file.path.split("/")));
    for (const target of targets) {
      if (await exists(target))
        throw new ClaimcheckError("sink_failed", "a file of that name exists already");
    }
    for (const [index, target] of targets.entries()) {
      await mkdir(dirname(target), { recursive: true });
      const partial = `${target}.part`;
      this.#files.push({
        target,
        partial,
        handle: await open(partial, "w"),
        mode: files[index]?.mode,
      });
    }
  }

  async write(file: number, offset: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#hasher.update(bytes);
    const { handle } = this.#file(file);
    try {
      for (let done = 0; done < bytes.length;) {
        done += (await handle.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
      }
    } catch (error) {
      const full = error instanceof Error && "code" in error && error.code === "ENOSPC";
      throw new ClaimcheckError(full ? "sink_full" : "sink_failed", "the file cannot be written");
    }
  }

  async finishFile(file: number): Promise<Uint8Array> {
    const { handle } = this.#file(file);
    await handle.sync();
    await handle.close();
    return this.#hasher.digest();
  }

  async finish(): Promise<void> {
    this.#hasher.stop();
    for (const { partial, target, mode } of this.#files) {
      if (mode !== undefined) await chmod(partial, safeMode(mode));
      await rename(partial, target);
    }
  }

  async abort(): Promise<void> {
    this.#hasher.stop();
    for (const { partial, handle } of this.#files) {
      // Closing twice is refused, which is as good here.
      await handle.close().catch(() => undefined);
      await rm(partial, { force: true });
    }
  }

  #file(index: number): OpenFile {
    const file = this.#files[index];
    if (file === undefined) throw new ClaimcheckError("sink_failed", "the file was never opened");
    return file;
  }
}

/** No bit that runs a program as its owner, and none missing that the person needs to read, replace or delete it. */
function safeMode(mode: number): number {
  return (mode & 0o777) | 0o600;
}

function exists(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}
