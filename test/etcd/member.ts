import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, openSync, closeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import http from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";

/** How to run one member. */
export interface MemberOptions {
  /** Its working folder: data, log, and the sockets that it makes. */
  readonly folder: string;
  /** The program with what comes before the flags, such as `nsenter`. */
  readonly command: readonly string[];
  readonly flags: readonly string[];
}

/** The socket in a member's folder that tells of health and metrics, whatever protects the clients' port. */
export const statusSocket = "status:0";

/** What spawn gives for two pipes and a file; its types know no file. */
type Shell = ChildProcessByStdio<Writable, Readable, null>;

// The shell kills etcd when this process is gone, however it ended: its standard input closes then.
const supervisor = `
exec 3<&0
"$@" 3<&- </dev/null &
etcd=$!
echo $etcd
{ read -r _; kill -9 $etcd; } <&3 2>/dev/null &
reader=$!
wait $etcd
code=$?
kill $reader 2>/dev/null
exit $code
`;

/** The process of one etcd member, which can be killed and started again on its data. */
export class MemberProcess {
  readonly #options: MemberOptions;
  #shell: Shell | undefined;
  #pid: number | undefined;

  constructor(options: MemberOptions) {
    this.#options = options;
  }

  /** The process id; undefined while it is down. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /** Starts it on the data that it has, and waits until the process is there. */
  async start(): Promise<void> {
    if (this.#pid !== undefined) throw new Error("the member runs already");
    const { folder, command, flags } = this.#options;
    mkdirSync(folder, { recursive: true });
    const log = openSync(join(folder, "log"), "a");
    const args = ["-c", supervisor, "etcd", ...command, ...flags];
    const shell = spawn("sh", args, { cwd: folder, stdio: ["pipe", "pipe", log] }) as Shell;
    closeSync(log);
    // A write to it after its end is of no interest; its end is told by "exit".
    shell.stdin.on("error", () => undefined);
    const [line] = (await once(createInterface({ input: shell.stdout }), "line")) as [string];
    this.#shell = shell;
    this.#pid = Number(line);
    shell.once("exit", () => {
      if (this.#shell === shell) this.#pid = undefined;
    });
  }

  /** Ends it at once, and waits for the end. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  /** Sends it a signal and waits for the end. Gives its exit code; undefined if it was down. */
  async end(signal: NodeJS.Signals): Promise<number | undefined> {
    const shell = this.#shell;
    if (this.#pid === undefined || shell === undefined) return undefined;
    const ended = once(shell, "exit") as Promise<[number | null]>;
    this.#send(signal);
    return (await ended)[0] ?? undefined;
  }

  /** Stops it in its tracks. */
  pause(): void {
    this.#send("SIGSTOP");
  }

  resume(): void {
    this.#send("SIGCONT");
  }

  #send(signal: NodeJS.Signals): void {
    try {
      if (this.#pid !== undefined) process.kill(this.#pid, signal);
    } catch (error) {
      // It has ended by itself, and the shell is about to say so.
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
  }

  /** What it says at a path of its status socket; undefined if it does not answer within a second. */
  async status(path: "/health" | "/metrics"): Promise<string | undefined> {
    const socketPath = join(this.#options.folder, statusSocket);
    const request = http.get({ socketPath, path, signal: AbortSignal.timeout(1000), agent: false });
    try {
      const [response] = (await once(request, "response")) as [http.IncomingMessage];
      return await text(response);
    } catch {
      return undefined;
    }
  }

  /** The end of what it logged. */
  async log(): Promise<string> {
    return (await readFile(join(this.#options.folder, "log"), "utf8")).split("\n").slice(-15).join("\n");
  }
}
