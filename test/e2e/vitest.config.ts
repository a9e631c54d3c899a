import { defineConfig } from "vitest/config";
import { impossibleTests } from "../etcd/impossible-tests.ts";
import { endToEnd, shared } from "../vitest.config.ts";

export default defineConfig(async () => ({
  ...shared,
  test: { ...endToEnd, exclude: await impossibleTests(), globalSetup: "test/etcd/global-setup.ts" },
}));
