import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { Command } from "commander";
import { StorageUnavailable, type Storage } from "../storage/storage.ts";
import { backupStore } from "../storage/tools/backup.ts";
import { copyObjects, countObjects } from "../storage/tools/copy.ts";
import { dataFileOf, skipRevisions } from "../storage/tools/raw-store.ts";
import { restoreStore } from "../storage/tools/restore.ts";
import { verifyStore } from "../storage/tools/verify.ts";
import { StartError } from "./start-error.ts";
import { openPlace, parsePlace, storeFolder, type EtcdFiles, type StoragePlace } from "./storage-places.ts";

const examples = `
Examples:
  apiserver-boot storage verify                        look at all objects in data/, served or not
  apiserver-boot storage backup --to cats.backup       while the server serves
  apiserver-boot storage restore --from cats.backup    while it does not
  apiserver-boot storage copy --from lmdb:data --to etcd:http://127.0.0.1:2379
`;

const dataDirFlag = ["--data-dir <folder>", "the folder that the server has its objects in", "data"] as const;
const progressMs = 2_000;

interface DataDir {
  readonly dataDir: string;
}

/** `apiserver-boot storage`: looks after what a server has stored. */
export function storageCommand(): Command {
  const command = new Command("storage")
    .description("verify, back up, restore or copy what a server has stored")
    .showHelpAfterError("(--help tells what there is)")
    .addHelpText("after", examples);
  addVerify(command);
  addBackup(command);
  addRestore(command);
  addCopy(command);
  return command;
}

function addVerify(command: Command): void {
  command
    .command("verify")
    .description("look whether all objects are there and intact; exit with 1 if not")
    .option(...dataDirFlag)
    .addHelpText(
      "after",
      `
It reads the state of one moment, also while a server runs.

Examples:
  apiserver-boot storage verify
  apiserver-boot storage verify --data-dir /var/lib/cats
`,
    )
    .action((options: DataDir) => run(() => verify(options)));
}

async function verify({ dataDir }: DataDir): Promise<void> {
  const report = await verifyStore(storeFolder(dataDir));
  const { objects, revision, compacted, expiries, bytes, problems, problemCount } = report;
  print(
    `${objects} objects at revision ${revision}, with history since ${compacted}; ${expiries} expire; ${bytes} bytes`,
  );
  if (problemCount === 0) {
    print("everything is intact");
    return;
  }
  for (const problem of problems) print(`damaged: ${problem}`);
  if (problemCount > problems.length) print(`and ${problemCount - problems.length} more`);
  throw new StartError(`the store in ${dataDir} is damaged; restore a backup: apiserver-boot storage restore --force`);
}

function addBackup(command: Command): void {
  command
    .command("backup")
    .description("write all objects, as of one moment, to a file, also while a server runs")
    .requiredOption("--to <file>", "the file to write")
    .option(...dataDirFlag)
    .option("--force", "replace the file if it exists")
    .addHelpText(
      "after",
      `
The file is complete and on the disk, or not there. It holds objects alone: certificates are in the data folder.

Examples:
  apiserver-boot storage backup --to cats.backup
  apiserver-boot storage backup --data-dir /var/lib/cats --to "cats-$(date +%F).backup"
`,
    )
    .action((options: DataDir & { readonly to: string; readonly force?: true }) => run(() => backup(options)));
}

async function backup({ dataDir, to, force }: DataDir & { to: string; force?: true }): Promise<void> {
  const report = await backupStore({ folder: storeFolder(dataDir), file: to, replace: force === true });
  const { size } = await stat(to);
  print(`${report.objects} objects at revision ${report.revision} are in ${to}, ${size} bytes`);
}

function addRestore(command: Command): void {
  command
    .command("restore")
    .description("put a backup in the place of a store; no server may run on it")
    .requiredOption("--from <file>", "the file that backup wrote")
    .option(...dataDirFlag)
    .option("--force", "put a store that is there aside, under another name")
    .addHelpText(
      "after",
      `
Revisions go on above those that were handed out after the backup, and history starts anew, so that
clients that watch are told to read everything again, and miss nothing in silence.

Examples:
  apiserver-boot storage restore --from cats.backup
  apiserver-boot storage restore --from cats.backup --data-dir /var/lib/cats --force
`,
    )
    .action((options: DataDir & { readonly from: string; readonly force?: true }) => run(() => restore(options)));
}

