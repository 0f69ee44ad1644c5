/** What a password thread does with its one message. */
import { deriveLinkPassword } from "../wasm/claimcheck_client.js";
import type { PasswordMessage } from "./platform.js";

/** `loadWasm` is handed over, because no import map reaches a worker to resolve the platform's. */
export async function derivePassword(
  loadWasm: () => Promise<void>,
  { password, linkId }: PasswordMessage,
): Promise<Uint8Array | string> {
  try {
    await loadWasm();
    return deriveLinkPassword(password, linkId);
  } catch {
    return "there is not enough memory to check the password";
  }
}
