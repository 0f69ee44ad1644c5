/** What goes wrong in the worker, as a plain object: an Error would lose its members on the way to the page. */
import { ClaimcheckError } from "claimcheck";

/** Decide on `code`: one of the package's or of the server's, or `unexpected`. */
export interface Failure {
  readonly code: string;
  /** For people who look closer; the page has its own sentences. */
  readonly message: string;
  readonly path?: string | undefined;
  /** From 0. */
  readonly chunk?: number | undefined;
  /** With `type_mismatch`: what the file was said to be, and what it is. */
  readonly declaredType?: string | undefined;
  readonly foundType?: string | undefined;
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
}

/** Nobody is shown a stack. */
export function toFailure(error: unknown): Failure {
  if (error instanceof ClaimcheckError) {
    const { code, message, path, chunk, declaredType, foundType, status, requestId } = error;
    return { code, message, path, chunk, declaredType, foundType, status, requestId };
  }
  return { code: "unexpected", message: error instanceof Error ? error.message : String(error) };
}

/** What the work throws, as a failure. */
export async function failing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toFailure(error);
  }
}
