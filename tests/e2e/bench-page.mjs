// What the benchmark runs inside the browser, on the file in the page's only input. Each answers with seconds.

/** WebCrypto alone: AES-256-GCM over the file in pieces of 4 MiB, one after the other. */
export async function rawSeal() {
  const [file] = document.querySelector("input")?.files ?? [];
  if (file === undefined) throw new Error("no file was chosen");
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const began = performance.now();
  for (let at = 0; at < file.size; at += 4_194_304) {
    const piece = await file.slice(at, at + 4_194_304).arrayBuffer();
    await crypto.subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, key, piece);
  }
  return (performance.now() - began) / 1000;
}

/**
 * The whole job of sealing, both hashes included, with chunks that are kept here instead of being sent.
 *
 * @param {string} api
 */
export async function sealAlone(api) {
  const { blobSource, Claimcheck, Identity } = await import("claimcheck");
  const [file] = /** @type {HTMLInputElement} */ (document.querySelector("input")).files ?? [];
  const send = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    if (!url.pathname.endsWith("products-upload-chunk")) return send(request);
    const body = /** @type {any} */ (init)?.body ?? (await request.arrayBuffer());
    const digest = /sha-256=:(.*):/.exec(request.headers.get("repr-digest") ?? "")?.[1] ?? "";
    const sha256 = digest.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    const [file_id, index] = [url.searchParams.get("file"), Number(url.searchParams.get("index"))];
    return Response.json({ file_id, index, sha256, size: body.size ?? body.byteLength });
  };
  try {
    const client = await Claimcheck.connect(api, await Identity.make());
    await client.register();
    const files = [blobSource(/** @type {File} */ (file))];
    const began = performance.now();
    // The server misses every chunk, so that the completion is refused; all that was to be measured is done by then.
    const failure = await client
      .upload({ product: { title: "kept here" }, files })
      .catch((error) => error);
    if (failure.code !== "upload_incomplete") throw failure;
    return (performance.now() - began) / 1000;
  } finally {
    globalThis.fetch = send;
  }
}

/**
 * The whole job of opening, both hashes included, of chunks that were fetched before; what is opened is thrown away.
 *
 * @param {string} api
 */
export async function openAlone(api) {
  const { blobSource, Claimcheck, Hasher, Identity } = await import("claimcheck");
  const [file] = /** @type {HTMLInputElement} */ (document.querySelector("input")).files ?? [];
  const seller = await Claimcheck.connect(api, await Identity.make());
  const buyer = await Claimcheck.connect(api, await Identity.make());
  await Promise.all([seller.register(), buyer.register()]);
  const release = await seller.upload({
    product: { title: "large" },
    files: [blobSource(/** @type {File} */ (file))],
  });
  const offer = await seller.offer({
    releaseId: release.release_id,
    buyer: buyer.identity.id,
    title: "large",
  });
  await buyer.accept(offer.transfer_id);
  const hasher = new Hasher();
  const nowhere = {
    open: async () => {},
    write: async (
      /** @type {number} */ _file,
      /** @type {number} */ _offset,
      /** @type {Uint8Array<ArrayBuffer>} */ piece,
    ) => hasher.update(piece),
    finishFile: () => hasher.digest(),
    finish: async () => {},
    abort: async () => {},
  };
  const send = globalThis.fetch;
  /** @type {Map<string, Promise<Blob>>} */
  const chunks = new Map();
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    if (!url.pathname.endsWith("products-download-chunk")) return send(request);
    const index = url.searchParams.get("index") ?? "";
    const chunk = chunks.get(index) ?? send(request).then((answer) => answer.blob());
    chunks.set(index, chunk);
    return new Response(await chunk);
  };
  try {
    await buyer.download(offer.transfer_id, nowhere);
    const began = performance.now();
    await buyer.download(offer.transfer_id, nowhere);
    return (performance.now() - began) / 1000;
  } finally {
    globalThis.fetch = send;
    hasher.stop();
  }
}
