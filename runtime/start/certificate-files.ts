import { readKeyPair, type NamedFile } from "./certificates.ts";
import type { KeyPair } from "./key-pair.ts";

/** How files of certificates are kept up with. */
export interface WatchOptions {
  /** Hears of changes, and of files that cannot be used. */
  readonly tell: (line: string) => void;
  /** How often to look, in milliseconds; 10 s if unset. */
  readonly pollMs?: number;
  readonly now?: () => Date;
}

const usualPollMs = 10_000;

/** Reads a certificate and its key, now and whenever they change. Throws a StartError where they cannot be used at first. */
export async function watchKeyPair(cert: NamedFile, key: NamedFile, options: WatchOptions): Promise<WatchedKeyPair> {
  const { now = () => new Date() } = options;
  const read = (): Promise<KeyPair> => readKeyPair(cert, key, now());
  return new WatchedKeyPair(read, await read(), cert.file, options);
}

/**
 * A certificate and its key in files that may be replaced, as they were last usable. The files are read again and again,
 * since what tells of changes does not do so through the links by which Kubernetes replaces secrets; a certificate that
 * is there before its key is taken a little later.
 */
export class WatchedKeyPair {
  readonly #read: () => Promise<KeyPair>;
  readonly #tell: (line: string) => void;
  readonly #file: string;
  readonly #listeners: (() => void)[] = [];
  readonly #timer: NodeJS.Timeout;
  #current: KeyPair;
  #trouble = "";
  #checking: Promise<void> | undefined;

  constructor(
    read: () => Promise<KeyPair>,
    first: KeyPair,
    file: string,
    { tell, pollMs = usualPollMs }: WatchOptions,
  ) {
    this.#read = read;
    this.#tell = tell;
    this.#file = file;
    this.#current = first;
    this.#timer = setInterval(() => void this.check(), pollMs).unref();
  }

  /** What is to be shown. */
  pair(): { readonly key: string; readonly cert: string } {
    return { key: this.#current.key, cert: this.#current.certificate };
  }

  /** Calls back after each change. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Looks now. */
  check(): Promise<void> {
    this.#checking ??= this.#readAgain().finally(() => (this.#checking = undefined));
    return this.#checking;
  }

  /** No longer looks. */
  close(): void {
    clearInterval(this.#timer);
  }

  async #readAgain(): Promise<void> {
    let found: KeyPair;
    try {
      found = await this.#read();
    } catch (error) {
      this.#keep(error instanceof Error ? error.message : String(error));
      return;
    }
    this.#trouble = "";
    const { key, certificate } = this.#current;
    if (found.key === key && found.certificate === certificate) return;
    this.#current = found;
    this.#tell(`the certificate in ${this.#file} has changed, and new connections are shown it`);
    for (const listener of this.#listeners) listener();
  }

  // Once for each trouble, not whenever it is looked at.
  #keep(trouble: string): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#tell(`the certificate in ${this.#file} cannot be used, and the earlier one stays: ${trouble}`);
  }
}
