/** What a user's own tests are made of: `import { memoryStorage, testServer } from "apiserver-ts/testing"`. */
export type { MemoryStorageOptions } from "../storage/memory.ts";
export { memoryStorage } from "../storage/memory.ts";
export type { StorageConformanceOptions } from "./storage-conformance.ts";
export { storageConformance } from "./storage-conformance.ts";
export type { TestAnswer, TestServer, TestServerOptions } from "./test-server.ts";
export { testServer } from "./test-server.ts";
