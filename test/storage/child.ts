import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A TypeScript program of this folder that runs in a process of its own. */
export interface Child {
  readonly process: ChildProcess;
  /** Complete lines of its output so far. */
  readonly lines: readonly string[];
  /** Resolves once so many lines are there, or the process is gone. */
  hasLines(count: number): Promise<void>;
  send(line: string): void;
  kill(): Promise<void>;
  exited(): Promise<void>;
}

/** Starts a program with arguments; `shell` is run first, in the same process. */
export function startChild(program: string, args: readonly string[], shell = ":"): Child {
  const script = fileURLToPath(new URL(program, import.meta.url));
  const command = [process.execPath, "-C", "source", "--import", "tsx", script, ...args];
  const child = spawn("sh", ["-c", `${shell}; exec "$@"`, "sh", ...command], { stdio: ["pipe", "pipe", "ignore"] });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  let torn = false;
  child.stdout.on("data", (chunk: Buffer) => {
    torn = chunk.at(-1) !== 10;
  });
  reader.on("line", (line) => lines.push(line));
  const untilClosed = async () => {
    await once(reader, "close");
    // A line that the kill cut off says nothing.
    if (torn) lines.pop();
  };
  const closed = untilClosed();
  return {
    process: child,
    lines,
    async hasLines(count) {
      while (lines.length < count && child.exitCode === null && child.signalCode === null) {
        await Promise.race([once(reader, "line"), closed]);
      }
    },
    send(line) {
      child.stdin.write(`${line}\n`);
    },
    async kill() {
      child.kill("SIGKILL");
      await closed;
    },
    async exited() {
      await closed;
    },
  };
}
