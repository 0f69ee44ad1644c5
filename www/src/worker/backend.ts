/** All that the page asks for: keys, cryptography and transfers live here, off the page's thread. */
import {
  blobSource,
  Claimcheck,
  ClaimcheckError,
  currencies,
  Identity,
  verifyPacket,
} from "claimcheck";
import type {
  CurrencyRule,
  FileSink,
  Message,
  OfferRequest,
  Product,
  Progress,
  Release,
  Transfer,
  DisputeKind,
  Disputes,
  DownloadedFile,
  DownloadLink,
  Evidence,
  LinkLogEntry,
  LinkRequest,
  Listing,
  ListingRequest,
  OfferedFile,
  OpenedInput,
  OwnListing,
  PacketLine,
  ProductFile,
  RefundPart,
  Requirements,
} from "claimcheck";
import { PickedSink, PrivateSink, type StoredFile } from "claimcheck/browser";
import { failing } from "./failure.js";
import { Links, type LinkStanding } from "./links.js";
import { forgetAll, keepFragment, keepIdentity, loadIdentity } from "./keep.js";

/** Who this browser is. */
export interface Me {
  readonly id: string;
  readonly displayName: string;
}

/** A file to be sold, under the path that its buyer will see. */
export interface PickedFile {
  readonly path: string;
  readonly file: File;
}

export interface UploadOrder {
  readonly product: { readonly id: string } | { readonly title: string };
  readonly files: readonly PickedFile[];
}

/** Where a download goes. */
export type Place =
  | { readonly kind: "file"; readonly handle: FileSystemFileHandle }
  | { readonly kind: "folder"; readonly handle: FileSystemDirectoryHandle }
  /** The browser's private storage; the page hands the files on to the person. */
  | { readonly kind: "private" };

export interface Delivery {
  readonly files: readonly DownloadedFile[];
  /** Of a private place: to be handed on, then dropped. */
  readonly stored: readonly StoredFile[];
}

type OnProgress = (progress: Progress) => void;

/** The page's other half. What it throws is always a {@link Failure}. */
export class Backend {
  #client: Claimcheck | undefined;
  /** Made just now, so that the server cannot know it. */
  #isNew = false;
  readonly #running = new Map<string, AbortController>();
  readonly #stored = new Map<string, PrivateSink>();
  readonly #links = new Links();

