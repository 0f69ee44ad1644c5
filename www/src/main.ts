/** The page's entry. */
// First of all: no module after it may ask a server for something while the secret stands in the address.
import "./fragment.js";
import "@awesome.me/webawesome/dist/styles/themes/default.css";
import "@awesome.me/webawesome/dist/styles/native.css";
import "@awesome.me/webawesome/dist/components/badge/badge.js";
import "@awesome.me/webawesome/dist/components/callout/callout.js";
import "./styles.css";
import "./elements/app.js";
import { startRouter } from "./router.js";

/** Web Awesome's themes are told by a class, not by the system. */
function followColorScheme(): void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => document.documentElement.classList.toggle("wa-dark", dark.matches);
  dark.addEventListener("change", apply);
  apply();
}

followColorScheme();
startRouter();