async function restore({ dataDir, from, force }: DataDir & { from: string; force?: true }): Promise<void> {
  const folder = storeFolder(dataDir);
  const restored = await restoreStore({ file: from, folder, replace: force === true, nowMs: Date.now() });
  const { report, revision, aside } = restored;
  if (aside !== undefined) print(`what was there is in ${aside}`);
  print(`${report.objects} objects of revision ${report.revision} are in ${folder}, which goes on from ${revision}`);
}

interface CopyFlags extends EtcdFiles {
  readonly from: string;
  readonly to: string;
  readonly prefix: string;
  readonly dryRun?: true;
}

function addCopy(command: Command): void {
  command
    .command("copy")
    .description("copy all objects between embedded stores and etcd, and compare the two")
    .requiredOption("--from <place>", "lmdb:DIR, or etcd:URL with more URLs after commas")
    .requiredOption("--to <place>", "where to copy to; nothing may be there yet")
    .option("--prefix <prefix>", "the keys to copy start with this", "/registry/")
    .option("--etcd-cafile <file>", "the authorities of etcd's certificates, in PEM")
    .option("--etcd-certfile <file>", "the certificate to show to etcd")
    .option("--etcd-keyfile <file>", "the key of --etcd-certfile")
    .option("--dry-run", "count what would be copied, and write nothing")
    .addHelpText(
      "after",
      `
Stop the servers first: what is written meanwhile is not copied, and an embedded store is for one program at
a time. Objects get new revisions, and those that were to expire no longer do. Restart the clients that watch.

Examples:
  apiserver-boot storage copy --from lmdb:data --to etcd:http://127.0.0.1:2379 --dry-run
  apiserver-boot storage copy --from lmdb:data --to etcd:https://10.0.0.1:2379,https://10.0.0.2:2379 \\
    --etcd-cafile ca.crt --etcd-certfile client.crt --etcd-keyfile client.key
  apiserver-boot storage copy --from etcd:http://127.0.0.1:2379 --to lmdb:data
`,
    )
    .action((options: CopyFlags) => run(() => copy(options)));
}

async function copy({ from, to, prefix, dryRun, ...files }: CopyFlags): Promise<void> {
  const [source, target] = [parsePlace(from), parsePlace(to)];
  requireStore(source);
  await using(openPlace(source, files), async (sourceStorage) => {
    if (dryRun === true) {
      const { objects, bytes, revision } = await countObjects(sourceStorage, prefix);
      print(`${objects} objects at revision ${revision}, ${bytes} bytes, would be copied to ${to}`);
      return;
    }
    const progress = slowly((copied) => `copied ${copied} objects`);
    const copied = await using(openPlace(target, files), async (targetStorage) => {
      const done = await copyObjects({ from: sourceStorage, to: targetStorage, prefix, progress });
      if (target.kind === "lmdb") await targetStorage.compact(await targetStorage.currentRevision());
      return done;
    });
    const { objects, bytes, revision } = copied;
    // For clients that remember revisions of the source.
    if (target.kind === "lmdb") {
      await skipRevisions(storeFolder(target.dataDir), { nowMs: Date.now(), known: revision });
    }
    print(`${objects} objects of revision ${revision}, ${bytes} bytes, are in ${to}, and are the same there`);
  });
}

/** To copy from a folder where nothing is must not make a store there. */
function requireStore(place: StoragePlace): void {
  if (place.kind === "etcd" || existsSync(dataFileOf(storeFolder(place.dataDir)))) return;
  throw new StartError(
    `${storeFolder(place.dataDir)} holds no store; name the folder that the server has its objects in`,
  );
}

async function using<Result>(opening: Promise<Storage>, work: (storage: Storage) => Promise<Result>): Promise<Result> {
  const storage = await opening;
  try {
    return await work(storage);
  } finally {
    await storage.close();
  }
}

/** Tells on standard error how far something is, once it takes its time. */
function slowly(text: (count: number) => string): (count: number) => void {
  let nextMs = performance.now() + progressMs;
  return (count) => {
    if (performance.now() < nextMs) return;
    nextMs = performance.now() + progressMs;
    process.stderr.write(`${text(count)}\n`);
  };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Tells what is known to go wrong in one line; anything else is a fault of ours, and its stack helps to mend it. */
async function run(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const isKnown =
      error instanceof StartError || error instanceof StorageUnavailable || (error instanceof Error && "code" in error);
    const reason = error instanceof Error ? (isKnown ? error.message : (error.stack ?? error.message)) : String(error);
    process.stderr.write(`error: ${reason}\n`);
    process.exitCode = 1;
  }
}
