import type { Decision } from "./authorizer.ts";

interface Remembered {
  readonly decision: Decision;
  readonly expiresAtMs: number;
  /** Whether it has been asked for since it came in, or was last spared. */
  wasAsked: boolean;
}

/** Sparing what is in use costs time; after so many the next goes, in use or not. */
const sparedAtOnceMax = 16;

/**
 * Decisions by question, each until its time is up. Where there is no more room the oldest goes that nobody has asked
 * for of late: nearly least-recently-used, without moving an entry at every hit.
 */
export class DecisionCache {
  readonly #entries = new Map<string, Remembered>();
  readonly #entriesMax: number;
  readonly #charactersMax: number;
  #characters = 0;

  /** Room for so many entries, whose keys have at most so many characters together. */
  constructor(entriesMax: number, charactersMax: number) {
    this.#entriesMax = entriesMax;
    this.#charactersMax = charactersMax;
  }

  /** How many decisions are held, those whose time is up included. */
  get size(): number {
    return this.#entries.size;
  }

  /** The decision on a question, unless its time is up. */
  get(key: string, nowMs: number): Decision | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.expiresAtMs <= nowMs) return undefined;
    entry.wasAsked = true;
    return entry.decision;
  }

  /** Remembers a decision until its time is up. */
  add(key: string, decision: Decision, nowMs: number, ttlMs: number): void {
    this.#remove(key);
    if (ttlMs <= 0 || key.length > this.#charactersMax) return;
    this.#makeRoomFor(key, nowMs);
    this.#entries.set(key, { decision, expiresAtMs: nowMs + ttlMs, wasAsked: false });
    this.#characters += key.length;
  }

  #makeRoomFor(key: string, nowMs: number): void {
    let spared = 0;
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size < this.#entriesMax && this.#characters + key.length <= this.#charactersMax) return;
      this.#remove(oldest);
      if (!entry.wasAsked || entry.expiresAtMs <= nowMs || spared++ >= sparedAtOnceMax) continue;
      entry.wasAsked = false;
      this.#entries.set(oldest, entry);
      this.#characters += oldest.length;
    }
  }

  #remove(key: string): void {
    if (this.#entries.delete(key)) this.#characters -= key.length;
  }
}
