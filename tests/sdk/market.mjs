// A server behind a proxy, and a seller and a buyer who use the npm package.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Claimcheck, Identity } from "claimcheck";
import { startServer } from "../functional/harness.mjs";
import { startProxy } from "../proxy.mjs";

/** Starts everything; `close` ends it and removes the folder. */
export async function startMarket() {
  const proxy = await startProxy();
  const server = await startServer({ vars: { PUBLIC_ORIGIN: proxy.url } });
  proxy.pointAt(server.url);
  const folder = await mkdtemp(join(tmpdir(), "claimcheck-sdk-"));
  return {
    proxy,
    server,
    folder,
    /** A registered party. @param {string} [name] */
    async join(name = "") {
      const client = await Claimcheck.connect(proxy.url, await Identity.make());
      await client.register(name);
      return client;
    },
    /** A file on disk. @param {string} name @param {Buffer} bytes */
    async file(name, bytes) {
      const path = join(folder, name);
      await writeFile(path, bytes);
      return path;
    },
    async close() {
      // First the line, then the server, which waits for its connections to end.
      await proxy.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
