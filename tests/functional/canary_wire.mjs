// Listens to what clients and the server say to each other, for the secrets that only then come to be.

/** Members of answers that let whoever has them do something. */
const SECRET_MEMBERS = new Set(["access_token", "ticket", "secret"]);

/** @param {unknown} value @returns {[string, string][]} */
function secretsIn(value) {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    SECRET_MEMBERS.has(key) && typeof member === "string" ? [[key, member]] : secretsIn(member),
  );
}

export class Wire {
  #fetch = globalThis.fetch;
  #origin = "";
  /** What was overheard, with the kinds of what it is. @type {Map<string, string>} */
  heard = new Map();
  /** Names of the calls that were answered. @type {string[]} */
  answered = [];

  /** Takes the place of `fetch` until {@link release}; calls to other origins are not heard. @param {string} origin */
  static over(origin) {
    const wire = new Wire();
    wire.#origin = origin;
    globalThis.fetch = (input, init) => wire.#call(input, init);
    return wire;
  }

  release() {
    globalThis.fetch = this.#fetch;
  }

  async #call(input, init) {
    const request = input instanceof Request ? input : null;
    const url = String(request?.url ?? input);
    if (!url.startsWith(`${this.#origin}/`)) return this.#fetch.call(globalThis, input, init);
    this.#hearHeaders(new Headers(init?.headers ?? request?.headers));
    if (url === `${this.#origin}/token`) await this.#hearForm(request, init);
    const response = await this.#fetch.call(globalThis, input, init);
    this.answered.push(response.headers.get("x-request-id") ?? "");
    if (/json/.test(response.headers.get("content-type") ?? "")) {
      for (const [kind, value] of secretsIn(await response.clone().json()))
        this.heard.set(value, kind);
    }
    return response;
  }

  #hearHeaders(headers) {
    const proof = headers.get("dpop");
    if (proof !== null && !this.heard.has(proof)) this.heard.set(proof, "DPoP proof");
    const token = headers.get("authorization")?.split(" ")[1];
    if (token !== undefined && !this.heard.has(token)) this.heard.set(token, "token in a call");
  }

  async #hearForm(request, init) {
    const body = await (request?.clone() ?? new Response(init?.body)).text();
    const assertion = new URLSearchParams(body).get("client_assertion");
    if (assertion !== null) this.heard.set(assertion, "client assertion");
  }

  /** What was heard, of tokens that are JWTs the signature: their other parts hold ids, which are no secrets. */
  canaries() {
    return [...this.heard].flatMap(([value, kind], index) => {
      const name = `${kind} ${index}`;
      const signature = value.split(".")[2];
      const text = { name: `${name} (text)`, bytes: Buffer.from(signature ?? value) };
      if (signature === undefined) return [text];
      return [text, { name, bytes: Buffer.from(signature, "base64url") }];
    });
  }
}
