import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A JSON value that may be changed. */
export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };

/** An exchange, its volatile parts replaced by marks. */
export interface Exchange {
  readonly id: string;
  readonly response?: Value;
  readonly error?: string;
}

/** The exchanges with one server, in the order of their requests. */
export type Recording = readonly Exchange[];

/** What the Go server answered. */
export function recorded(): Recording {
  return read(fileURLToPath(new URL("./recording.json", import.meta.url)));
}

/** Sends the requests to a server, and gives its answers. */
export async function recordOurs(port: number): Promise<Recording> {
  return inFolder(async (folder) => {
    const file = join(folder, "ours.json");
    await run("record.mjs", ["--base", `https://127.0.0.1:${port}`, "--out", file]);
    return read(file);
  });
}

/** What is different in two recordings, as text, by the cases that it shows in. */
export async function compareRecordings(expected: Recording, actual: Recording): Promise<ReadonlyMap<string, string>> {
  const output = await inFolder(async (folder) => {
    const files = [join(folder, "expected.json"), join(folder, "actual.json")];
    for (const [index, cases] of [expected, actual].entries()) {
      writeFileSync(files[index] ?? "", JSON.stringify({ cases }));
    }
    return run("diff.mjs", files);
  });
  const [, ...parts] = `\n${output}`.split(/^- /m);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf(":")), part]));
}

function read(file: string): Recording {
  return (JSON.parse(readFileSync(file, "utf8")) as { cases: Recording }).cases;
}

async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "exchanges-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What a script prints. That it finds differences is no failure. */
function run(script: string, args: readonly string[]): Promise<string> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [path, ...args], { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (error === null || (script === "diff.mjs" && stderr === "")) resolve(stdout);
      else reject(new Error(stderr, { cause: error }));
    });
  });
}
