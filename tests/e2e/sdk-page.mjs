// An empty page that can import the npm package, for runs of the package itself in a browser.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGE = fileURLToPath(new URL("../../wasm-client/npm/", import.meta.url));
const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm" };

const IMPORTS = {
  "#platform": "/dist/platform.browser.js",
  claimcheck: "/dist/index.js",
  "claimcheck/browser": "/dist/browser.js",
};

const PAGE = `<!doctype html><meta charset="utf-8"><title>Claimcheck SDK</title>
<script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script><input type="file" multiple>`;

/** @returns {Promise<{ url: string, close(): Promise<void> }>} */
export async function serveSdkPage() {
  const server = createServer((request, response) => void answer(request.url ?? "/", response));
  await new Promise((listening) => server.listen(0, "127.0.0.1", () => listening(undefined)));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    // localhost counts as a secure context, which crypto.subtle and the private file system need.
    url: `http://localhost:${port}/`,
    close: () => new Promise((closed) => server.close(() => closed())),
  };
}

/** @param {string} url @param {import("node:http").ServerResponse} response */
async function answer(url, response) {
  const { pathname } = new URL(url, "http://localhost");
  if (pathname === "/") {
    response.writeHead(200, { "Content-Type": "text/html" }).end(PAGE);
    return;
  }
  const path = normalize(join(PACKAGE, pathname));
  const type = TYPES[/** @type {keyof TYPES} */ (extname(path))];
  try {
    if (type === undefined || !path.startsWith(PACKAGE)) throw new Error("not served");
    const bytes = await readFile(path);
    response.writeHead(200, { "Content-Type": type, "Cache-Control": "no-store" }).end(bytes);
  } catch {
    response.writeHead(404).end();
  }
}
