// The fake Stripe as a program: all that it needs is in the environment, and it runs until a signal ends it.
import { startFakeStripe } from "./server.mjs";

/** @param {string} name */
function variable(name) {
  const value = process.env[name];
  if (value) return value;
  console.error(`The environment has no ${name}.`);
  process.exit(1);
}

const fake = await startFakeStripe({
  port: Number(variable("PORT")),
  secretKey: variable("STRIPE_SECRET_KEY"),
  webhookSecret: variable("STRIPE_WEBHOOK_SECRET"),
  webhookUrl: variable("WEBHOOK_URL"),
  stateFile: variable("STATE_FILE"),
  autoDeliver: true,
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => void fake.close());
