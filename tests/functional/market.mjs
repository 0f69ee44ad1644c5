// What most tests begin with: a server, a seller, a buyer and a stranger.
import { randomBytes } from "node:crypto";
import { after } from "node:test";
import { identity } from "../interop/protocol.mjs";
import { Client, makeProofKey } from "./client.mjs";
import { startServer } from "./harness.mjs";

/**
 * Starts a server that lives as long as the file's tests, with three Ailocks.
 *
 * @param {object} [options] of the server
 * @param {readonly ("arbiter" | "operator")[]} [options.offices] what a fourth one is, which goes by these names
 */
export async function openMarket({ offices = [], vars = {}, ...options } = {}) {
  const ailock = identity(randomBytes(32));
  const named = offices.map((office) => [`${office.toUpperCase()}_AILOCK_ID`, ailock.id]);
  const server = await startServer({ ...options, vars: { ...vars, ...Object.fromEntries(named) } });
  after(() => server.close());
  const [seller, buyer, stranger] = await Promise.all(
    Array.from({ length: 3 }, () => Client.registered(server)),
  );
  const officer = new Client(server, ailock, await makeProofKey());
  if (offices.length > 0) await officer.register();
  const officers = Object.fromEntries(offices.map((office) => [office, officer]));
  return { server, seller, buyer, stranger, ...officers };
}
