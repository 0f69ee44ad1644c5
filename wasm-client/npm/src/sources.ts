/** Files to be sold, from Blobs. */
import { ClaimcheckError } from "./errors.js";
import { hashWhole } from "./hasher.js";
import type { FileSource } from "./types.js";

/** The type that is declared where none is known. */
const UNKNOWN_TYPE = "application/octet-stream";

/** A media type as the protocol has it: lower case, without parameters. */
export function plainMediaType(type: string): string {
  const [plain = ""] = type.toLowerCase().split(";");
  return /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/.test(plain.trim())
    ? plain.trim()
    : UNKNOWN_TYPE;
}

/** A Blob, or a File under the path it was picked with. */
export function blobSource(
  blob: Blob,
  path = blob instanceof File ? blob.webkitRelativePath || blob.name : "",
): FileSource {
  return {
    path: path.normalize("NFC"),
    contentType: plainMediaType(blob.type),
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
