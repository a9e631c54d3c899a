import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { parsePlace } from "../../runtime/start/storage-places.ts";
import { storageCommand } from "../../runtime/start/storage-command.ts";
import { openLmdbStorage } from "../../runtime/storage/lmdb.ts";
import { StorageCompacted } from "../../runtime/storage/storage.ts";
import { fill } from "../storage/stored-cats.ts";

const main = fileURLToPath(new URL("../../codegen/main.ts", import.meta.url));

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "storage-command-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

function boot(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ["-C", "source", "--import", "tsx", main, "storage", ...args], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

test("what a server stored is verified, backed up, restored and copied by the command", async () => {
  const dataDir = folder();
  const storage = await openLmdbStorage({ folder: join(dataDir, "store") });
  await fill(storage, 30);
  const file = join(dataDir, "cats.backup");
  const [verify, backup] = await Promise.all([
    boot("verify", "--data-dir", dataDir),
    boot("backup", "--data-dir", dataDir, "--to", file),
  ]);
  expect(verify).toMatchObject({ code: 0, stderr: "" });
  expect(verify.stdout).toMatch(
    /^30 objects at revision 31, with history since 1; 0 expire; \d+ bytes\neverything is intact\n$/,
  );
  expect(backup).toMatchObject({ code: 0, stderr: "" });
  expect(backup.stdout).toMatch(/^30 objects at revision 31 are in .*cats\.backup, \d+ bytes\n$/);
  await storage.close();

  const [from, other, target, refused] = [
    `lmdb:${dataDir}`,
    join(dataDir, "other"),
    join(dataDir, "target"),
    join(dataDir, "nowhere"),
  ];
  const [restore, copy, nothing] = await Promise.all([
    boot("restore", "--data-dir", other, "--from", file),
    boot("copy", "--from", from, "--to", `lmdb:${target}`),
    boot("copy", "--from", `lmdb:${refused}`, "--to", `lmdb:${target}`),
  ]);
  expect(restore).toMatchObject({
    code: 0,
    stderr: "",
    stdout: expect.stringMatching(/^30 objects of revision 31 are in /),
  });
  expect(copy).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("and are the same there\n") });
  expect(nothing).toEqual({
    code: 1,
    stdout: "",
    stderr: `error: ${refused}/store holds no store; name the folder that the server has its objects in\n`,
  });
  expect(readdirSync(dataDir).toSorted()).toEqual(["cats.backup", "other", "store", "target"]);
  const copied = await openLmdbStorage({ folder: join(target, "store") });
  const watch = copied.watch("/", 31, new AbortController().signal)[Symbol.asyncIterator]();
  await expect(watch.next()).rejects.toThrow(StorageCompacted);
  expect((await copied.list("/")).entries).toHaveLength(30);
  await copied.close();
});

test("each storage command shows examples", () => {
  for (const command of storageCommand().commands) {
    let shown = "";
    command.configureOutput({ writeOut: (text) => (shown += text) }).outputHelp();
    expect(shown).toContain(`Examples:\n  apiserver-boot storage ${command.name()}`);
  }
});

test("a place is a folder or the URLs of etcd", () => {
  expect(parsePlace("lmdb:data")).toEqual({ kind: "lmdb", dataDir: "data" });
  expect(parsePlace("etcd:http://[::1]:2379,https://b")).toEqual({
    kind: "etcd",
    endpoints: ["http://[::1]:2379", "https://b"],
  });
  for (const wrong of ["data", "lmdb:", "etcd", "redis://localhost"]) {
    expect(() => parsePlace(wrong)).toThrow(`"${wrong}" names no storage; write lmdb:DIR or etcd:URL`);
  }
});
