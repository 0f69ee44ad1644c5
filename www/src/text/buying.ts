/** What a buyer does: accept, provide details, pay. */
export const checkout = {
  accept: "Accept",
  pay: (price: string) => `Accept and pay ${price}`,
  payNow: (price: string) => `Go to the payment page: ${price}`,
  accepting: "Accepting…",
  leaving: "Opening the payment page…",
  payLead:
    "You pay on the payment provider’s page, and come back here. Your keys stay in this browser.",
  due: "The offer is accepted. The payment is due.",
  dueSeller: "The buyer has accepted and is asked to pay.",
  cameBack: "You came back without paying. Nothing was charged, and you can still pay.",
  confirming:
    "You have paid. Waiting for the payment provider to confirm it; this page goes on by itself.",
  processing:
    "The payment is being processed. This can take days, as with a bank transfer. You can close this page; the files arrive here.",
  processingSeller: "The payment is being processed. This can take days, as with a bank transfer.",
  detailsFirst: "Provide the details above first.",
  paidSeller: (price: string) => `${price} has been paid.`,
  expired: "This offer has ended.",
} as const;

export const answers = {
  heading: "Details for the seller",
  lead: "Sealed in this browser; only the seller can read them.",
  afterPayment: "The payment has arrived. The seller needs these details before the files come.",
  send: "Send details",
  sending: "Sealing and sending…",
  optional: "optional",
  sent: (label: string) => `${label}: sent`,
  change: "Change what was sent",
  missing: "Please fill this in.",
  takes: (kinds: string) => `Accepted: ${kinds}.`,
  mostBytes: (size: string) => `At most ${size}.`,
  tooLarge: (most: string) => `This file is too large. ${most}`,
  otherType: (type: string, kinds: string) =>
    `The seller does not take this kind of file (${type}), only: ${kinds}.`,
  rejected: (reason: string) => `The seller sent this back: “${reason}”`,
} as const;

export const provided = {
  heading: "Details from the buyer",
  waiting: (label: string) => `${label}: not there yet`,
  opened: "Opened with your keys; the buyer signed each of them.",
  sendBack: "Send back",
  sentBack: (reason: string) => `You sent this back: “${reason}”`,
  reason: (label: string) => `What is wrong with “${label}”`,
  reasonHint: "The buyer and the server read it.",
  save: (name: string) => `Save “${name}”`,
  saving: "Downloading and opening…",
  at: (time: string) => `Given ${time}`,
} as const;
