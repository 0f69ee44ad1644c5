// The least that a Worker can do for a chunk: the R2 calls of the real one, and nothing else.
export default {
  async fetch(request, { BLOBS }) {
    const key = new URL(request.url).pathname.slice(1);
    if (request.method === "GET") return new Response((await BLOBS.get(key))?.body ?? null);
    const sha256 = request.headers.get("x-sha256");
    const onlyIf = { etagDoesNotMatch: "*" };
    const stored = await BLOBS.put(key, request.body, { onlyIf, sha256 });
    return new Response(null, { status: stored === null ? 409 : 200 });
  },
};
