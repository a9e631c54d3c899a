import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";

/** A program that runs beside this one, and goes when this one goes. */
export interface Program {
  /** Resolves when it ends, with its exit code; undefined where a signal ended it. */
  readonly ended: Promise<number | undefined>;
  /** Asks it to finish, and waits for that. */
  stop(): Promise<void>;
}

/** How long a program may take to finish before it is ended. */
const finishMs = 10_000;

/** Starts a program in a folder; what it says is what this one says. */
export function startProgram(command: string, args: readonly string[], folder: string): Program {
  const child = spawn(command, args, { cwd: folder, stdio: ["ignore", "inherit", "inherit"] });
  const ended = endOf(child);
  return {
    ended,
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), finishMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

async function endOf(child: ChildProcess): Promise<number | undefined> {
  try {
    const [code] = (await once(child, "exit")) as [number | null];
    return code ?? undefined;
  } catch (error) {
    throw new Error(`cannot run ${child.spawnfile}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
