// Sends calls that are ready to go, a number of them at a time, and takes the time.
import { Agent, request } from "node:http";

/**
 * @typedef {object} Call
 * @property {string} method
 * @property {string} url
 * @property {Record<string, string>} headers
 * @property {Buffer} [body]
 * @property {number} [length] of the answer's body, if it must have one
 */

/**
 * One connection per client, kept between rounds. Node's plain HTTP client costs less than `fetch`, so that more of
 * what is measured is the server's.
 *
 * @param {number} clients
 */
export const makeAgent = (clients) => new Agent({ keepAlive: true, maxSockets: clients });

/**
 * @param {Call} call
 * @param {Agent} agent
 * @returns {Promise<void>} once the whole answer is here
 */
function send({ method, url, headers, body, length }, agent) {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, agent, headers }, (answer) => {
      let received = 0;
      let problem = "";
      answer.on("data", (/** @type {Buffer} */ part) => {
        received += part.length;
        if (answer.statusCode !== 200) problem += part;
      });
      answer.on("error", reject);
      answer.on("end", () => {
        const isGood = answer.statusCode === 200 && (length === undefined || received === length);
        if (isGood) return resolve();
        const got = `${answer.statusCode} with ${received} bytes ${problem}`;
        return reject(new Error(`${method} ${url}: ${got}`));
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/**
 * @param {readonly Call[]} calls
 * @param {number} clients
 * @param {Agent} agent
 * @returns {Promise<number>} seconds from the first call to the last byte
 */
export async function timeCalls(calls, clients, agent) {
  const waiting = [...calls].reverse();
  const client = async () => {
    for (let call = waiting.pop(); call; call = waiting.pop()) await send(call, agent);
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: clients }, client));
  return (performance.now() - began) / 1000;
}
