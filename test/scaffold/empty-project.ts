import { mkdirSync, mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repository } from "../codegen/cases.ts";

/** An empty folder that has the packages of this repository; whoever asks for it removes it. */
export function emptyProject(): string {
  const root = mkdtempSync(join(tmpdir(), "apiserver-ts-scaffold-"));
  mkdirSync(join(root, "node_modules"));
  symlinkSync(repository, join(root, "node_modules/apiserver-ts"));
  return root;
}
