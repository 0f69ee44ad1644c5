// The routes of the pages: Checkout, the dashboard, and a connected account's onboarding.
import { showCheckout, useCheckout } from "./checkout_page.mjs";
import { showDashboard, useDashboard } from "./dashboard.mjs";
import { ApiError } from "./errors.mjs";
import { button, html, page, redirect } from "./html.mjs";

/**
 * @param {import("./server.mjs").FakeStripe} fake
 * @param {{ method: string, path: string, query: string, body: string }} request
 */
export function servePage(fake, request) {
  try {
    return route(fake, request) ?? message(404, "There is no such page.");
  } catch (error) {
    if (error instanceof ApiError) return message(error.status, error.message);
    throw error;
  }
}

const message = (status, text) => ({
  ...page(
    "Fake Stripe",
    html`<main>
      <p role="alert">${text}</p>
      <a href="/">Dashboard</a>
    </main>`,
  ),
  status,
});

function route(fake, { method, path, query, body }) {
  const isPost = method === "POST";
  const form = new URLSearchParams(body);
  const [, kind, id] = /^\/(c\/pay|setup)\/([^/]+)$/.exec(path) ?? [];
  if (kind === "c/pay") {
    fake.expireDue();
    const [session, title] = [fake.session(id), fake.titleOf(id)];
    return isPost
      ? useCheckout(fake, session, title, form.get("action"))
      : showCheckout(session, title);
  }
  if (kind === "setup") {
    const back = new URLSearchParams(query).get("return_url") ?? "/";
    if (!isPost) return showSetup(fake.object(id), `${path}${query}`);
    fake.onboard(id);
    return redirect(back);
  }
  if (path === "/" && !isPost) return showDashboard(fake);
  if (path === "/dashboard" && isPost) return useDashboard(fake, form);
  return undefined;
}

function showSetup(account, to) {
  return page(
    "Set up payments (fake)",
    html`<main class="narrow">
      <p class="note">Fake Stripe on this machine.</p>
      <div class="card stack">
        <h1>Set up payments for ${account.email ?? account.id}</h1>
        <p>The real Stripe asks for a name, an address and a bank account here.</p>
        ${button("finish", "Finish", { to, isMain: true })}
      </div>
    </main>`,
  );
}
