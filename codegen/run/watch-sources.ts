import { existsSync, readdirSync, statSync, watch, type FSWatcher } from "node:fs";
import { basename, dirname, join } from "node:path";

/** How long nothing more must change before changes count: editors write a file in several steps. */
const quietMs = 30;

/**
 * Tells of changes in what a person writes of a project, `paths` being files and folders of it: once for all that change
 * within a moment. Gives what ends it.
 * Folders are watched, not files, since editors put another file in the place of the one that they save.
 */
export function watchSources(root: string, paths: readonly string[], onChange: () => void): () => void {
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  const changed = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      follow();
      onChange();
    }, quietMs);
  };
  const follow = (): void => {
    const wanted = watchedFolders(root, paths);
    for (const [folder, watcher] of watchers) {
      if (wanted.has(folder)) continue;
      watcher.close();
      watchers.delete(folder);
    }
    for (const [folder, isWanted] of wanted) {
      if (watchers.has(folder)) continue;
      const heard = (_event: string, name: string | null): void => {
        if (name === null || (isWanted(name) && !isScratch(name))) changed();
      };
      watchers.set(folder, watch(folder, heard));
    }
  };
  follow();
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers.values()) watcher.close();
  };
}

/** The folders to watch, each with which names in it matter. */
function watchedFolders(root: string, paths: readonly string[]): Map<string, (name: string) => boolean> {
  const folders = new Map<string, (name: string) => boolean>();
  for (const path of paths.map((each) => join(root, each))) {
    if (!existsSync(path)) continue;
    if (statSync(path).isDirectory()) for (const folder of foldersBelow(path)) folders.set(folder, () => true);
    else folders.set(dirname(path), (name) => name === basename(path));
  }
  return folders;
}

function foldersBelow(folder: string): string[] {
  const below = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [folder, ...below.flatMap(({ name }) => foldersBelow(join(folder, name)))];
}

/** What editors and this command keep beside the files that they write. */
function isScratch(name: string): boolean {
  return /^[.#]|~$|\.tmp$|\.sw[a-z]$/.test(name);
}
