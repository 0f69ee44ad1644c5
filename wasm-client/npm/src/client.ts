/** A connection of one identity to one server. */
import { loadWasm } from "#platform";
import { Client as WasmClient } from "../wasm/claimcheck_client.js";
import { controlled } from "./control.js";
import { ClaimcheckError, guarded } from "./errors.js";
import type { Identity } from "./identity.js";
import type { DownloadLink, LinkLogEntry, LinkRequest, ProductFile } from "./link-types.js";
import { linkPassword } from "./links.js";
import type { Listing, ListingRequest, OwnListing } from "./listing-types.js";
import type {
  Deleted,
  Onboarding,
  PaymentAccount,
  Webhook,
  WebhookRequest,
} from "./seller-types.js";
import type {
  DeletedAccount,
  DisputeKind,
  Disputes,
  Download,
  DownloadedFile,
  Evidence,
  FileAudit,
  FileSink,
  InputValues,
  Message,
  OfferedFile,
  OpenedInput,
  OfferRequest,
  Product,
  RefundPart,
  Registration,
  Release,
  Requirements,
  RevokeReason,
  Transfer,
  TransferOptions,
  UploadRequest,
} from "./types.js";

/** Sells and buys. Every call may be repeated: what was done already is not done twice. */
export class Claimcheck {
  readonly identity: Identity;
  readonly origin: string;
  readonly #client: WasmClient;

  private constructor(origin: string, identity: Identity, client: WasmClient) {
    this.origin = origin;
    this.identity = identity;
    this.#client = client;
  }

  /** Prepares a connection to a server, `https://host[:port]`; nothing is sent yet. */
  static async connect(origin: string, identity: Identity): Promise<Claimcheck> {
    await loadWasm();
    const server = originOf(origin);
    const client = await guarded(() => new WasmClient(server, identity.inner));
    return new Claimcheck(server, identity, client);
  }

