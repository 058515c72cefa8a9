import { defineConfig } from "vitest/config";
import { apiBeside } from "./dev/api-beside.ts";
import { exitWithParent } from "./dev/exit-with-parent.ts";
import { pageConfig } from "./dev/page-config.ts";

const server = {
  // The address that the user pool knows as a callback: another one could not sign in.
  host: "127.0.0.1",
  port: Number(process.env["WEB_PORT"] ?? 5173),
  strictPort: true,
  proxy: apiBeside(),
};

export default defineConfig({
  plugins: [pageConfig(), exitWithParent()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  server,
  preview: server,
  build: {
    target: "es2022",
    // A data: address would need its own permission in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Their licences ask for their texts beside the code.
    license: { fileName: "licenses.txt" },
  },
  test: {
    environment: "happy-dom",
    isolate: false,
    pool: "threads",
    setupFiles: ["tests/fresh.ts"],
    include: ["tests/**/*.test.{ts,tsx}"],
    restoreMocks: true,
    unstubGlobals: true,
  },
});
