/** What a seller decides of an offer: price, access, and what the buyer is asked for. */
import { plural } from "./plural.js";

export const terms = {
  heading: "Access and expiry",
  price: "Price",
  currency: "Currency",
  free: "Free. Enter an amount to be paid.",
  priceMalformed: (decimals: number) =>
    decimals === 0
      ? "Enter a whole number, without separators: 1200."
      : `Enter a number with at most ${decimals} decimals and no other separator: 4.${"9".repeat(decimals)}.`,
  priceLow: (least: string) => `The least that can be charged is ${least}.`,
  priceHigh: (most: string) => `The most that can be charged is ${most}.`,
  priceStep: (step: string) => `In this currency a price is a multiple of ${step}.`,
  retention: "Access lasts",
  retentionHint: "From delivery. Afterwards the files are deleted.",
  downloads: "Downloads",
  downloadsHint: "An interrupted download goes on without counting again.",
  downloadsInvalid: "Enter a whole number from 1 to 1000.",
  expiry: "The offer stands for",
  expiryHint: "Until then the buyer can accept it.",
  stops: "When access ends, stop downloads that are running",
  asks: "Details from the buyer",
  asksHint: "Sealed in the buyer’s browser; only you can read the answers.",
  addAsk: "Ask for something",
  ask: (number: number) => `Detail ${number}`,
  removeAsk: (number: number) => `Remove detail ${number}`,
  remove: "Remove",
  label: "What you ask for",
  labelMissing: "Say what you ask for.",
  kind: "Kind of answer",
  kinds: {
    text: "One line of text",
    textarea: "Several lines of text",
    url: "Web address",
    file: "File",
  },
  timing: "When",
  timings: { pre_payment: "Before paying", post_payment_pre_grant: "After paying" },
  isRequired: "The sale waits for it",
  takes: "Files that you take",
  takesHint: "None chosen: any file.",
  families: {
    image: "Images",
    pdf: "PDF",
    document: "Word and OpenDocument texts",
    text: "Plain text",
    audio: "Audio",
    video: "Video",
    archive: "ZIP archives",
  },
  otherTypes: "Other media types (optional)",
  otherTypesHint: "Such as application/json or font/*, with commas between them.",
  typesInvalid: "Write each like application/json or font/*, and 20 at most with those above.",
  largest: "Largest size in MB (optional)",
  largestHint: (most: number) => `Nothing here: ${most} MB, which is the most.`,
  largestInvalid: (most: number) => `Enter a whole number from 1 to ${most}.`,
  explanation: "Explanation (optional)",
  // As the buyer reads them.
  downloadsValue: (count: number) =>
    `${plural(count, "download", "downloads")}; an interrupted one may go on`,
  accessValue: (time: string, stops: boolean) =>
    stops
      ? `${time} from delivery; a running download then stops`
      : `${time} from delivery; a running download may end`,
  until: (date: string) => `until ${date}`,
  recipient: "Who may download",
  onlyBuyer: "only the buyer’s keys open it",
  check: "Content check",
  checkFirst: "has to be clean before anybody can accept",
  asked: "You will be asked for",
  asksBuyer: "Asks the buyer for",
  askedBefore: (label: string) => `${label} (before paying)`,
  askedAfter: (label: string) => `${label} (after paying)`,
  optional: (label: string) => `${label}, optional`,
} as const;
