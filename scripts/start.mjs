/** `npm start`: installs what is missing, builds, and serves everything on this machine. */

import { join } from "node:path";
import { build } from "./build/build.mjs";
import { setUp } from "./setup/environment.mjs";
import { NODE_BIN, ROOT } from "./setup/paths.mjs";
import { PlainError, runMain, say } from "./setup/process.mjs";
import { ensureDevVars, readDevVars } from "./start/dev-vars.mjs";
import { chooseFakeStripe, fakeStripe } from "./start/fake-stripe.mjs";
import { migrateLocalDatabase } from "./start/migrate.mjs";
import { isPortFree } from "./start/port.mjs";
import { supervise } from "./start/supervise.mjs";

/** @returns {number} */
function wantedPort() {
  const text = process.env["PORT"] || "8787";
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new PlainError(`PORT is ${text}, which is no port number.`);
}

/**
 * @param {number} port
 * @param {NodeJS.ProcessEnv} env
 * @returns {import("./start/supervise.mjs").Program}
 */
function worker(port, env) {
  const wrangler = join(NODE_BIN, "wrangler");
  const quiet = "--show-interactive-dev-session=false";
  return {
    name: "The Worker (wrangler dev)",
    command: [wrangler, "dev", "--local", "--port", String(port), quiet],
    env,
    readyUrl: `http://localhost:${port}/healthz`,
  };
}

await runMain(async () => {
  process.chdir(ROOT);
  const port = wantedPort();
  if (!(await isPortFree(port))) {
    throw new PlainError(
      `Port ${port} is in use. End the program that uses it, or take another port: PORT=${port + 10} npm start`,
    );
  }
  const env = setUp();
  await build(env);
  const devVars = join(ROOT, ".dev.vars");
  if (ensureDevVars(devVars, await chooseFakeStripe(port)).length > 0) {
    say("Made the secrets of this local server in .dev.vars.");
  }
  migrateLocalDatabase(env);
  const stripe = await fakeStripe(readDevVars(devVars), port, env);
  await supervise([...(stripe ? [stripe] : []), worker(port, env)], () => {
    const payments = stripe
      ? `Payments go to the fake Stripe at ${stripe.readyUrl} and move no money.`
      : "Payments go to Stripe, with the key in .dev.vars.";
    process.stdout.write(
      `\nClaimcheck is at http://localhost:${port} (Ctrl-C ends it).\n${payments}\n`,
    );
  });
});
