/** Whether a TCP port of this machine is free. */

import { createServer } from "node:net";

/**
 * @param {number} port
 * @param {string} host
 * @returns {Promise<boolean>}
 */
function isFreeOn(port, host) {
  return new Promise((resolve) => {
    const server = createServer();
    // A machine without IPv6 has nothing in the way on it either.
    server.once("error", (error) => resolve("code" in error && error.code !== "EADDRINUSE"));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * @param {number} port
 */
export async function isPortFree(port) {
  return (await isFreeOn(port, "127.0.0.1")) && (await isFreeOn(port, "::1"));
}
