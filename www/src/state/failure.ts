/** What a call to the worker threw. */
import type { Failure } from "../worker/failure.js";

export type { Failure };

/** The worker throws failures; anything else is the page's own fault. */
export function asFailure(thrown: unknown): Failure {
  const isFailure =
    typeof thrown === "object" && thrown !== null && "code" in thrown && "message" in thrown;
  if (isFailure && typeof thrown.code === "string") return thrown as Failure;
  return { code: "unexpected", message: thrown instanceof Error ? thrown.message : String(thrown) };
}
