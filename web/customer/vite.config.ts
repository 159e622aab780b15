import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { themeStylesheet } from "../shared/theme-css.ts";

const gateway = process.env["GATEWAY_URL"] ?? "http://localhost:8080";

export default defineConfig({
  plugins: [react(), themeStylesheet()],
  build: {
    manifest: true,
    target: "es2023",
    // A data: URL would need an exception in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/v1": { target: gateway, ws: true, changeOrigin: false } } },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
