import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Difference } from "./compare.ts";

/** Makes a folder of the project in the folder `root` what it should be. A file is replaced whole, and only if its text differs. */
export function writeDifference(root: string, { changed, stale }: Difference): void {
  const pending = changed.map(({ path, text }) => {
    const target = join(root, path);
    const temporary = join(dirname(target), `.${process.pid}.tmp`);
    return { target, temporary, text };
  });
  for (const { target, temporary, text } of pending) {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(temporary, text);
    renameSync(temporary, target);
  }
  for (const path of stale) {
    rmSync(join(root, path));
    removeEmptyFolders(root, dirname(path));
  }
}

function removeEmptyFolders(root: string, folder: string): void {
  if (folder === "." || readdirSync(join(root, folder)).length > 0) return;
  rmdirSync(join(root, folder));
  removeEmptyFolders(root, dirname(folder));
}
