import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** Where the fuzzed server is, and how its administrator gets in. */
export interface Started {
  readonly port: number;
  /** In PEM, as all of these. */
  readonly ca: string;
  readonly key: string;
  readonly cert: string;
}

/** What the server says of itself once it holds no objects. */
export interface Measured {
  /** On its heap and beside it, after garbage collection. */
  readonly bytes: number;
  /** Properties of built-in prototypes that were not there when it started. */
  readonly polluted: readonly string[];
}

/** A server process that is being fuzzed. */
export interface FuzzedServer extends Started {
  /** Deletes all objects and their history, and measures. */
  measure(): Promise<Measured>;
  /** The lines that it has logged, and what else it has printed. */
  printed(): string;
  /** Throws what it printed last if it has ended. */
  requireAlive(): void;
  stop(): Promise<void>;
}

/** Starts the server; resolves once it listens. */
export async function startFuzzedServer(): Promise<FuzzedServer> {
  const program = fileURLToPath(new URL("server.ts", import.meta.url));
  const child = fork(program, { execArgv: ["--expose-gc", "-C", "source", "--import", "tsx"], silent: true });
  let printed = "";
  child.stdout?.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  const requireAlive = (): void => {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the server has ended:\n${printed}`);
  };
  const started = await message<Started>(child, requireAlive);
  return {
    ...started,
    measure() {
      child.send("measure");
      return message<Measured>(child, requireAlive);
    },
    printed: () => printed,
    requireAlive,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill();
      await ended;
    },
  };
}

async function message<T>(child: ChildProcess, requireAlive: () => void): Promise<T> {
  const waiting = new AbortController();
  const { signal } = waiting;
  try {
    const [first] = await Promise.race([once(child, "message", { signal }), once(child, "exit", { signal })]);
    requireAlive();
    return first as T;
  } finally {
    waiting.abort();
  }
}
