// The floor, and beside each R2 call the one read of D1 by primary key without which no revocation could stop a
// download, nor a stranger's PUT be refused.
export default {
  async fetch(request, { BLOBS, DB }) {
    const key = new URL(request.url).pathname.slice(1);
    const read = DB.prepare("select id, state from claims where id = ?1").bind("one").first();
    if (request.method === "GET") {
      const [object] = await Promise.all([BLOBS.get(key), read]);
      return new Response(object?.body ?? null);
    }
    // The Worker too must know whose the upload is before it takes a byte.
    if ((await read) === null) return new Response(null, { status: 404 });
    const sha256 = request.headers.get("x-sha256");
    const onlyIf = { etagDoesNotMatch: "*" };
    const stored = await BLOBS.put(key, request.body, { onlyIf, sha256 });
    return new Response(null, { status: stored === null ? 409 : 200 });
  },
};
