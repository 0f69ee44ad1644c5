/** Listings: selling to whoever has the link, and buying from one. */
import { plural } from "./plural.js";

export const listing = {
  // The seller.
  audience: "Who can buy",
  one: "One buyer, whose id you know",
  anyone: "Anyone who has the link",
  anyoneHint:
    "The link holds the key: who has it sees the offer, and who pays gets the files. You may be offline.",
  stock: "Copies (optional)",
  stockHint: "Nothing here: as many as are bought.",
  stockInvalid: "Enter a whole number of at least 1.",
  submit: "Seal, upload and make the link",
  listed: (title: string) => `“${title}” is sealed, stored and on offer to whoever has this link.`,
  listedHint: "You can close this page: buyers do not need you for the rest.",
  link: "Link to buy",
  qr: "QR code of the link",
  showQr: "Show QR code",
  hideQr: "Hide QR code",
  open: "On offer",
  closed: "Closed",
  soldOut: "Sold out",
  left: (left: number, stock: number) => `${left} of ${plural(stock, "copy", "copies")} left`,
  until: (date: string) => `until ${date}`,
  close: "Close the listing",
  // The buyer.
  by: "Sold by",
  size: "Size",
  sizeValue: (count: number, size: string) => `${plural(count, "file", "files")}, ${size}`,
  copies: "Copies",
  ends: "Offer ends",
  verified: "The offer is signed by the seller whom your link names; this browser has checked it.",
  buy: (price: string) => `Buy for ${price}`,
  get: "Get the files",
  buying: "Preparing the purchase…",
  payLead: "You pay on the payment provider’s page, and come back here for the files.",
  detailsLead: "The seller asks for details first; you fill them in on the next page.",
  keys: "The files are sealed for keys that this browser has made for you. To open them on another device too, keep the 24 words on the page",
  soldOutLead: "This is sold out.",
  closedLead: "The seller does not sell this any more.",
  own: "This is your own listing; buyers see it like this.",
} as const;
