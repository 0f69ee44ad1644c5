/** Leaving the server. */
export const leaving = {
  heading: "Leave this server",
  lead: "Your name, products, files, links and messages are deleted here, and offers that nobody has paid are called off. What you bought cannot be downloaded any more. The signed records of your sales stay with the other side.",
  unless: "Not possible while money, or somebody’s access to what you sold, is in play.",
  confirm: "Delete what is mine here, and forget my keys in this browser",
  phrase: "I have kept the recovery phrase, or do not need these keys any more",
  button: "Leave",
  busy: "Leaving…",
  left: "You have left.",
  leftHint: "What was yours is deleted from this server, and your keys from this browser.",
  again: "Begin again as somebody new",
} as const;
