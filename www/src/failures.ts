/** For each code of a failure: what happened, and what the person can do. */
import type { Failure } from "./state/failure.js";
import { text } from "./text.js";

interface Advice {
  readonly what: string;
  readonly next: string;
}

const TRY_LATER = "Try again in a while.";
const ASK_SELLER = "Ask the seller.";
const REPORT = "Try again. If it stays, tell the operator of this server the request below.";

/** `network`, `source_…`, `sink_…` and the like fail in this browser, all others at the server. */
const ADVICE: Record<string, Advice> = {
  sold_out: {
    what: "No copies are left. Nothing was charged, and a payment on its way is given back.",
    next: ASK_SELLER,
  },
  listing_closed: { what: "This is not on sale any more.", next: ASK_SELLER },
  wrong_link: {
    what: "This link does not open what is on sale here now.",
    next: "Ask the seller for the link of what is on sale now.",
  },
  cancelled: { what: "This was cancelled.", next: "Start it again when you want it." },
  network: {
    what: "The server could not be reached for too long.",
    next: "Check the network, then try again.",
  },
  source_changed: {
    what: "The file was changed while it was being read.",
    next: "Choose it again.",
  },
  source_shorter: {
    what: "The file is shorter than it was when it was chosen.",
    next: "Choose it again.",
  },
  source_unreadable: {
    what: "The file cannot be read.",
    next: "Check that it is still there and that you may read it.",
  },
  type_mismatch: {
    what: "This is not the kind of file that its name says. Nothing was sent.",
    next: "Give it the ending that fits what it is, or pack it in an archive.",
  },
  sink_full: {
    what: "There is no room to save the file.",
    next: "Free some space, then download again.",
  },
  sink_closed: {
    what: "The place where the file was being saved was closed.",
    next: "Download again.",
  },
  sink_failed: {
    what: "The file cannot be saved there.",
    next: "A file of that name may exist already, or writing may not be allowed. Choose another place.",
  },
  corrupt_chunk: {
    what: "What the server sent is damaged, each time it was fetched. Nothing was saved as complete.",
    next: "Try again later. If it stays, ask the seller to upload it again: the stored copy is damaged.",
  },
  foreign_chunk: {
    what: "The server holds other bytes than this browser sent.",
    next: "Upload it again from the start.",
  },
  commitment_mismatch: {
    what: "The files are not what the seller committed to. Nothing was saved as complete.",
    next: ASK_SELLER,
  },
  sha256_mismatch: {
    what: "The file has not the SHA-256 that the seller stated. Nothing was saved as complete.",
    next: ASK_SELLER,
  },
  untrusted: {
    what: "What the server handed over is not what was signed.",
    next: "Do not go on. Tell the other side, and the operator of this server.",
  },
  wrong_key: {
    what: "This was not sealed for the keys in this browser.",
    next: "If you have several devices, open it where your keys are, or restore them from their 24 words.",
  },
  invalid_argument: {
    what: "Something that was entered cannot be used.",
    next: "See the details.",
  },
  platform: {
    what: "The browser ran out of memory or of randomness.",
    next: "Close other tabs, then try again.",
  },

  not_found: {
    what: "There is no such thing here, or it is not yours.",
    next: "Check that you opened it as the right person.",
  },
  wrong_state: {
    what: "This is not possible any more in the present state.",
    next: "Reload to see the present state.",
  },
  busy: { what: "Another change came first.", next: "Try again." },
  downloads_used_up: {
    what: "All downloads of this offer are used up.",
    next: "Ask the seller for another offer.",
  },
  offer_expired: { what: "The offer has ended.", next: "Ask the seller for another one." },
  release_gone: {
    what: "The files were deleted at the end of their retention.",
    next: "Ask the seller for another offer.",
  },
  claim_ended: { what: "This download has ended.", next: "Start it again." },
  content_check_pending: { what: "The content check is not finished yet.", next: TRY_LATER },
  content_refused: { what: "The files did not pass the content check.", next: ASK_SELLER },
  too_large: {
    what: "This is larger than the server takes.",
    next: "Split it into smaller files, or offer fewer at once.",
  },
  type_not_allowed: {
    what: "The server does not take files of this type.",
    next: "Pack it in an archive, if that is allowed.",
  },
  open_sales: {
    what: "Some of your sales are not over yet.",
    next: "Wait until the last buyer's access has ended, then try again.",
  },
  quota_exceeded: {
    what: "Your share of this server is used up.",
    next: "Wait until older files are deleted.",
  },
  rate_limited: {
    what: "That was too often in a short time.",
    next: "Wait a minute, then try again.",
  },
  id_conflict: {
    what: "The server knows a newer state than this browser.",
    next: "Reload the page, then try again.",
  },
  upload_closed: { what: "The upload was ended on the server.", next: "Upload it again." },
  upload_incomplete: { what: "Some of it did not arrive.", next: "Upload it again." },
  payments_not_configured: {
    what: "This server is not set up to take payments.",
    next: ASK_SELLER,
  },
  webhook_url_not_allowed: {
    what: "The server does not call this address.",
    next: "Give one that begins with https:// and a name, without a port.",
  },
  seller_not_onboarded: {
    what: "The seller cannot take payments yet. No money moved.",
    next: ASK_SELLER,
  },
  payment_refused: {
    what: "The payment provider refuses this sale. No money moved.",
    next: ASK_SELLER,
  },
  unknown_input: { what: "The seller asks for no such detail.", next: "Reload the page." },
  dispute_not_open: {
    what: "This dispute is not open any more.",
    next: "Reload to see how it was decided.",
  },
  disputed_at_stripe: {
    what: "The buyer’s bank disputes this payment, so a part of it cannot be given back now.",
    next: "Wait until the bank has decided.",
  },
  nothing_paid: { what: "Nothing was paid for this.", next: "Cancel it instead." },
  refund_out_of_bounds: {
    what: "This is more than is left of the payment.",
    next: "Enter a smaller amount.",
  },
  link_gone: {
    what: "This link has ended, or was taken back.",
    next: "Ask whoever gave it to you for another one.",
  },
  wrong_password: {
    what: "The password is not right. No download was used up.",
    next: "Enter it again; after several wrong ones you have to wait.",
  },
  missing_inputs: { what: "The seller needs details from you first.", next: ASK_SELLER },
  unavailable: { what: "A part of the service does not answer.", next: TRY_LATER },
  internal: { what: "Something went wrong on the server.", next: REPORT },
  unexpected: {
    what: "Something went wrong in this page.",
    next: "Reload the page, then try again.",
  },
};

const UNKNOWN: Advice = { what: "The server refused this.", next: REPORT };

/** Codes that have a sentence of their own. */
export const KNOWN_CODES: readonly string[] = Object.keys(ADVICE);

/** A plain sentence that names the file and the chunk, and what to do about it. */
export function explain(failure: Failure): Advice {
  const { what, next } = ADVICE[failure.code] ?? UNKNOWN;
  // The package says what an argument must be.
  const sentence = failure.code === "invalid_argument" ? sentenceOf(failure.message) : what;
  const place = placeOf(failure);
  return { what: place === undefined ? sentence : `${place}: ${sentence}`, next };
}

function placeOf({ path, chunk }: Failure): string | undefined {
  if (path === undefined) return undefined;
  return chunk === undefined ? text.failure.inFile(path) : text.failure.inChunk(path, chunk);
}

function sentenceOf(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}${message.endsWith(".") ? "" : "."}`;
}