  /** Makes the identity's keys known to the server. Needed once, before all other calls. */
  register(displayName = ""): Promise<Registration> {
    return guarded(() => this.#client.register(displayName) as Promise<Registration>);
  }

  /**
   * Leaves the server: what is one's own there is deleted, unpaid offers are called off. Refused with `open_sales` while
   * money, or a buyer's access, is in play. The identity itself stays, and may register again.
   */
  deleteAccount(): Promise<DeletedAccount> {
    return guarded(() => this.#client.deleteAccount() as Promise<DeletedAccount>);
  }

  /** Another Ailock's keys and profile, verified against its id. */
  ailock(id: string): Promise<Registration> {
    return guarded(() => this.#client.ailock(id) as Promise<Registration>);
  }

  /** One's own products, newest first. */
  products(after?: string): Promise<{ products: Product[]; next: string | null }> {
    return guarded(
      () => this.#client.products(after) as Promise<{ products: Product[]; next: string | null }>,
    );
  }

  /** Seals files and uploads them as one release. The server gets ciphertext, sizes and declared types. */
  upload(request: UploadRequest, options: TransferOptions = {}): Promise<Release> {
    return controlled(options, (control) =>
      this.#client.upload(request.product, [...request.files], control, options.onProgress),
    );
  }

  /** Offers a release to one buyer, with its key sealed ahead: the buyer need not wait for the seller. */
  offer(request: OfferRequest): Promise<Transfer> {
    return guarded(() => this.#client.offer(request) as Promise<Transfer>);
  }

  /** Offers a release to anybody who has the link, from now on without the seller's doing. A product has one open listing. */
  createListing(request: ListingRequest): Promise<OwnListing> {
    return guarded(() => this.#client.createListing(request) as Promise<OwnListing>);
  }

  /** One's own listings with their links, newest first. */
  listings(after?: string): Promise<{ listings: OwnListing[]; next: string | null }> {
    return guarded(
      () =>
        this.#client.listings(after) as Promise<{ listings: OwnListing[]; next: string | null }>,
    );
  }

  /** Ends a listing for new buyers. Who has a payment page open may still pay, and is delivered. */
  closeListing(listingId: string): Promise<OwnListing> {
    return guarded(() => this.#client.closeListing(listingId) as Promise<OwnListing>);
  }

  /** What a link offers, held to the seller and the secret in the link. Nothing of the link's secret is sent. */
  listing(url: string): Promise<Listing> {
    return guarded(() => this.#client.listing(url) as Promise<Listing>);
  }

  /**
   * A sale of what a link offers: {@link accept}, pay and {@link download} it as any other, on any device of one's own.
   * Where one runs already it is that one. `offerHash` is the `offer_hash` of the listing that the person has seen.
   */
  buy(url: string, offerHash?: string): Promise<Transfer> {
    return guarded(() => this.#client.buy(url, offerHash) as Promise<Transfer>);
  }

  /** One transfer of one's own, with the signatures of its offer and of its receipt verified. */
  review(transferId: string): Promise<Transfer> {
    return guarded(() => this.#client.review(transferId) as Promise<Transfer>);
  }

  /** The files of a delivered transfer, verified against the offer. No download is used up before the first chunk. */
  contents(transferId: string): Promise<OfferedFile[]> {
    return guarded(() => this.#client.contents(transferId) as Promise<OfferedFile[]>);
  }

  /** Accepts an offer. Its signature and its seller's keys are verified before anything is sent. */
  accept(transferId: string): Promise<{ transfer: Transfer; checkout_url: string | null }> {
    return guarded(
      () =>
        this.#client.accept(transferId) as Promise<{
          transfer: Transfer;
          checkout_url: string | null;
        }>,
    );
  }

  /** Hands the key of a paid transfer to its buyer, where it was not sealed ahead. */
  grant(transferId: string): Promise<Transfer> {
    return guarded(() => this.#client.grant(transferId) as Promise<Transfer>);
  }

  /** Downloads, verifies and opens what was bought, and signs the receipt once all of it is written. */
  download(transferId: string, sink: FileSink, options: TransferOptions = {}): Promise<Download> {
    return controlled(options, (control) =>
      this.#client.download(transferId, sink, control, options.onProgress),
    );
  }

  /** One transfer of one's own. */
  transfer(transferId: string): Promise<Transfer> {
    return guarded(() => this.#client.transfer(transferId) as Promise<Transfer>);
  }

  /** One's own transfers, newest first. */
  transfers(
    filter: { role?: "seller" | "buyer"; after?: string } = {},
  ): Promise<{ transfers: Transfer[]; next: string | null }> {
    return guarded(
      () =>
        this.#client.transfers(filter.role, filter.after) as Promise<{
          transfers: Transfer[];
          next: string | null;
        }>,
    );
  }

  /** What the offer of one's own sale asks its buyer for, and what is there. */
  requirements(transferId: string): Promise<Requirements> {
    return guarded(() => this.#client.requirements(transferId) as Promise<Requirements>);
  }

  /**
   * Provides texts and files by the ids of the offer's inputs. They are checked here and sealed to the seller; none is
   * handed in before all files are uploaded.
   */
  submitInputs(
    transferId: string,
    values: InputValues,
    options: TransferOptions = {},
  ): Promise<Requirements> {
    return controlled(options, (control) =>
      this.#client.submitInputs(transferId, Object.entries(values), control, options.onProgress),
    );
  }

  /** Sends an input back to its buyer. The server reads the reason. */
  rejectInput(transferId: string, inputId: string, reason: string): Promise<Requirements> {
    return guarded(
      () => this.#client.rejectInput(transferId, inputId, reason) as Promise<Requirements>,
    );
  }

  /** What the buyer provided, opened by its seller. {@link downloadInput} fetches a file. */
  inputs(transferId: string): Promise<OpenedInput[]> {
    return guarded(() => this.#client.inputs(transferId) as Promise<OpenedInput[]>);
  }

  /** Calls a sale off before it is paid; either side may. */
  cancel(transferId: string): Promise<Transfer> {
    return guarded(() => this.#client.cancel(transferId) as Promise<Transfer>);
  }

  /** Takes an offer back, or an access of which no chunk was served. What was paid goes back. */
  revoke(transferId: string, reason: RevokeReason = "requested"): Promise<Transfer> {
    return guarded(() => this.#client.revoke(transferId, reason) as Promise<Transfer>);
  }

  /** Pays back as the seller: a part, or all that remains, which ends access. The buyer has it once Stripe says so. */
  refund(transferId: string, part?: RefundPart): Promise<Transfer> {
    const named = part && { amount: part.amount, refundId: part.refundId ?? crypto.randomUUID() };
    return guarded(() => this.#client.refund(transferId, named) as Promise<Transfer>);
  }

  /** Where the disputes of one's own transfer stand. */
  disputes(transferId: string): Promise<Disputes> {
    return guarded(() => this.#client.disputes(transferId) as Promise<Disputes>);
  }

  /** Opens a dispute as the buyer; downloads stop until it is closed. Each call opens another one. */
  openDispute(
    transferId: string,
    dispute: { readonly kind: DisputeKind; readonly evidence?: Evidence },
  ): Promise<Disputes> {
    const { kind, evidence } = dispute;
    return guarded(() => this.#client.openDispute(transferId, kind, evidence) as Promise<Disputes>);
  }

  /** Answers a dispute as the seller, who loses it after 7 days without an answer. */
  answerDispute(transferId: string, disputeId: string, evidence?: Evidence): Promise<Disputes> {
    return guarded(
      () => this.#client.answerDispute(transferId, disputeId, evidence) as Promise<Disputes>,
    );
  }

  /** Takes a dispute back as the buyer; access is as it was before. */
  withdrawDispute(transferId: string, disputeId: string): Promise<Disputes> {
    return guarded(() => this.#client.withdrawDispute(transferId, disputeId) as Promise<Disputes>);
  }

  /** Rules on a dispute as the server's arbiter. Both parties read the explanation. */
  rule(
    transferId: string,
    disputeId: string,
    ruling: "for_buyer" | "for_seller",
    explanation: string,
  ): Promise<Disputes> {
    return guarded(
      () => this.#client.rule(transferId, disputeId, ruling, explanation) as Promise<Disputes>,
    );
  }

  /** One sealed chunk of what a disputed sale sold, for the server's arbiter. */
  disputedChunk(transferId: string, fileId: string, index: number): Promise<Uint8Array> {
    return guarded(() => this.#client.disputedChunk(transferId, fileId, index));
  }

  /** The dispute packet: JSON, to the byte as the server signed it. `verifyPacket` reads it. */
  packet(transferId: string): Promise<Uint8Array> {
    return guarded(() => this.#client.packet(transferId));
  }

  /** The audit rows of one's own transfer: JSON, which `verifyAudit` reads. */
  auditTrail(transferId: string): Promise<Uint8Array> {
    return guarded(() => this.#client.auditTrail(transferId));
  }

  /** Downloads a file that the buyer of one's own sale provided, verified to its last byte. */
  downloadInput(
    transferId: string,
    inputId: string,
    sink: FileSink,
    options: TransferOptions = {},
  ): Promise<DownloadedFile> {
    return controlled(options, (control) =>
      this.#client.downloadInput(transferId, inputId, sink, control, options.onProgress),
    );
  }

  /** Messages after a cursor, oldest first; `wait`, in seconds up to 25, holds the answer back until there is one. */
  inbox(cursor = 0, wait = 0): Promise<{ messages: Message[]; cursor: number }> {
    return guarded(
      () =>
        this.#client.inbox(BigInt(cursor), wait) as Promise<{
          messages: Message[];
          cursor: number;
        }>,
    );
  }

  /** Marks messages as read. */
  markRead(messageIds: readonly string[]): Promise<{ marked: number }> {
    return guarded(() => this.#client.markRead([...messageIds]) as Promise<{ marked: number }>);
  }

  /**
   * Makes a download link. Its address is answered here and never again: the server gets hashes of its parts, and of
   * the password what Argon2id makes of it goes into the keys.
   */
  async createLink(request: LinkRequest): Promise<{ link: DownloadLink; url: string }> {
    const { password, ...terms } = request;
    const linkId = await guarded(() => this.#client.makeLinkId());
    const key = password === undefined ? undefined : await linkPassword(password, linkId);
    const { link, path } = await guarded(
      () =>
        this.#client.createLink({ ...terms, linkId }, key) as Promise<{
          link: DownloadLink;
          path: string;
        }>,
    );
    return { link, url: `${this.origin}${path}` };
  }

  /** One's own download links, newest first. */
  links(after?: string): Promise<{ links: DownloadLink[]; next: string | null }> {
    return guarded(
      () => this.#client.links(after) as Promise<{ links: DownloadLink[]; next: string | null }>,
    );
  }

  /** Ends a link; downloads that run stop at their next chunk. */
  revokeLink(linkId: string): Promise<DownloadLink> {
    return guarded(() => this.#client.revokeLink(linkId) as Promise<DownloadLink>);
  }

  /** Who used a link of one's own, newest first. */
  linkLog(
    linkId: string,
    after?: number,
  ): Promise<{ entries: LinkLogEntry[]; next: number | null }> {
    return guarded(
      () =>
        this.#client.linkLog(linkId, after === undefined ? undefined : BigInt(after)) as Promise<{
          entries: LinkLogEntry[];
          next: number | null;
        }>,
    );
  }

  /** Every file of a product of one's own, by its name, the newest release first. */
  productFiles(productId: string): Promise<ProductFile[]> {
    return guarded(() => this.#client.productFiles(productId) as Promise<ProductFile[]>);
  }

  /**
   * Takes a release of one's own off the shelf: no new sale, listing or link is of it. Its files are deleted once no
   * sale that runs needs them any more.
   */
  deleteRelease(releaseId: string): Promise<Deleted> {
    return guarded(() => this.#client.deleteRelease(releaseId) as Promise<Deleted>);
  }

  /** The same of a product, with all of its releases. */
  deleteProduct(productId: string): Promise<Deleted> {
    return guarded(() => this.#client.deleteProduct(productId) as Promise<Deleted>);
  }

  /** Whether one can sell at a price. */
  paymentAccount(): Promise<PaymentAccount> {
    return guarded(() => this.#client.paymentAccount() as Promise<PaymentAccount>);
  }

  /**
   * A page on which to set up where one is paid, where the server's sellers are paid themselves. `returnOrigin` is where
   * it leads back to, if the server allows that.
   */
  onboard(returnOrigin?: string): Promise<Onboarding> {
    return guarded(() => this.#client.onboard(returnOrigin) as Promise<Onboarding>);
  }

  /** Asks the payment provider about the payment of one's own sale, where its news is late. It moves no money. */
  confirmPayment(transferId: string): Promise<Transfer> {
    return guarded(() => this.#client.confirmPayment(transferId) as Promise<Transfer>);
  }

  /** Has an address told of one's sales. The secret that its events are signed with is answered here alone. */
  createWebhook(request: WebhookRequest): Promise<Webhook & { readonly secret: string }> {
    return guarded(
      () => this.#client.createWebhook(request) as Promise<Webhook & { readonly secret: string }>,
    );
  }

  /** One's own webhooks, oldest first, without those that were ended. */
  webhooks(): Promise<Webhook[]> {
    return guarded(() => this.#client.webhooks() as Promise<Webhook[]>);
  }

  /** Ends a webhook. */
  revokeWebhook(webhookId: string): Promise<Webhook> {
    return guarded(() => this.#client.revokeWebhook(webhookId) as Promise<Webhook>);
  }

  /** The keys of the files of one's own release, for an audit with other tools. Whoever has them can open the files. */
  audit(releaseId: string): Promise<FileAudit[]> {
    return guarded(() => this.#client.audit(releaseId) as Promise<FileAudit[]>);
  }
}

/** The origin of an address; a path behind it is the API's own affair. */
function originOf(address: string): string {
  try {
    const url = new URL(address);
    if (url.protocol === "https:" || url.protocol === "http:") return url.origin;
  } catch {
    // Said below, in words that fit this parameter.
  }
  throw new ClaimcheckError("invalid_argument", "the origin must be like https://host[:port]");
}
