import { readFile } from "node:fs/promises";
import type { TextSource } from "./config.ts";

/** How old what is known of a file gets, as in client-go: tokens of service accounts are replaced long before they end. */
const textAgeMaxMs = 60_000;

/** A text of the configuration as it is now, or was a minute ago. */
export class CurrentText {
  readonly #source: TextSource;
  #text: string | undefined;
  #readAtMs = -Infinity;
  #reading: Promise<string> | undefined;

  constructor(source: TextSource) {
    this.#source = source;
    if ("text" in source) this.#text = source.text;
  }

  /** Keeps what was read last where the file cannot be read; throws where it never could. */
  get(): string | Promise<string> {
    if ("text" in this.#source) return this.#source.text;
    if (this.#text !== undefined && performance.now() - this.#readAtMs < textAgeMaxMs) return this.#text;
    this.#reading ??= this.#read(this.#source.file);
    return this.#reading;
  }

  /** Has the file read again before it is used: what it said has been refused. */
  forget(): void {
    this.#readAtMs = -Infinity;
  }

  async #read(file: string): Promise<string> {
    const beganMs = performance.now();
    try {
      this.#text = await readFile(file, "utf8");
    } catch (error) {
      if (this.#text === undefined) throw error;
    } finally {
      this.#readAtMs = beganMs;
      this.#reading = undefined;
    }
    return this.#text;
  }
}
