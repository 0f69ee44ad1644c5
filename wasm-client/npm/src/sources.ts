/** Files to be sold, from Blobs. */
import { ClaimcheckError } from "./errors.js";
import { hashWhole } from "./hasher.js";
import type { FileSource } from "./types.js";

/** A Blob, or a File under the path it was picked with. */
export function blobSource(
  blob: Blob,
  path = blob instanceof File ? blob.webkitRelativePath || blob.name : "",
): FileSource {
  return {
    path: path.normalize("NFC"),
    // Browsers say nothing where they do not know an ending.
    contentType: blob.type || undefined,
    size: blob.size,
    read: async (start, end) => new Uint8Array(await readSlice(blob, start, end)),
    sha256: (signal) => hashWhole((hasher) => hasher.updateBlob(blob), signal),
  };
}

async function readSlice(blob: Blob, start: number, end: number): Promise<ArrayBuffer> {
  try {
    return await blob.slice(start, end).arrayBuffer();
  } catch (error) {
    // Browsers answer NotReadableError when the file behind a File was changed or removed.
    const changed = error instanceof DOMException && error.name === "NotReadableError";
    throw new ClaimcheckError(
      changed ? "source_changed" : "source_unreadable",
      "the file cannot be read",
    );
  }
}
