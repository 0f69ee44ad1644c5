/**
 * `npm run build [-- STEP...]`: builds what changed since the last build.
 *
 * wrangler.toml names this as its build command, so that a bare `wrangler dev` serves what the
 * sources say.
 */

import { build } from "./build/build.mjs";
import { setUp } from "./setup/environment.mjs";
import { runMain } from "./setup/process.mjs";

await runMain(async () => {
  const names = process.argv.slice(2);
  await build(setUp(), names.length > 0 ? names : undefined);
});
