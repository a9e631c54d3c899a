import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { AuditLog, type LineDestination } from "../../runtime/audit/audit-log.ts";
import { openLineFile, type LineFileOptions } from "../../runtime/audit/line-file.ts";
import { rotatedName } from "../../runtime/audit/old-files.ts";
import { defaultAuditLimits } from "../../runtime/audit/limits.ts";

/** For what must not be told. */
const nothingLost = (): void => expect.fail("nothing is lost");

const folders: string[] = [];

afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true });
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "audit-"));
  folders.push(made);
  return made;
}

/** A destination that takes nothing until it is told to. */
class Gate implements LineDestination {
  readonly written: string[] = [];
  failing = false;
  #open: () => void = () => undefined;
  #opened = new Promise<void>((resolve) => (this.#open = resolve));

  open(): void {
    this.#open();
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#opened;
    if (this.failing) throw new Error("disk full");
    this.written.push(Buffer.from(bytes).toString());
  }

  close(): Promise<void> {
    this.written.push("closed");
    return Promise.resolve();
  }
}

function logTo(gate: Gate, limits: Partial<typeof defaultAuditLimits> = {}) {
  const lost: [number, string][] = [];
  const onLost = (count: number, error: unknown): void => void lost.push([count, String(error)]);
  return { lost, log: new AuditLog(gate, onLost, { ...defaultAuditLimits, ...limits }) };
}

test("lines are written together, in their order, and all before the log is closed", async () => {
  const gate = new Gate();
  const { log, lost } = logTo(gate);
  for (let index = 0; index < 100; index++) log.add(`${index}\n`);
  gate.open();
  await log.close();
  expect(gate.written).toEqual([Array.from({ length: 100 }, (_, index) => `${index}\n`).join(""), "closed"]);
  expect(lost).toEqual([]);
});

test("who asks for room waits while the log is full, and is let on once it is not", async () => {
  const gate = new Gate();
  const { log } = logTo(gate, { waitingCharactersMax: 10 });
  log.add("0123456789\n");
  expect(log.isFull).toBe(true);
  let on = false;
  const room = log.room(new AbortController().signal).then(() => (on = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(on).toBe(false);
  gate.open();
  await room;
  expect(log.isFull).toBe(false);
  await log.room(new AbortController().signal);
});

test("who does not want to wait any longer is told why", async () => {
  const { log } = logTo(new Gate(), { waitingCharactersMax: 0 });
  log.add("a\n");
  const wanting = new AbortController();
  const room = log.room(wanting.signal);
  wanting.abort(new Error("gone"));
  await expect(room).rejects.toThrow("gone");
  await expect(log.room(wanting.signal)).rejects.toThrow("gone");
});

test("what would not fit into memory is lost, and counted", async () => {
  const gate = new Gate();
  const { log, lost } = logTo(gate, { bufferedCharactersMax: 4 });
  for (const line of ["aa\n", "bb\n", "cc\n"]) log.add(line);
  gate.open();
  await log.flush();
  expect(gate.written.join("")).toBe("aa\nbb\n");
  expect(lost).toEqual([[1, "Error: the audit log is not written as fast as it grows"]]);
});

test("lines that cannot be written are counted, and those after them are written", async () => {
  const gate = new Gate();
  const { log, lost } = logTo(gate, { batchCharacters: 4 });
  gate.failing = true;
  gate.open();
  for (const line of ["aa\n", "bb\n"]) log.add(line);
  await log.flush();
  gate.failing = false;
  log.add("cc\n");
  await log.flush();
  expect(gate.written).toEqual(["cc\n"]);
  expect(lost).toEqual([
    [1, "Error: disk full"],
    [1, "Error: disk full"],
  ]);
});

function file(over: Partial<LineFileOptions> = {}): LineFileOptions {
  const path = join(folder(), "audit.log");
  return { path, megabytesMax: 1, filesMax: 0, daysMax: 0, compress: false, tell: nothingLost, ...over };
}

const halfMegabyte = Buffer.from(`${"x".repeat(524_287)}\n`);

test("a file is made for its owner alone, and goes on where it ended", async () => {
  const options = file({ path: join(folder(), "deep", "down", "audit.log") });
  for (const text of ["one\n", "two\n"]) {
    const lines = await openLineFile(options);
    await lines.write(Buffer.from(text));
    await lines.close();
  }
  expect(readFileSync(options.path, "utf8")).toBe("one\ntwo\n");
  expect(statSync(options.path).mode & 0o777).toBe(0o600);
});

test("a file that has grown is put aside, and so many are kept as are wanted", async () => {
  const options = file({ filesMax: 2 });
  const lines = await openLineFile(options);
  for (let index = 0; index < 9; index++) await lines.write(halfMegabyte);
  await lines.close();
  const names = readdirSync(join(options.path, ".."));
  expect(names.filter((name) => /^audit-\d{4}-\d\d-\d\dT[\d.-]+\.log$/.test(name))).toHaveLength(2);
  expect(names).toHaveLength(3);
  expect(statSync(options.path).size).toBe(halfMegabyte.length);
});

test("old files are compressed, with all that is in them", async () => {
  const options = file({ compress: true });
  const lines = await openLineFile(options);
  for (let index = 0; index < 2; index++) await lines.write(halfMegabyte);
  await lines.close();
  const names = readdirSync(join(options.path, "..")).filter((name) => name !== "audit.log");
  expect(names).toHaveLength(1);
  const [name = ""] = names;
  expect(name).toMatch(/\.log\.gz$/);
  expect(gunzipSync(readFileSync(join(options.path, "..", name))).length).toBe(2 * halfMegabyte.length);
});

test("files older than so many days are removed by the time in their names; others' files stay", async () => {
  const options = file({ daysMax: 7 });
  const day = 86_400_000;
  const old = rotatedName(options.path, new Date(Date.now() - 8 * day), 1);
  const young = rotatedName(options.path, new Date(Date.now() - 6 * day), 2);
  const other = join(options.path, "..", "audit-report.log");
  for (const path of [old, young, other]) {
    writeFileSync(path, "");
    utimesSync(path, 0, 0);
  }
  await (await openLineFile(options)).close();
  const names = readdirSync(join(options.path, "..")).map((name) => join(options.path, "..", name));
  expect(names.sort()).toEqual([options.path, young, other].sort());
});

test("a file that cannot be opened is an error at once", async () => {
  await expect(openLineFile(file({ path: folder() }))).rejects.toThrow();
});

test("after a failure the file is opened again, and what comes then is written", async () => {
  const options = file();
  const lines = await openLineFile(options);
  await lines.write(halfMegabyte);
  rmSync(join(options.path, ".."), { recursive: true });
  // The file is to be put aside now, and is nowhere.
  await expect(lines.write(halfMegabyte)).rejects.toThrow("ENOENT");
  await lines.write(Buffer.from("later\n"));
  await lines.close();
  expect(readFileSync(options.path, "utf8")).toBe("later\n");
});
