import { randomUUID } from "node:crypto";
import type { Storage } from "../storage/storage.ts";
import type { StorageCase } from "./storage-case.ts";
import { readCases } from "./storage-read-cases.ts";
import { watchCases } from "./storage-watch-cases.ts";
import { writeCases } from "./storage-write-cases.ts";

/** How a store is tested. */
export interface StorageConformanceOptions {
  /** Opens the store; called once for each test, which closes what it gets. Tests keep to keys of their own. */
  open(): Promise<Storage>;
  /** Declares a test: `test` of vitest, or of node:test. */
  test(name: string, run: () => Promise<void>): unknown;
  /** How many changes a watch's reader may fall behind in the opened store; unset, that is not tested. Best below 1,000. */
  readonly watchBufferChangesMax?: number;
}

/**
 * Declares the tests that every Storage must pass, so that the registry can rely on it.
 *
 *     import { test } from "vitest";
 *     storageConformance("my store", { open: () => openMyStore(), test });
 */
export function storageConformance(name: string, options: StorageConformanceOptions): void {
  for (const storageCase of [...writeCases, ...readCases, ...watchCases]) {
    options.test(`${name}: ${storageCase.name}`, () => runCase(storageCase, options));
  }
}

async function runCase(storageCase: StorageCase, options: StorageConformanceOptions): Promise<void> {
  const { watchBufferChangesMax } = options;
  const storage = await options.open();
  try {
    await storageCase.run({ storage, prefix: `/conformance/${randomUUID()}/`, watchBufferChangesMax });
  } finally {
    await storage.close();
  }
}
