import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
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

/** Has a project read this package's sources, where an installed one has what is compiled of them. */
export function useSources(root: string): void {
  const path = join(root, "tsconfig.json");
  const settings = JSON.parse(readFileSync(path, "utf8")) as { readonly compilerOptions: object };
  const compilerOptions = { ...settings.compilerOptions, customConditions: ["source"] };
  writeFileSync(path, JSON.stringify({ ...settings, compilerOptions }));
}
