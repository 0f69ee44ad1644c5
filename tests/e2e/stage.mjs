// A server with the page, a browser, and people in it, each in a profile of their own.
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { after, before } from "node:test";
import { startFakeStripe } from "../fake-stripe/server.mjs";
import { startServer } from "../functional/harness.mjs";
import { launchBrowser } from "./browser.mjs";
import { makeFolder } from "./files.mjs";
import { startLine } from "./line.mjs";

/** @typedef {import("playwright-core").Page} Page */

/**
 * What a page must never do: log an error, throw, or be refused something by its own security policy.
 *
 * @param {import("playwright-core").BrowserContext} context
 */
async function watch(context) {
  /** @type {string[]} */
  const problems = [];
  context.on("console", (message) => {
    // A line that was cut says so in the console, whatever the page does.
    const isCutLine = message.text().startsWith("Failed to load resource: net::");
    if (message.type() === "error" && !isCutLine) problems.push(message.text());
  });
  context.on("weberror", (error) => problems.push(String(error.error())));
  await context.exposeBinding("reportViolation", (_source, violation) => problems.push(violation));
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      const report = /** @type {any} */ (globalThis).reportViolation;
      report(
        `${event.effectiveDirective}: ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`,
      );
    });
  });
  return problems;
}

/** Takes the pickers away, as in browsers that have none: downloads end as the browser's downloads. */
function withoutPickers() {
  Object.assign(globalThis, { showSaveFilePicker: undefined, showDirectoryPicker: undefined });
}

/** Pickers that pick `picked` and `folder` of the private file system, for nobody is there to pick. */
function withPickers() {
  const root = () => navigator.storage.getDirectory();
  Object.assign(globalThis, {
    showSaveFilePicker: async () => (await root()).getFileHandle("picked", { create: true }),
    showDirectoryPicker: async () => (await root()).getDirectoryHandle("folder", { create: true }),
  });
}

/**
 * With a fake Stripe, whose webhooks arrive when a test delivers them.
 *
 * @param {{ isDirect?: boolean, vars?: Record<string, string> }} [options] isDirect: without the line, which takes
 *   time of its own; vars: more variables of the Worker
 */
export async function openStage({ isDirect = false, vars = {} } = {}) {
  const stripe = await startFakeStripe();
  const server = await startServer({ page: true, vars: { ...stripe.workerVars, ...vars } });
  stripe.tellTo(server.url);
  const line = await startLine(server.url);
  const url = isDirect ? server.url : line.url;
  const browser = await launchBrowser();
  /** @type {string[][]} */
  const watched = [];
  return {
    server,
    stripe,
    line,
    browser,
    url,

    /** A person's browser, with the page open and known to the server. */
    async person({ pickers = false, through = url } = {}) {
      return openPage(await this.profile({ pickers }), through);
    },

    /** A browser's profile in which nothing is open yet. */
    async profile({ pickers = false } = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
      watched.push(await watch(context));
      await context.addInitScript(pickers ? withPickers : withoutPickers);
      return context;
    },

    async close() {
      await browser.close();
      await line.close();
      await server.close();
      await stripe.close();
      assert.deepEqual(watched.flat(), [], "the page logged no error and broke no policy");
    },
  };
}

/** @typedef {Awaited<ReturnType<typeof openStage>> & { folder: string }} Stage with a folder for files */

/**
 * A stage for all tests of a file, which is there once they run.
 *
 * @param {Parameters<typeof openStage>[0]} [options]
 * @param {(stage: Stage) => Promise<void>} [prepare] what else all of them need
 */
export function useStage(options, prepare) {
  const used = /** @type {Stage} */ ({});
  before(async () => {
    Object.assign(used, await openStage(options), { folder: await makeFolder() });
    await prepare?.(used);
  });
  after(async () => {
    await used.close();
    await rm(used.folder, { recursive: true });
  });
  return used;
}

/**
 * @param {import("playwright-core").BrowserContext} context
 * @param {string} url
 */
export async function openPage(context, url) {
  const page = await openTab(context, url);
  await page.getByRole("button", { name: "Seal, upload and offer", disabled: false }).waitFor();
  const id = await page.locator("cc-copy-id code").innerText();
  return { context, page, id };
}

/**
 * @param {import("playwright-core").BrowserContext} context
 * @param {string} url
 */
export async function openTab(context, url) {
  const page = await context.newPage();
  // Patience, not a promise: a busy machine may be slow, and only a page that hangs must fail.
  page.setDefaultTimeout(180_000);
  await page.goto(url);
  return page;
}
