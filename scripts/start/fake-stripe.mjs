/** The fake Stripe of `npm start`: whether it runs, where, and as which program. */

import { join } from "node:path";
import { NODE_BIN, ROOT } from "../setup/paths.mjs";
import { PlainError } from "../setup/process.mjs";
import { FAKE_KEY } from "./dev-vars.mjs";
import { isPortFree } from "./port.mjs";

const USUAL_PORT = 8788;
const PORTS_TRIED = 20;

/**
 * Where a fake Stripe can be, for a .dev.vars that names none yet.
 *
 * @param {number} workerPort
 */
export async function chooseFakeStripe(workerPort) {
  for (let port = USUAL_PORT; port < USUAL_PORT + PORTS_TRIED; port += 1) {
    if (port !== workerPort && (await isPortFree(port))) return `http://localhost:${port}`;
  }
  throw new PlainError(`No port from ${USUAL_PORT} on is free for the fake Stripe.`);
}

/**
 * The program, or nothing where .dev.vars has a person's own key: then payments go to the real Stripe.
 *
 * @param {Map<string, string>} devVars
 * @param {number} workerPort
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<import("./supervise.mjs").Program | undefined>}
 */
export async function fakeStripe(devVars, workerPort, env) {
  const [key, base] = [devVars.get("STRIPE_SECRET_KEY"), devVars.get("STRIPE_API_BASE")];
  if (!key?.startsWith(FAKE_KEY) || !base) return undefined;
  const port = Number(new URL(base).port);
  if (port === workerPort || !(await isPortFree(port))) {
    throw new PlainError(
      `Port ${port}, where the fake Stripe is to be, is in use. Name another one in .dev.vars: STRIPE_API_BASE=http://localhost:${port + 1}`,
    );
  }
  return {
    name: "The fake Stripe",
    command: [join(NODE_BIN, "node"), join(ROOT, "tests", "fake-stripe", "main.mjs")],
    env: {
      ...env,
      PORT: String(port),
      STRIPE_SECRET_KEY: key,
      STRIPE_WEBHOOK_SECRET: devVars.get("STRIPE_WEBHOOK_SECRET") ?? "",
      WEBHOOK_URL: `http://localhost:${workerPort}/api/payments-stripe-webhook`,
      STATE_FILE: join(ROOT, ".wrangler", "fake-stripe.json"),
    },
    readyUrl: `${base}/`,
  };
}
