import { defineConfig } from "vitest/config";
import { endToEnd, shared } from "../vitest.config.ts";

export default defineConfig({ ...shared, test: { ...endToEnd } });
