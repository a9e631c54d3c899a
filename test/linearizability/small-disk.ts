import { execFileSync } from "node:child_process";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file system of its own that can be filled up to the last byte. */
export interface SmallDisk {
  readonly folder: string;
  fill(): void;
  /** Takes out what fill() put there. */
  clear(): void;
  remove(): Promise<void>;
}

/** Mounts a file system of so many MiB; undefined where this user may not mount. */
export async function smallDisk(mebibytes: number): Promise<SmallDisk | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "small-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", folder], { stdio: "ignore" });
  } catch {
    await rm(folder, { recursive: true });
    return undefined;
  }
  const filler = join(folder, "filler");
  return {
    folder,
    fill() {
      const file = openSync(filler, "a");
      fillUp(file);
      closeSync(file);
    },
    clear: () => rmSync(filler, { force: true }),
    async remove() {
      execFileSync("umount", ["--lazy", folder]);
      await rm(folder, { recursive: true });
    },
  };
}

function fillUp(file: number): void {
  // Halved once it no longer fits, down to the last byte.
  for (let chunk = Buffer.alloc(1 << 20); chunk.length > 0;) {
    try {
      writeSync(file, chunk);
    } catch {
      chunk = chunk.subarray(chunk.length - (chunk.length >> 1));
    }
  }
}
