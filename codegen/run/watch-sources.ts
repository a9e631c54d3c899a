import { watch, type FSWatcher } from "node:fs";
import { join } from "node:path";

/** How long nothing more must change before changes count: editors write a file in several steps. */
const quietMs = 30;

/**
 * Tells of changes in what a person writes of a project, `paths` being files and folders of it: once for all that change
 * within a moment. Gives what ends it.
 */
export function watchSources(root: string, paths: readonly string[], onChange: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const changed = (_event: string, name: string | null): void => {
    // What editors and this command keep beside the files that they write.
    if (name !== null && /(^|\/)(\.|#)|~$|\.tmp$/.test(name)) return;
    clearTimeout(timer);
    timer = setTimeout(onChange, quietMs);
  };
  const watchers: FSWatcher[] = paths.map((path) => watch(join(root, path), { recursive: true }, changed));
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}
