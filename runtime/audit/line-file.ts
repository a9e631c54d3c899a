import { once } from "node:events";
import type { Writable } from "node:stream";
import { createStream } from "rotating-file-stream";
import type { LineDestination } from "./audit-log.ts";
import { OldFiles, rotatedName, type OldFilesKept } from "./old-files.ts";

/** A file of lines that is put aside when it has grown. */
export interface LineFileOptions extends OldFilesKept {
  readonly path: string;
  /** Put aside once it is so large, in megabytes; never if 0. */
  readonly megabytesMax: number;
  /** Hears of what goes wrong with files that were put aside: no line is lost by it. */
  readonly tell: (line: string) => void;
}

/** Opens a file of lines, to go on at its end. Throws what the system says where it cannot be opened. */
export async function openLineFile(options: LineFileOptions): Promise<LineDestination> {
  const file = new LineFile(options);
  await file.open();
  return file;
}

/** Lines that go to a stream that others close, such as standard output. */
export function linesTo(stream: Writable): LineDestination {
  return { write: (bytes) => writeAll(stream, bytes), close: () => Promise.resolve() };
}

/** Once writing to a file has failed, it is opened again for the next lines: a full disk may have room again. */
class LineFile implements LineDestination {
  readonly #options: LineFileOptions;
  readonly #old: OldFiles;
  #stream: Writable | undefined;

  constructor(options: LineFileOptions) {
    this.#options = options;
    this.#old = new OldFiles(options.path, options, options.tell);
  }

  async open(): Promise<void> {
    const { path, megabytesMax } = this.#options;
    const name = (time: Date | number | null, index?: number): string =>
      time instanceof Date ? rotatedName(path, time, index ?? 1) : path;
    const stream = createStream(name, {
      // Names and addresses of people are in it.
      mode: 0o600,
      ...(megabytesMax === 0 ? {} : { size: `${megabytesMax}M` }),
    });
    stream.on("rotated", () => this.#old.tidy());
    this.#stream = stream;
    await once(stream, "open");
    // An error comes with the write that it spoils; by itself it must not end the process.
    stream.on("error", () => undefined);
    this.#old.tidy();
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#stream === undefined || this.#stream.destroyed) await this.open();
    if (this.#stream !== undefined) await writeAll(this.#stream, bytes);
  }

  async close(): Promise<void> {
    const stream = this.#stream;
    if (stream !== undefined && !stream.destroyed) {
      const closed = once(stream, "close");
      stream.end();
      await closed;
    }
    await this.#old.settled();
  }
}

function writeAll(stream: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
