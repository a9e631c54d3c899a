import { fileURLToPath } from "node:url";
import { defineConfig, type ViteUserConfig } from "vitest/config";

const conditions = ["source", "module", "node", "default"];

/** What the unit tests and the end-to-end tests share. */
export const shared: ViteUserConfig = {
  root: fileURLToPath(new URL("..", import.meta.url)),
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
};

const reporters: NonNullable<ViteUserConfig["test"]>["reporters"] = [
  ["default", { summary: false }],
  "./test/reporter.ts",
];

export default defineConfig({
  ...shared,
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/e2e/**"],
    reporters,
    pool: "threads",
    isolate: false,
    // Many tests wait for the disk or for time to pass, so that a core for each is not too many.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});

/** How tests with foreign programs run: each file starts servers of its own, so one after the other. */
export const endToEnd: ViteUserConfig["test"] = {
  include: ["test/e2e/**/*.test.ts"],
  reporters,
  fileParallelism: false,
  testTimeout: 180_000,
  hookTimeout: 300_000,
};
