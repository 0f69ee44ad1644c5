/** Sell, buy and deliver files through a server that cannot read them. */
export { examineContent, openEvidence } from "./arbiter.js";
export { Claimcheck } from "./client.js";
export { ClaimcheckError, type LocalErrorCode } from "./errors.js";
export type * from "./listing-types.js";
export { Hasher } from "./hasher.js";
export { Identity } from "./identity.js";
export { currencies, type CurrencyRule } from "./money.js";
export { openLink, OpenLink } from "./links.js";
export { verifyAudit, verifyPacket, type PacketLine } from "./packet.js";
export { blobSource } from "./sources.js";
export type * from "./link-types.js";
export type * from "./seller-types.js";
export type * from "./types.js";
