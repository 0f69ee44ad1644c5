// A reverse proxy in front of the server, in which a test cuts the line, refuses, or alters answers.
import { Agent, createServer, request as httpRequest } from "node:http";

/**
 * @typedef {object} Exchange
 * @property {string} method
 * @property {string} path with its query
 *
 * @typedef {object} Rule
 * @property {"cut" | "lose" | "answer" | "alter"} kind cut: the request never arrives; lose: the server acts, but its
 *   answer is lost; answer: with `status` in the server's place; alter: the JSON of the server's answer
 * @property {number} [status]
 * @property {Record<string, string>} [headers]
 * @property {(json: any) => any} [change]
 */

/** Starts a proxy; `target` is given once the server behind it is known. */
export async function startProxy() {
  /** @type {(exchange: Exchange) => Rule | undefined} */
  let rule = () => undefined;
  let target = "";
  /** @type {Exchange[]} */
  const seen = [];
  const agent = new Agent({ keepAlive: true });
  const server = createServer((incoming, outgoing) => {
    const exchange = { method: incoming.method ?? "", path: incoming.url ?? "" };
    seen.push(exchange);
    forward(incoming, outgoing, { target, agent }, rule(exchange));
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", () => listening(undefined)));
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://localhost:${address.port}`,
    seen,
    /** @param {string} url */
    pointAt: (url) => void (target = url),
    /** @param {(exchange: Exchange) => Rule | undefined} next undefined from it lets an exchange pass */
    setRule: (next) => void (rule = next),
    clearRule: () => void (rule = () => undefined),
    close: () => {
      agent.destroy();
      server.closeAllConnections();
      return new Promise((closed) => server.close(() => closed(undefined)));
    },
  };
}

/**
 * @param {import("node:http").IncomingMessage} incoming
 * @param {import("node:http").ServerResponse} outgoing
 * @param {{ target: string, agent: Agent }} onwards
 * @param {Rule | undefined} rule
 */
function forward(incoming, outgoing, { target, agent }, rule) {
  if (rule?.kind === "cut") {
    incoming.destroy();
    return;
  }
  if (rule?.kind === "answer") {
    incoming.resume();
    outgoing
      .writeHead(rule.status ?? 500, { Date: new Date().toUTCString(), ...rule.headers })
      .end();
    return;
  }
  const { method, url } = incoming;
  // What is altered must not arrive compressed.
  const headers =
    rule?.kind === "alter"
      ? { ...incoming.headers, "accept-encoding": "identity" }
      : incoming.headers;
  const onward = httpRequest(new URL(url ?? "/", target), { method, headers, agent }, (answer) => {
    if (rule?.kind === "lose") {
      answer.resume().on("end", () => outgoing.destroy());
    } else if (rule?.kind === "alter") {
      alterAnswer(answer, outgoing, rule.change ?? ((json) => json)).catch(() =>
        outgoing.destroy(),
      );
    } else {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    }
  });
  onward.on("error", () => outgoing.destroy());
  incoming.pipe(onward);
}

/**
 * @param {import("node:http").IncomingMessage} answer
 * @param {import("node:http").ServerResponse} outgoing
 * @param {(json: any) => any} change
 */
async function alterAnswer(answer, outgoing, change) {
  const pieces = [];
  for await (const piece of answer) pieces.push(piece);
  const body = JSON.stringify(change(JSON.parse(Buffer.concat(pieces).toString())));
  outgoing.writeHead(answer.statusCode ?? 502, { "Content-Type": "application/json" }).end(body);
}
