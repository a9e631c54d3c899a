import { readFile, rm, writeFile } from "node:fs/promises";

const pollMs = 500;

/** Does something while no other process does; a lock whose process is gone counts for nothing. */
export async function withLock(file: string, work: () => Promise<void>): Promise<void> {
  let waiting = false;
  while (!(await takeLock(file))) {
    if (!waiting) process.stderr.write(`waiting for another process that holds ${file}\n`);
    waiting = true;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  try {
    await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function takeLock(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  const owner = await readFile(file, "utf8").catch(() => "");
  if (owner !== "" && !isAlive(Number(owner))) await rm(file, { force: true });
  return false;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
