import { createReadStream, createWriteStream } from "node:fs";
import { readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

/** Which files that were put aside stay. */
export interface OldFilesKept {
  /** So many at most; any number if 0. */
  readonly filesMax: number;
  /** None older than so many days; any if 0. */
  readonly daysMax: number;
  /** Whether they are compressed. */
  readonly compress: boolean;
}

/** The name of a file that is put aside at a time; `index` tells those of one moment apart, from 1 on. */
export function rotatedName(path: string, time: Date, index: number): string {
  const { folder, stem, extension } = partsOf(path);
  const stamp = time.toISOString().slice(0, -1).replaceAll(":", "-");
  return join(folder, `${stem}-${stamp}${index === 1 ? "" : `.${index}`}${extension}`);
}

interface OldFile {
  readonly path: string;
  readonly timeMs: number;
  readonly index: number;
  readonly compressed: boolean;
}

/** The files that were put aside, which are compressed and removed beside the writing. */
export class OldFiles {
  readonly #path: string;
  readonly #kept: OldFilesKept;
  readonly #tell: (line: string) => void;
  #running: Promise<void> | undefined;
  #again = false;

  constructor(path: string, kept: OldFilesKept, tell: (line: string) => void) {
    this.#path = path;
    this.#kept = kept;
    this.#tell = tell;
  }

  /** Begins to bring the files in order; again afterwards where it is being done already. */
  tidy(): void {
    if (this.#running === undefined) this.#running = this.#run();
    else this.#again = true;
  }

  /** Resolves once the files are in order. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    do {
      this.#again = false;
      try {
        await this.#tidyOnce();
      } catch (error) {
        this.#tell(`old files of ${this.#path}: ${error instanceof Error ? error.message : String(error)}`);
      }
    } while (this.#again);
    this.#running = undefined;
  }

  async #tidyOnce(): Promise<void> {
    const { filesMax, daysMax, compress } = this.#kept;
    const files = await oldFiles(this.#path);
    const oldestMs = daysMax === 0 ? -Infinity : Date.now() - daysMax * 86_400_000;
    const isKept = ({ timeMs }: OldFile, index: number): boolean =>
      timeMs >= oldestMs && (filesMax === 0 || index < filesMax);
    for (const file of files.filter((each, index) => !isKept(each, index))) await rm(file.path, { force: true });
    if (!compress) return;
    for (const file of files.filter(isKept)) if (!file.compressed) await compressFile(file.path);
  }
}

/** The newest first. */
async function oldFiles(path: string): Promise<OldFile[]> {
  const { folder, stem, extension } = partsOf(path);
  const files: OldFile[] = [];
  for (const name of await readdir(folder)) {
    const plain = name.endsWith(".gz") ? name.slice(0, -".gz".length) : name;
    if (!plain.startsWith(`${stem}-`) || !plain.endsWith(extension)) continue;
    const stamp = plain.slice(stem.length + 1, plain.length - extension.length);
    const [, date = "", clock = "", index = "1"] =
      /^(\d{4}-\d\d-\d\d)T(\d\d-\d\d-\d\d\.\d{3})(?:\.(\d+))?$/.exec(stamp) ?? [];
    const timeMs = Date.parse(`${date}T${clock.replaceAll("-", ":")}Z`);
    if (Number.isNaN(timeMs)) continue;
    files.push({ path: join(folder, name), timeMs, index: Number(index), compressed: plain !== name });
  }
  return files.sort((a, b) => b.timeMs - a.timeMs || b.index - a.index);
}

// Under another name until it is whole, so that what is interrupted is done again.
async function compressFile(path: string): Promise<void> {
  const unfinished = `${path}.gz.unfinished`;
  await pipeline(createReadStream(path), createGzip(), createWriteStream(unfinished, { mode: 0o600 }));
  await rename(unfinished, `${path}.gz`);
  await rm(path, { force: true });
}

function partsOf(path: string): { readonly folder: string; readonly stem: string; readonly extension: string } {
  const extension = extname(path);
  return { folder: dirname(path), stem: basename(path, extension), extension };
}
