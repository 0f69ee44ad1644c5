import { defineConfig } from "vite";

export default defineConfig({
  build: {
    // What WebAssembly and module workers want anyway.
    target: "es2022",
    // A data: URL would be a script, a style or a font that the content security policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  worker: { format: "es" },
});
