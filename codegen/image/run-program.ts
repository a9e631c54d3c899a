import { spawn } from "node:child_process";
import { once } from "node:events";

/** Runs a program in a folder, which says what it does for itself. Throws unless it ends with 0. */
export async function runLoudly(program: string, args: readonly string[], folder: string): Promise<void> {
  const child = spawn(program, args, { cwd: folder, stdio: ["ignore", "inherit", "inherit"] });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`${program} ${args[0] ?? ""} ended with ${code ?? "a signal"}`);
}

/** How long a program may take to tell what it is. */
const answerMs = 20_000;

/** Runs a program in silence; gives how it ended, which is undefined where there is no such program, and its errors. */
export async function outputOf(
  program: string,
  args: readonly string[],
): Promise<{ readonly code: number | undefined; readonly text: string }> {
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], signal: AbortSignal.timeout(answerMs) });
  let text = "";
  child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
  try {
    const [code] = (await once(child, "close")) as [number | null];
    return { code: code ?? 1, text };
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return missing ? { code: undefined, text } : { code: 1, text: String(error) };
  }
}
