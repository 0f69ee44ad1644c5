/** The server's stable problem codes (docs/API.md) and, for what fails here, these. */
export type LocalErrorCode =
  | "network"
  | "cancelled"
  | "source_changed"
  | "source_shorter"
  | "source_unreadable"
  | "sink_full"
  | "sink_closed"
  | "sink_failed"
  | "corrupt_chunk"
  | "foreign_chunk"
  | "commitment_mismatch"
  | "sha256_mismatch"
  | "type_mismatch"
  | "untrusted"
  | "wrong_key"
  | "wrong_link"
  | "invalid_argument"
  | "platform";

/** Everything that this package throws on purpose. Decide on `code`; `message` is for people. */
export class ClaimcheckError extends Error {
  override readonly name = "ClaimcheckError";
  /** A problem code of the server's, or one of {@link LocalErrorCode}. */
  readonly code: string;
  /** Path of the file concerned, where it is one. */
  readonly path: string | undefined;
  /** Index of that file among the files of the transfer, from 0. */
  readonly file: number | undefined;
  /** Index of the chunk concerned, from 0, where it is one. */
  readonly chunk: number | undefined;
  /** With `type_mismatch`: the media type that was declared. */
  readonly declaredType: string | undefined;
  /** With `type_mismatch`: the media type that the file's first bytes have. */
  readonly foundType: string | undefined;
  /** HTTP status, where the server refused. */
  readonly status: number | undefined;
  /** Names the call in the server's log, where the server refused. */
  readonly requestId: string | undefined;
  /** Near money, where the server refused: whether the call moved any. */
  readonly moneyMoved: boolean | undefined;
  /** Near money, where the server refused: whether the same call may be made again without paying twice. */
  readonly retrySafe: boolean | undefined;

  constructor(code: string, message: string, facts: Partial<ErrorFacts> = {}) {
    super(message);
    this.code = code;
    this.path = facts.path;
    this.file = facts.file;
    this.chunk = facts.chunk;
    this.declaredType = facts.declaredType;
    this.foundType = facts.foundType;
    this.status = facts.status;
    this.requestId = facts.requestId;
    this.moneyMoved = facts.moneyMoved;
    this.retrySafe = facts.retrySafe;
  }
}

interface ErrorFacts {
  path: string | undefined;
  file: number | undefined;
  chunk: number | undefined;
  declaredType: string | undefined;
  foundType: string | undefined;
  status: number | undefined;
  requestId: string | undefined;
  moneyMoved: boolean | undefined;
  retrySafe: boolean | undefined;
}

/** The plain object that the wasm module throws. */
interface RawFailure extends Partial<ErrorFacts> {
  code: string;
  message: string;
}

function isRawFailure(value: unknown): value is RawFailure {
  return (
    typeof value === "object" &&
    value !== null &&
    !(value instanceof Error) &&
    "code" in value &&
    "message" in value
  );
}

/** Runs a call into wasm, and turns what it throws into a {@link ClaimcheckError}. */
export async function guarded<T>(call: () => Promise<T> | T): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toClaimcheckError(error);
  }
}

/** The same for calls that answer at once. */
export function guardedSync<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw toClaimcheckError(error);
  }
}

function toClaimcheckError(error: unknown): unknown {
  return isRawFailure(error) ? new ClaimcheckError(error.code, error.message, error) : error;
}
