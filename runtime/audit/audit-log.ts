import { defaultAuditLimits, type AuditLimits } from "./limits.ts";

/** Where lines go. */
export interface LineDestination {
  /** Resolves once the bytes have been handed to the system; rejects where they are lost. */
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** What becomes of lines that could not be written: how many, and why. */
export type OnLostLines = (count: number, error: unknown) => void;

const overflow = new Error("the audit log is not written as fast as it grows");

/**
 * Lines on their way to a destination: many are written at once, in their order, and what has not been written yet is
 * bounded. Who adds to it is to wait while it is full.
 */
export class AuditLog {
  readonly #destination: LineDestination;
  readonly #onLost: OnLostLines;
  readonly #limits: AuditLimits;
  #lines: string[] = [];
  #characters = 0;
  #draining: Promise<void> | undefined;
  readonly #waiting = new Set<() => void>();

  constructor(destination: LineDestination, onLost: OnLostLines, limits = defaultAuditLimits) {
    this.#destination = destination;
    this.#onLost = onLost;
    this.#limits = limits;
  }

  /** Whether requests should wait before they are served. */
  get isFull(): boolean {
    return this.#characters > this.#limits.waitingCharactersMax;
  }

  /** Adds a line, which has its line end. */
  add(line: string): void {
    if (this.#characters > this.#limits.bufferedCharactersMax) {
      this.#onLost(1, overflow);
      return;
    }
    this.#lines.push(line);
    this.#characters += line.length;
    this.#draining ??= this.#drain();
  }

  /** Resolves once the log is not full any more; rejects when the signal aborts. */
  room(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.isFull) {
        resolve();
        return;
      }
      const onRoom = (): void => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      const onAbort = (): void => {
        this.#waiting.delete(onRoom);
        reject(signal.reason);
      };
      if (signal.aborted) onAbort();
      else {
        this.#waiting.add(onRoom);
        signal.addEventListener("abort", onAbort, { once: true });
      }
    });
  }

  /** Resolves once all that has been added is written, or lost and counted. */
  async flush(): Promise<void> {
    while (this.#draining !== undefined) await this.#draining;
  }

  /** Writes what there is, and closes the destination. */
  async close(): Promise<void> {
    await this.flush();
    await this.#destination.close();
  }

  async #drain(): Promise<void> {
    // What else this turn of the event loop adds goes along.
    await new Promise((resolve) => setImmediate(resolve));
    for (let batch = this.#nextBatch(); batch.length > 0; batch = this.#nextBatch()) {
      const text = batch.join("");
      try {
        await this.#destination.write(Buffer.from(text));
      } catch (error) {
        this.#onLost(batch.length, error);
      }
      this.#characters -= text.length;
      if (!this.isFull) this.#letOn();
    }
    this.#draining = undefined;
  }

  #nextBatch(): readonly string[] {
    let characters = 0;
    const beyond = this.#lines.findIndex((line) => (characters += line.length) > this.#limits.batchCharacters);
    const count = beyond === -1 ? this.#lines.length : Math.max(beyond, 1);
    const batch = this.#lines.slice(0, count);
    this.#lines = this.#lines.slice(count);
    return batch;
  }

  #letOn(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const onRoom of waiting) onRoom();
  }
}
