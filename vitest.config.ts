import { defineConfig } from "vitest/config";

const source = { conditions: ["source", "module", "node", "default"] };

export default defineConfig({
  resolve: source,
  ssr: { resolve: { ...source, externalConditions: source.conditions } },
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/e2e/**"],
    pool: "threads",
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
