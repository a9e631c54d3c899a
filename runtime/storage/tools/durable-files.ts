import { link, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** Whether there is something of that name. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Returns once what is in a file or folder is on the disk. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Gives a file or folder another name for good; what had that name before is replaced. */
export async function moveDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncPath(dirname(to));
}

/** Gives a file another name for good. Throws EEXIST if something has that name. */
export async function moveWithoutReplacing(from: string, to: string): Promise<void> {
  // A rename would replace what appeared there meanwhile.
  await link(from, to);
  await rm(from);
  await syncPath(dirname(to));
}