  /** This browser's identity; nothing is sent yet. */
  open(): Promise<string> {
    return failing(async () => {
      void PrivateSink.sweep().catch(() => undefined);
      const { identity, isNew } = await loadIdentity();
      this.#isNew = isNew;
      return (await this.#connect(identity)).identity.id;
    });
  }

  /** Makes the identity known to the server, unless it is; the name that stands there stays. */
  enter(): Promise<Me> {
    return failing(async () => {
      const { identity } = this.#server();
      const known = this.#isNew
        ? undefined
        : await this.#server().ailock(identity.id).catch(unlessUnknown);
      const { profile } = known ?? (await this.#server().register());
      return { id: identity.id, displayName: profile.body.display_name };
    });
  }

  rename(displayName: string): Promise<Me> {
    return failing(async () => {
      const { profile } = await this.#server().register(displayName);
      return { id: profile.body.id, displayName: profile.body.display_name };
    });
  }

  phrase(): Promise<string> {
    return failing(async () => this.#server().identity.phrase());
  }

  /** Becomes the identity of a recovery phrase. The one before is forgotten. */
  restore(phrase: string): Promise<string> {
    return failing(async () => {
      const identity = await Identity.fromPhrase(phrase);
      await keepIdentity(identity);
      this.#isNew = false;
      return (await this.#connect(identity)).identity.id;
    });
  }

  /** Deletes what is one's own on the server, then all that this browser keeps. */
  leave(): Promise<void> {
    return failing(async () => {
      await this.#server().deleteAccount();
      this.#client = undefined;
      await forgetAll();
    });
  }

  isAilockId(text: string): Promise<boolean> {
    return failing(() => Identity.isId(text));
  }

  /** The display name behind an id, as its owner signed it. */
  nameOf(id: string): Promise<string> {
    return failing(async () => (await this.#server().ailock(id)).profile.body.display_name);
  }

  upload(job: string, order: UploadOrder, onProgress: OnProgress): Promise<Release> {
    const files = order.files.map(({ file, path }) => blobSource(file, path));
    return this.#run(job, (signal) =>
      this.#server().upload({ product: order.product, files }, { signal, onProgress }),
    );
  }

  offer(request: OfferRequest): Promise<Transfer> {
    return failing(() => this.#server().offer(request));
  }

  currencies(): Promise<readonly CurrencyRule[]> {
    return failing(currencies);
  }

  /** Answers with the page to pay at, where there is something to pay. */
  accept(transferId: string): Promise<string | null> {
    return failing(async () => (await this.#server().accept(transferId)).checkout_url);
  }

  requirements(transferId: string): Promise<Requirements> {
    return failing(() => this.#server().requirements(transferId));
  }

  /** Texts, and files by the ids of their inputs. */
  submitInputs(
    transferId: string,
    answers: Readonly<Record<string, string | File>>,
    onProgress: OnProgress,
  ): Promise<Requirements> {
    const values = Object.entries(answers).map(([id, answer]) => [
      id,
      typeof answer === "string" ? answer : blobSource(answer, answer.name),
    ]);
    return failing(() =>
      this.#server().submitInputs(transferId, Object.fromEntries(values), { onProgress }),
    );
  }

  /** A file that the buyer provided, into the private storage. */
  downloadInput(job: string, transferId: string, inputId: string): Promise<Delivery> {
    return this.#save(job, { kind: "private" }, async (sink, signal) => ({
      files: [await this.#server().downloadInput(transferId, inputId, sink, { signal })],
    }));
  }

  rejectInput(transferId: string, inputId: string, reason: string): Promise<Requirements> {
    return failing(() => this.#server().rejectInput(transferId, inputId, reason));
  }

  /** What the buyer provided, opened by its seller. */
  inputs(transferId: string): Promise<OpenedInput[]> {
    return failing(() => this.#server().inputs(transferId));
  }

  contents(transferId: string): Promise<OfferedFile[]> {
    return failing(() => this.#server().contents(transferId));
  }

  download(
    job: string,
    transferId: string,
    place: Place,
    onProgress: OnProgress,
  ): Promise<Delivery> {
    return this.#save(job, place, (sink, signal) =>
      this.#server().download(transferId, sink, { signal, onProgress }),
    );
  }

  /** Ends a running upload or download. */
  async cancel(job: string): Promise<void> {
    this.#running.get(job)?.abort();
  }

  /** Removes what a download left in the private storage. */
  async drop(job: string): Promise<void> {
    const sink = this.#stored.get(job);
    this.#stored.delete(job);
    await sink?.dispose();
  }

  review(transferId: string): Promise<Transfer> {
    return failing(() => this.#server().review(transferId));
  }

  /** Not verified: for a sale whose other side has left, and whose keys cannot be had. */
  transfer(transferId: string): Promise<Transfer> {
    return failing(() => this.#server().transfer(transferId));
  }

  cancelSale(transferId: string): Promise<Transfer> {
    return failing(() => this.#server().cancel(transferId));
  }

  revoke(transferId: string): Promise<Transfer> {
    return failing(() => this.#server().revoke(transferId));
  }

  refund(transferId: string, part?: RefundPart): Promise<Transfer> {
    return failing(() => this.#server().refund(transferId, part));
  }

  disputes(transferId: string): Promise<Disputes> {
    return failing(() => this.#server().disputes(transferId));
  }

  openDispute(
    transferId: string,
    dispute: { readonly kind: DisputeKind; readonly evidence?: Evidence },
  ): Promise<Disputes> {
    return failing(() => this.#server().openDispute(transferId, dispute));
  }

  answerDispute(transferId: string, disputeId: string, evidence?: Evidence): Promise<Disputes> {
    return failing(() => this.#server().answerDispute(transferId, disputeId, evidence));
  }

  withdrawDispute(transferId: string, disputeId: string): Promise<Disputes> {
    return failing(() => this.#server().withdrawDispute(transferId, disputeId));
  }

  /** To the byte as the server signed it. */
  packet(transferId: string): Promise<Uint8Array> {
    return failing(() => this.#server().packet(transferId));
  }

  /** Needs neither identity nor server. */
  verifyPacket(packet: Uint8Array, pinned?: string): Promise<readonly PacketLine[]> {
    return failing(() => verifyPacket(packet, pinned));
  }

  createListing(request: ListingRequest): Promise<OwnListing> {
    return failing(() => this.#server().createListing(request));
  }

  listings(after?: string): Promise<{ listings: OwnListing[]; next: string | null }> {
    return failing(() => this.#server().listings(after));
  }

  closeListing(listingId: string): Promise<OwnListing> {
    return failing(() => this.#server().closeListing(listingId));
  }

  /** The link to a path whose secret part is kept here, or is kept from now on; nothing where there is none. */
  linkTo(path: string, fragment?: string): Promise<string | undefined> {
    return failing(async () => {
      const kept = await keepFragment(path, fragment);
      return kept === undefined ? undefined : `${self.location.origin}${path}#${kept}`;
    });
  }

  /** What a link sells, verified against the seller that it names. */
  listing(url: string): Promise<Listing> {
    return failing(() => this.#server().listing(url));
  }

  /** Begins the purchase of what was shown as `offerHash`. */
  buy(url: string, offerHash: string): Promise<Transfer> {
    return failing(() => this.#server().buy(url, offerHash));
  }

  /** What a download link gives; nothing where its secret is not known here. Needs no identity. */
  openLink(path: string, fragment?: string): Promise<LinkStanding | undefined> {
    return failing(() => this.#links.open(path, fragment));
  }

  /** Takes one of a link's downloads, unless this browser has taken one: then the same. Answers with its files. */
  claimLink(path: string, password?: string): Promise<OfferedFile[]> {
    return failing(() => this.#links.claim(path, password));
  }

  downloadLink(job: string, path: string, place: Place, onProgress: OnProgress): Promise<Delivery> {
    return this.#save(job, place, (sink, signal) =>
      this.#links.download(path, sink, { signal, onProgress }),
    );
  }

  createLink(request: LinkRequest): Promise<{ link: DownloadLink; url: string }> {
    return failing(() => this.#server().createLink(request));
  }

  links(after?: string): Promise<{ links: DownloadLink[]; next: string | null }> {
    return failing(() => this.#server().links(after));
  }

  revokeLink(linkId: string): Promise<DownloadLink> {
    return failing(() => this.#server().revokeLink(linkId));
  }

  /** Takes a release off the shelf. Answers how many sales still need its files. */
  deleteRelease(releaseId: string): Promise<number> {
    return failing(async () => (await this.#server().deleteRelease(releaseId)).open_sales);
  }

  deleteProduct(productId: string): Promise<number> {
    return failing(async () => (await this.#server().deleteProduct(productId)).open_sales);
  }

  linkLog(
    linkId: string,
    after?: number,
  ): Promise<{ entries: LinkLogEntry[]; next: number | null }> {
    return failing(() => this.#server().linkLog(linkId, after));
  }

  /** Every file of a product of one's own, of every release, with its name. */
  productFiles(productId: string): Promise<ProductFile[]> {
    return failing(() => this.#server().productFiles(productId));
  }

  products(after?: string): Promise<{ products: Product[]; next: string | null }> {
    return failing(() => this.#server().products(after));
  }

  sales(after?: string): Promise<{ transfers: Transfer[]; next: string | null }> {
    const filter = { role: "seller" } as const;
    return failing(() =>
      this.#server().transfers(after === undefined ? filter : { ...filter, after }),
    );
  }

  inbox(cursor: number): Promise<{ messages: Message[]; cursor: number }> {
    return failing(() => this.#server().inbox(cursor));
  }

  markRead(messageIds: readonly string[]): Promise<void> {
    return failing(async () => void (await this.#server().markRead(messageIds)));
  }

  async #connect(identity: Identity): Promise<Claimcheck> {
    this.#client = await Claimcheck.connect(self.location.origin, identity);
    return this.#client;
  }

  #server(): Claimcheck {
    if (this.#client === undefined)
      throw new ClaimcheckError("invalid_argument", "nobody is signed in yet");
    return this.#client;
  }

  #save(
    job: string,
    place: Place,
    download: (sink: FileSink, signal: AbortSignal) => Promise<Pick<Delivery, "files">>,
  ): Promise<Delivery> {
    return this.#run(job, async (signal) => {
      const sink = sinkOf(place);
      const { files } = await download(sink, signal);
      if (!(sink instanceof PrivateSink)) return { files, stored: [] };
      this.#stored.set(job, sink);
      return { files, stored: await sink.files() };
    });
  }

  #run<T>(job: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    this.#running.set(job, controller);
    return failing(() => work(controller.signal)).finally(() => this.#running.delete(job));
  }
}

function sinkOf(place: Place): FileSink {
  if (place.kind === "folder") return PickedSink.intoFolder(place.handle);
  return place.kind === "file" ? new PickedSink(async () => place.handle) : new PrivateSink();
}

/** The server refuses a token to an Ailock that it does not know. */
function unlessUnknown(error: unknown): undefined {
  const status = error instanceof ClaimcheckError ? error.status : undefined;
  if (status === 400 || status === 401 || status === 404) return undefined;
  throw error;
}
