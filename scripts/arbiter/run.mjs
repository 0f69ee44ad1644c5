/** The arbiter's tool itself. Exit status 0: no line is false, and a verdict that was asked for is filed. */

import { readFileSync } from "node:fs";
import { Claimcheck, Identity, openEvidence, verifyPacket } from "claimcheck";
import { PlainError, runMain } from "../setup/process.mjs";
import { isAnyFalse, printLines } from "../verify/print.mjs";
import { readArguments } from "./arguments.mjs";
import { checkContent } from "./content.mjs";
import { printEvidence, saveEvidence } from "./evidence.mjs";

const PHRASE = "CLAIMCHECK_ARBITER_PHRASE";

const print = (/** @type {string} */ line) => void process.stdout.write(`${line}\n`);

/** A new arbiter, and what to do with it. */
async function makeArbiter() {
  const arbiter = await Identity.make();
  print(`Recovery phrase (whoever has it rules; keep it off the server):\n\n${arbiter.phrase()}\n`);
  print(`Set in wrangler.toml, or in .dev.vars:\n\nARBITER_AILOCK_ID = "${arbiter.id}"\n`);
  print("Then make its keys known: npm run arbiter -- register --server URL --phrase-file FILE");
}

/** @param {string | undefined} file */
async function loadArbiter(file) {
  const phrase = file === undefined ? process.env[PHRASE] : readFileSync(file, "utf8");
  if (phrase === undefined) throw new PlainError(`Give --phrase-file FILE, or set ${PHRASE}.`);
  return Identity.fromPhrase(phrase.trim());
}

/** @param {import("./arguments.mjs").Arguments} args */
async function main(args) {
  if (args.subject === "new") return makeArbiter();
  const arbiter = await loadArbiter(args.phraseFile);
  const client = args.server && (await Claimcheck.connect(args.server, arbiter));
  if (args.subject === "register") {
    if (client) await client.register("Arbiter");
    return print(`${arbiter.id} is known to ${args.server}.`);
  }
  const fetched = client && args.subject.startsWith("transfer_");
  const packet = fetched ? await client.packet(args.subject) : readFileSync(args.subject);
  const lines = await verifyPacket(packet, args.pinned);
  printLines(lines);
  if (isAnyFalse(lines)) throw new PlainError("The packet is not to be relied on.");
  const { body } = JSON.parse(Buffer.from(packet).toString("utf8"));
  const evidence = await openEvidence(arbiter, packet);
  evidence.forEach(printEvidence);
  if (args.save !== undefined) saveEvidence(args.save, evidence);

  const disputes = [
    ...new Set(evidence.filter(({ hasKey }) => hasKey).map((one) => one.disputeId)),
  ];
  for (const dispute of disputes) {
    const found = await checkContent({ arbiter, client, packet, body, dispute, ...args });
    if (isAnyFalse(found)) process.exitCode = 1;
  }
  if (client && args.verdict) await rule(client, body, args.verdict);
}

/**
 * @param {Claimcheck} client
 * @param {{ transfer_id: string, disputes: readonly { body: { dispute_id: string, act: string } }[] }} packet
 * @param {NonNullable<import("./arguments.mjs").Arguments["verdict"]>} verdict
 */
async function rule(client, packet, { ruling, because, dispute }) {
  const opened = packet.disputes.filter(({ body }) => body.act === "open");
  const ids = opened.map(({ body }) => body.dispute_id);
  const [id, ...others] = dispute === undefined ? ids : ids.filter((one) => one === dispute);
  if (id === undefined) throw new PlainError("The packet has no such dispute.");
  if (others.length > 0) throw new PlainError(`Say which with --dispute: ${ids.join(", ")}`);
  const { transfer } = await client.rule(packet.transfer_id, id, ruling, because);
  print(`The verdict ${ruling} is filed; the sale is ${transfer.status}.`);
}

await runMain(() => main(readArguments(process.argv.slice(2))));
