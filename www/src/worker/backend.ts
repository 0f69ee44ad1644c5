/** All that the page asks for: keys, cryptography and transfers live here, off the page's thread. */
import { blobSource, Claimcheck, ClaimcheckError, currencies, Identity } from "claimcheck";
import type {
  CurrencyRule,
  FileSink,
  Message,
  OfferRequest,
  Product,
  Progress,
  Release,
  Transfer,
  Download,
  OfferedFile,
  OpenedInput,
  Requirements,
} from "claimcheck";
import { PickedSink, PrivateSink, type StoredFile } from "claimcheck/browser";
import { toFailure } from "./failure.js";
import { keepIdentity, loadIdentity } from "./keep.js";

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
  readonly download: Download;
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

  submitInputs(
    transferId: string,
    values: Readonly<Record<string, string>>,
  ): Promise<Requirements> {
    return failing(() => this.#server().submitInputs(transferId, values));
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
    return this.#run(job, async (signal) => {
      const sink = sinkOf(place);
      const download = await this.#server().download(transferId, sink, { signal, onProgress });
      if (!(sink instanceof PrivateSink)) return { download, stored: [] };
      this.#stored.set(job, sink);
      return { download, stored: await sink.files() };
    });
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

async function failing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toFailure(error);
  }
}
