/** What comes after an offer: taking it back, refunds, disputes, and the packet that proves it all. */
export const recourse = {
  heading: "If something is wrong",
  cancelBuyer: "Decline this offer",
  cancelSeller: "Take the offer back",
  cancelHint: "Nothing has been paid. The sale ends for both sides.",
  refund: "Give the money back",
  refundAll: "All that was paid. Access ends at once, even of a running download.",
  refundPart: "A part. The buyer keeps access.",
  refundAmount: (currency: string) => `Amount of the part, in ${currency}`,
  refundButton: "Refund",
  refundInvalid: (most: string) => `Enter an amount of at most ${most}.`,
  revoke: "Take back access",
  revokeHint: "Possible until the first chunk was downloaded. What was paid is given back.",
  packet: "Save the dispute packet",
  packetHint: "Everything that is signed about this sale, in one file.",
  packetName: (transferId: string) => `packet-${transferId}.json`,
  packetVerify: "Verify a packet",
} as const;

export const ended = {
  refunded:
    "The payment was given back, so access has ended. A download that was running has been stopped; nothing of it was saved as complete.",
  refund_pending: "The payment is on its way back to the buyer. Access has ended.",
  disputed:
    "This sale is disputed. Downloads are held until the dispute is decided; a running one has been stopped.",
  revoked: "The seller or the operator took this back. Access has ended.",
  expired: "The time of this sale is over. Access has ended.",
  cancelled: "This sale was cancelled. Nothing can be paid or downloaded any more.",
  cancelledRefunded:
    "This sale ended before the payment arrived; what was paid is given back by itself.",
  refundPartial: (amount: string) => `${amount} of the price was given back. Access stays.`,
  refundFailed: (count: number) =>
    `A refund did not reach the buyer ${count === 1 ? "once" : `${count} times`}. It is tried again by itself.`,
} as const;

export const disputes = {
  heading: "Disputes",
  open: "Open a dispute",
  lead: "Downloads are held until it is decided. If the seller does not answer within 7 days, the money comes back.",
  kind: "What is wrong",
  kinds: {
    content: "The files are not what was offered",
    delivery: "The files cannot be had",
    other: "Something else",
  },
  words: "What happened",
  sealed: "Sealed in this browser; only the arbiter can read it.",
  noArbiter: "This server has no arbiter, so no explanation can be sent with it.",
  enclose: "Let the arbiter open the files, to compare them",
  submit: "Open the dispute",
  answer: "Answer",
  answerButton: "Send the answer",
  withdraw: "Take the dispute back",
  answerDue: (date: string) => `The seller has to answer by ${date}.`,
  answered: "The seller has answered. The arbiter decides.",
  kindOf: (number: number) => `Dispute ${number}`,
  states: {
    open: "Open",
    withdrawn: "Taken back by the buyer",
    ruled_for_seller: "Decided for the seller",
    ruled_for_buyer: "Decided for the buyer",
    unanswered: "The seller did not answer; the money goes back",
    won: "The bank decided for the seller",
    lost: "The bank decided for the buyer",
  } as Record<string, string>,
  missing: "Say what happened.",
} as const;

export const verify = {
  heading: "Verify a dispute packet",
  lead: "A packet is checked in this browser, against the signatures in it. Nothing is sent anywhere.",
  choose: "Choose a packet",
  key: "The server’s key (optional)",
  keyHint:
    "Its name (kid) or its JWK Set, as you know it from elsewhere. Without it the packet is only checked against itself.",
  useThisServer: "Use the key of this server",
  of: (name: string) => `Report on “${name}”`,
  busy: "Checking…",
  good: "Nothing in it is contradicted, and nothing was altered.",
  bad: "It was altered, or it contradicts itself. Do not rely on it.",
  verdicts: { proved: "Proved", not_proved: "Not proved", false: "False" },
} as const;
