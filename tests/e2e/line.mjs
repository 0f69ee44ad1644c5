// The line between browser and server, which a test can cut or hold after so many bytes.
import { connect, createServer } from "node:net";

/** @typedef {"up" | "down"} Direction up: from the browser to the server */

/**
 * @param {string} target origin of the server
 */
export async function startLine(target) {
  const { hostname, port } = new URL(target);
  const line = new Line(hostname, Number(port));
  await line.listen();
  return line;
}

class Line {
  /** @type {Set<import("node:net").Socket>} */
  #sockets = new Set();
  #isCut = false;
  #isHeld = false;
  /** What happens once so many more bytes went one way. */
  /** @type {{ direction: Direction, bytes: number, act: () => void } | undefined} */
  #limit;
  #server = createServer((browser) => this.#join(browser));

  /**
   * @param {string} host
   * @param {number} port
   */
  constructor(host, port) {
    this.host = host;
    this.port = port;
  }

  async listen() {
    await new Promise((listening) =>
      this.#server.listen(0, "127.0.0.1", () => listening(undefined)),
    );
  }

  /** The server through this line. localhost counts as a secure context. */
  get url() {
    const address = /** @type {import("node:net").AddressInfo} */ (this.#server.address());
    return `http://localhost:${address.port}`;
  }

  /** Breaks every connection, and refuses new ones. */
  cut() {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Lets nothing more through, as a line that has gone dead without anybody noticing. */
  hold() {
    this.#isHeld = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** Everything passes again. */
  mend() {
    this.#isCut = false;
    this.#isHeld = false;
    this.#limit = undefined;
    for (const socket of this.#sockets) socket.resume();
  }

  /**
   * @param {number} bytes
   * @param {Direction} direction
   */
  cutAfter(bytes, direction) {
    return this.#after(bytes, direction, () => this.cut());
  }

  /**
   * @param {number} bytes
   * @param {Direction} direction
   */
  holdAfter(bytes, direction) {
    return this.#after(bytes, direction, () => this.hold());
  }

  async close() {
    this.cut();
    await new Promise((closed) => this.#server.close(() => closed(undefined)));
  }

  /**
   * @param {number} bytes
   * @param {Direction} direction
   * @param {() => void} act
   * @returns {Promise<void>} once it was done
   */
  #after(bytes, direction, act) {
    return new Promise((done) => {
      const once = () => {
        this.#limit = undefined;
        act();
        done();
      };
      this.#limit = { direction, bytes, act: once };
    });
  }

  /** @param {import("node:net").Socket} browser */
  #join(browser) {
    if (this.#isCut) {
      browser.destroy();
      return;
    }
    const server = connect(this.port, this.host);
    this.#pass(browser, server, "up");
    this.#pass(server, browser, "down");
  }

  /**
   * @param {import("node:net").Socket} from
   * @param {import("node:net").Socket} to
   * @param {Direction} direction
   */
  #pass(from, to, direction) {
    this.#sockets.add(from);
    from.on("data", (bytes) => {
      if (!to.write(bytes)) from.pause();
      this.#count(bytes.length, direction);
    });
    to.on("drain", () => this.#isHeld || from.resume());
    from.on("end", () => to.end());
    from.on("error", () => to.destroy());
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    if (this.#isHeld) from.pause();
  }

  /**
   * @param {number} length
   * @param {Direction} direction
   */
  #count(length, direction) {
    const limit = this.#limit;
    if (limit === undefined || limit.direction !== direction) return;
    limit.bytes -= length;
    if (limit.bytes <= 0) limit.act();
  }
}
