import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { formatFiles } from "../format.ts";

/** A file of a project; `path` is relative to the project's folder. */
export interface ProjectFile {
  readonly path: string;
  readonly text: string;
  /** Whether it is written as it is, rather than formatted. */
  readonly exact?: boolean;
}

/** What became of the files that a command wanted to be there, by path. */
export interface Placed {
  readonly created: readonly string[];
  /** Were there already, and are as they were: a person may have written in them. */
  readonly kept: readonly string[];
}

/** Writes those of the files that do not exist yet, formatted by the project's own rules; with `dryRun` only tells which. */
export async function placeFiles(root: string, files: readonly ProjectFile[], dryRun: boolean): Promise<Placed> {
  const [missing, present] = [files.filter(isMissing), files.filter((file) => !isMissing(file))];
  if (!dryRun) {
    for (const file of missing.filter(({ exact }) => exact === true)) write(root, file);
    // After those, since the formatter's settings may be among them.
    const others = missing.filter(({ exact }) => exact !== true);
    for (const file of await formatFiles(others, root)) write(root, file);
  }
  return { created: missing.map(({ path }) => path), kept: present.map(({ path }) => path) };

  function isMissing({ path }: ProjectFile): boolean {
    return !existsSync(join(root, path));
  }
}

function write(root: string, { path, text }: ProjectFile): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  // A file that has come meanwhile is somebody's.
  writeFileSync(join(root, path), text, { flag: "wx" });
}

/** The lines that tell what became of files. */
export function describePlaced({ created, kept }: Placed, dryRun: boolean): string[] {
  const done = dryRun ? "would create" : "created";
  return [...created.map((path) => `${done} ${path}`), ...kept.map((path) => `exists, left as it is: ${path}`)];
}
