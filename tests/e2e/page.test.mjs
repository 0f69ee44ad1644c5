// The page itself: its headers, its freedom while files move, its keys, and what it says to wrong input.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startSale, waitUntilOffered } from "./acts.mjs";
import { makeFiles } from "./files.mjs";
import { useStage } from "./stage.mjs";

const stage = useStage();

test("every file of the page comes with the strict policy", async () => {
  const shell = await (await fetch(stage.url)).text();
  const assets = [...shell.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path);
  assert.ok(assets.length >= 3, shell);
  for (const path of ["/", "/inbox", "/you", ...assets]) {
    const { status, headers } = await fetch(new URL(path, stage.url), {
      headers: { "sec-fetch-mode": "navigate" },
    });
    assert.equal(status, 200, path);
    const policy = Object.fromEntries(
      (headers.get("content-security-policy") ?? "")
        .split("; ")
        .map((rule) => rule.split(/ (.*)/s)),
    );
    assert.deepEqual(
      [policy["default-src"], policy["script-src"], policy["style-src"], policy["connect-src"]],
      ["'none'", "'self' 'wasm-unsafe-eval'", "'self'", "'self'"],
      path,
    );
    for (const rule of ["base-uri", "form-action", "frame-ancestors"])
      assert.equal(policy[rule], "'none'", rule);
    assert.equal(headers.get("referrer-policy"), "no-referrer");
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("cross-origin-opener-policy"), "same-origin");
    assert.match(headers.get("permissions-policy") ?? "", /camera=\(\)/);
  }
  assert.doesNotMatch(shell, /<style|<script(?![^>]*src=)|style="| on\w+="/, "nothing inline");
});

test("the policy forbids what it should", async () => {
  // A profile of its own, in which nobody counts violations.
  const page = await (await stage.browser.newContext()).newPage();
  await page.goto(stage.url);
  const refused = await page.evaluate(async (elsewhere) => {
    /** @type {string[]} */
    const violated = [];
    const both = new Promise((done) => {
      addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
        if (violated.push(effectiveDirective) === 2) done(undefined);
      });
    });
    const script = document.createElement("script");
    script.textContent = "globalThis.broken = true";
    document.body.append(script);
    await fetch(elsewhere).catch(() => undefined);
    await both;
    return { violated, broken: "broken" in globalThis };
  }, stage.server.url);
  assert.deepEqual(refused, { violated: ["script-src-elem", "connect-src"], broken: false });
});

test("the page stays free while 60 MB are sealed and sent", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person()];
  const files = await makeFiles(stage.folder, { "sixty.bin": 60_000_000 });
  await startSale(seller.page, { files, buyer: buyer.id });
  await seller.page.locator("cc-sell cc-meter").waitFor();
  const { answered, seen } = await seller.page.evaluate(async () => {
    /** Clicks a link, and waits for one frame. @param {string} path */
    const follow = async (path) => {
      const init = { bubbles: true, composed: true, cancelable: true };
      document.querySelector(`nav a[href="${path}"]`)?.dispatchEvent(new MouseEvent("click", init));
      await new Promise((next) => requestAnimationFrame(next));
    };
    const seen = new Set();
    for (let answered = 0; ; answered += 1) {
      await follow("/you");
      if (!document.querySelector("cc-you h1"))
        throw new Error("a click had no answer within a frame");
      await follow("/");
      const bar = document.querySelector("cc-sell progress");
      if (!(bar instanceof HTMLProgressElement)) return { answered, seen: [...seen] };
      seen.add(bar.value);
    }
  });
  await waitUntilOffered(seller.page);
  // Had the page had to wait for chunks, it could not have answered more often than progress was made.
  assert.ok(
    answered > seen.length && seen.length > 2,
    `${answered} clicks answered, progress at ${seen.join(", ")}`,
  );
});

test("an identity comes back from its 24 words, with its inbox and its name", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person()];
  const files = await makeFiles(stage.folder, { "for later.txt": 10 });
  await startSale(seller.page, { files, buyer: buyer.id });
  await waitUntilOffered(seller.page);
  await buyer.page.getByRole("link", { name: "You" }).click();
  await buyer.page.getByLabel("Display name").fill("Berta");
  await buyer.page.getByRole("button", { name: "Save name" }).click();
  await buyer.page.getByText("Saved.", { exact: true }).waitFor();
  await buyer.page.getByRole("button", { name: "Show the 24 words" }).click();
  const words = await buyer.page.locator(".words li").allInnerTexts();
  assert.equal(words.length, 24);

  const { page, id } = await stage.person();
  assert.notEqual(id, buyer.id);
  await page.getByRole("link", { name: "You" }).click();
  await page.getByLabel("I have kept the words").check();
  await page.getByLabel("24 words").fill(["abandon", ...words.slice(1)].join(" "));
  await page.getByRole("button", { name: "Restore" }).click();
  await page.getByRole("alert").waitFor();
  assert.equal(
    await page.locator("cc-copy-id code").innerText(),
    id,
    "a wrong phrase changes nothing",
  );

  await page.getByLabel("24 words").fill(`  ${words.join("\n").toUpperCase()} `);
  await page.getByRole("button", { name: "Restore" }).click();
  await page.getByText("Restored. You are:").waitFor();
  assert.equal(await page.locator("cc-copy-id code").innerText(), buyer.id);
  await page.reload();
  await page.locator("cc-copy-id code", { hasText: buyer.id }).waitFor();
  await page.waitForFunction(() => document.querySelector("input")?.value === "Berta");
  await page.getByRole("link", { name: /^Inbox/ }).click();
  await page.locator("cc-inbox a.message.unread", { hasText: "for later" }).waitFor();
});

test("the seed is not in IndexedDB in the clear, and its key cannot be exported", async () => {
  const { page } = await stage.person();
  const kept = await page.evaluate(async () => {
    const db = await new Promise((resolve) => {
      const opening = indexedDB.open("claimcheck");
      opening.onsuccess = () => resolve(opening.result);
    });
    return new Promise((resolve) => {
      const read = /** @type {IDBDatabase} */ (db)
        .transaction("device")
        .objectStore("device")
        .get("identity");
      read.onsuccess = () => {
        const { key, wrapped } = read.result;
        resolve({
          extractable: key.extractable,
          members: Object.keys(read.result).sort(),
          length: wrapped.length,
        });
      };
    });
  });
  assert.deepEqual(kept, { extractable: false, members: ["key", "wrapped"], length: 12 + 32 + 16 });
});

test("a wrong buyer's id is told as it is typed", async () => {
  const [seller, buyer] = [await stage.person(), await stage.person()];
  const input = seller.page.locator("cc-buyer-field input");
  const note = seller.page.locator("cc-buyer-field .note");
  const typo = `${buyer.id.slice(0, -1)}${buyer.id.endsWith("q") ? "p" : "q"}`;
  for (const [entry, answer] of /** @type {const} */ ([
    [typo, "This is not a whole id"],
    [seller.id, "This is your own id"],
    [buyer.id, "✓"],
    [` ${buyer.id.toUpperCase()} `, "✓"],
  ])) {
    await input.fill(entry);
    await note.filter({ hasText: answer }).waitFor();
  }
  await seller.page.getByRole("button", { name: "Seal, upload and offer" }).click();
  await seller.page.getByText("Choose at least one file.").waitFor();
});
