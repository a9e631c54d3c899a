import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Limits } from "../../runtime/http/limits.ts";

/** What a server says once it listens. */
export interface Started {
  readonly port: number;
}

/** What a server has used of its machine. */
export interface Usage {
  /** Since it began. */
  readonly cpuMs: number;
  readonly rssBytes: number;
  /** On its heap and beside it; after a collection where memory is asked for. */
  readonly heldBytes: number;
}

/** A server in a process of its own. */
export interface ServerProcess extends Started {
  /** Throws what it has printed where it has ended. */
  usage(of: "time" | "memory"): Promise<Usage>;
  stop(): Promise<void>;
}

/** Starts a guarded server; `folder` has the identities. */
export async function startServerProcess(folder: string, limits: Partial<Limits> = {}): Promise<ServerProcess> {
  const program = fileURLToPath(new URL("serve.ts", import.meta.url));
  const execArgv = ["--expose-gc", "-C", "source", "--import", "tsx"];
  const child = fork(program, [folder, JSON.stringify(limits)], { execArgv, silent: true });
  let printed = "";
  for (const output of [child.stdout, child.stderr]) output?.on("data", (chunk: Buffer) => (printed += String(chunk)));
  const { port } = await message<Started>(child, () => printed);
  return {
    port,
    async usage(of) {
      if (child.connected) child.send(of);
      return message<Usage>(child, () => printed);
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill();
      await ended;
    },
  };
}

async function message<T>(child: ChildProcess, printed: () => string): Promise<T> {
  const waiting = new AbortController();
  const { signal } = waiting;
  try {
    if (!child.connected) throw new Error(`the server has ended:\n${printed()}`);
    const [first] = await Promise.race([once(child, "message", { signal }), once(child, "exit", { signal })]);
    if (typeof first !== "object" || first === null) throw new Error(`the server has ended:\n${printed()}`);
    return first as T;
  } finally {
    waiting.abort();
  }
}
