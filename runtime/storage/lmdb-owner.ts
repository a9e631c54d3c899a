import { randomUUID } from "node:crypto";
import { readFile, readlink, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { ownerKey } from "./lmdb-state.ts";
import type { LmdbTable } from "./lmdb-tables.ts";
import { StorageUnavailable } from "./storage.ts";

/** How often an owner shows that it lives, for every time that it may fail to. */
const heartbeatsPerSilence = 10;

const pollMs = 20;

/** The process that writes to a folder. */
interface Owner {
  /** Another one for each time a store is opened. */
  readonly id: string;
  readonly pid: number;
  /** When the process started, in the kernel's ticks, to tell it from a later one with the same number; "" if unknown. */
  readonly started: string;
  /** The machine's host name, boot and process namespace: only within one do process numbers mean the same. */
  readonly place: string;
}

/** A folder that this process may write to. */
export interface Ownership {
  /** Throws StorageUnavailable if another process has taken the folder over. Called inside transactions. */
  readonly requireOwner: () => void;
  /** Lets another process have the folder. */
  readonly release: () => void;
}

/**
 * Makes this process the only one that writes to the folder. A process that was killed is no hindrance; one that cannot
 * be seen, because it ran in another container, is none either once it has shown no sign of life for `silenceMaxMs`.
 * Throws StorageUnavailable if another one has the folder.
 */
export async function takeOwnership(folder: string, meta: LmdbTable, silenceMaxMs: number): Promise<Ownership> {
  const own = await describeSelf();
  const bytes = encodeOwner(own);
  let gone: string | undefined;
  for (;;) {
    const holder = claim(meta, own, bytes, gone);
    if (holder === undefined) break;
    if (holder.place === own.place) {
      if (await staysAlive(holder, silenceMaxMs / heartbeatsPerSilence)) throw inUse(folder, holder);
    } else if (await showsLife({ folder, meta, holder, silenceMaxMs })) throw inUse(folder, holder);
    gone = holder.id;
  }
  const heartbeat = await startHeartbeat(folder, silenceMaxMs / heartbeatsPerSilence);
  return {
    requireOwner() {
      if (meta.getBinary(ownerKey)?.equals(bytes) !== true) {
        throw new StorageUnavailable(`another server has taken over the data folder ${folder}; this one has stopped`);
      }
    },
    release() {
      clearInterval(heartbeat);
      try {
        meta.transactionSync(() => {
          if (meta.getBinary(ownerKey)?.equals(bytes) === true) meta.removeSync(ownerKey);
        });
      } catch {
        // A full disk. The entry stays behind, of a process that will be gone when the next one looks.
      }
    },
  };
}

/** Takes the folder, in one transaction, if nobody or the owner `gone` has it; else gives the owner. */
function claim(meta: LmdbTable, own: Owner, bytes: Buffer, gone: string | undefined): Owner | undefined {
  return meta.transactionSync(() => {
    const found = meta.getBinary(ownerKey);
    const holder = found === undefined ? undefined : decodeOwner(found);
    if (holder !== undefined && holder.id !== gone) return holder;
    meta.putSync(ownerKey, bytes);
    return undefined;
  });
}

function encodeOwner({ id, pid, started, place }: Owner): Buffer {
  return Buffer.from([id, pid, started, place].join("\n"));
}

function decodeOwner(bytes: Buffer): Owner {
  const [id = "", pid = "", started = "", place = ""] = bytes.toString().split("\n");
  return { id, pid: Number(pid), started, place };
}

function inUse(folder: string, { pid, place }: Owner): StorageUnavailable {
  const [host] = place.split(" ");
  return new StorageUnavailable(
    `the data folder ${folder} is in use by process ${pid} on ${host}; stop that server, or give this one another folder`,
  );
}

async function describeSelf(): Promise<Owner> {
  // Linux only; elsewhere the host name and the process number have to do.
  const [boot, namespace] = await Promise.all([
    readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => ""),
    readlink("/proc/self/ns/pid").catch(() => ""),
  ]);
  const place = `${hostname()} ${boot.trim()} ${namespace}`;
  return { id: randomUUID(), pid: process.pid, started: (await startOf(process.pid)) ?? "", place };
}

/** Whether a process of this machine is there, and does not go within a moment, as one that was just killed does. */
async function staysAlive(holder: Owner, momentMs: number): Promise<boolean> {
  for (let waitedMs = 0; await isAlive(holder); waitedMs += pollMs) {
    if (holder.pid === process.pid || waitedMs >= momentMs) return true;
    await setTimeout(pollMs);
  }
  return false;
}

async function isAlive({ pid, started }: Owner): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, but another user's.
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false;
  }
  const found = await startOf(pid);
  return started === "" || found === undefined || found === started;
}

/** When a process started; "" if it is dead and only waits for its parent to hear of it, undefined if unknown. */
async function startOf(pid: number): Promise<string | undefined> {
  // https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
  const line = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (line === undefined) return undefined;
  // The second field is the program's name in parentheses, which may hold spaces; the third is the state.
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? "" : fields[19];
}

interface Silence {
  readonly folder: string;
  readonly meta: LmdbTable;
  readonly holder: Owner;
  readonly silenceMaxMs: number;
}

/** Whether an owner whose process cannot be seen from here touches its heartbeat file, and does not leave meanwhile. */
async function showsLife({ folder, meta, holder, silenceMaxMs }: Silence): Promise<boolean> {
  const before = await lastHeartbeat(folder);
  for (let turn = 0; turn < heartbeatsPerSilence; turn++) {
    await setTimeout(silenceMaxMs / heartbeatsPerSilence);
    meta.resetReadTxn();
    if (meta.getBinary(ownerKey)?.includes(holder.id) !== true) return false;
    if ((await lastHeartbeat(folder)) !== before) return true;
  }
  return false;
}

async function lastHeartbeat(folder: string): Promise<number> {
  return stat(join(folder, "heartbeat")).then(
    (found) => found.mtimeMs,
    () => 0,
  );
}

async function startHeartbeat(folder: string, heartbeatMs: number): Promise<NodeJS.Timeout> {
  const path = join(folder, "heartbeat");
  await writeFile(path, "");
  const beat = () => {
    const now = new Date();
    // One beat missed does no harm, and who can no longer write to the folder hears of it by the next write.
    utimes(path, now, now).catch(() => undefined);
  };
  return setInterval(beat, heartbeatMs).unref();
}
