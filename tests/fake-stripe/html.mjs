// HTML of the fake's own pages: escaping, and the frame that all of them share.

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

class Html {
  constructor(text) {
    this.text = text;
  }
}

const asHtml = (value) => {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(asHtml).join("");
  return String(value ?? "").replace(/[&<>"']/g, (character) => ESCAPES[character]);
};

/** Markup; every value in it is escaped unless it is markup itself. */
export function html(strings, ...values) {
  return new Html(String.raw({ raw: strings }, ...values.map(asHtml)));
}

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --accent: #2f5bea; }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 60rem; }
main.narrow { max-width: 26rem; margin: 0 auto; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
.note { color: #666; font-size: .9rem; } @media (prefers-color-scheme: dark) { .note { color: #aaa; } }
.amount { font-size: 2.2rem; font-weight: 650; margin: .2rem 0 1rem; }
.card { border: 1px solid var(--line); border-radius: .8rem; padding: 1.2rem; }
.alert { border-left: 4px solid #c0392b; padding: .5rem .8rem; margin: 0 0 1rem; }
form { display: inline; } .stack form { display: block; margin: .5rem 0; }
button { font: inherit; min-height: 2.75rem; padding: .4rem .9rem; border: 1px solid var(--line); border-radius: .5rem;
  background: transparent; color: inherit; cursor: pointer; }
button:focus-visible, a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
button.main { background: var(--accent); border-color: var(--accent); color: #fff; font-weight: 600; }
.stack button { width: 100%; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
td button { min-height: 2.2rem; padding: .1rem .6rem; margin: .1rem; } code { font-size: .8rem; overflow-wrap: anywhere; }
input { font: inherit; width: 7rem; min-height: 2.2rem; }
`;

/** A whole page. */
export function page(title, content) {
  const { text } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        ${content}
      </body>
    </html>`;
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
  };
  return { status: 200, headers, body: text };
}

/** Goes on elsewhere with GET. */
export const redirect = (location) => ({ status: 303, headers: { location }, body: "" });

/** A form of one button. */
export function button(action, label, { to, fields = {}, isMain = false }) {
  const hidden = Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  );
  return html`<form method="post" action="${to}">
    ${hidden}<button name="action" value="${action}" class="${isMain ? "main" : ""}">
      ${label}
    </button>
  </form>`;
}
