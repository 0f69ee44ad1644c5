/** A C compiler: Rust links native programs with it. */

import { aptInstall } from "./apt.mjs";
import { onPath, say } from "./process.mjs";

export function ensureCompiler() {
  if (onPath("cc")) return;
  say("Installing a C compiler, which Rust links with (about 1 minute).");
  aptInstall(
    ["build-essential"],
    "Install a C compiler (on Debian: build-essential; on macOS: xcode-select --install), then run this again.",
  );
}
