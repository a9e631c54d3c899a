import type { Revision } from "../../runtime/storage/storage.ts";

/** What one key holds: the name of the write that made it, which no other write has, and that write's revision. */
export interface Version {
  readonly value: string;
  readonly revision: Revision;
}

/** One write as the store's history has it, whoever was told of it. */
export interface LogEntry {
  readonly key: string;
  readonly revision: Revision;
  /** Undefined where the key was deleted. */
  readonly value: string | undefined;
}

interface Timed {
  readonly client: number;
  /** When the request was sent, in milliseconds of one clock. */
  readonly invokedMs: number;
  /** When the answer was there; Infinity if there never was one. */
  readonly returnedMs: number;
}

/** A write on the condition that the key holds what `expected` says; undefined is nothing. */
export interface Write extends Timed {
  readonly kind: "write";
  readonly key: string;
  /** Undefined deletes the key. */
  readonly value: string | undefined;
  readonly expected: Revision | undefined;
  /** What the client was told: done, refused because the condition did not hold, or nothing that one can rely on. */
  readonly outcome: "done" | "refused" | "unknown";
  /** The revision that the client was told; a deletion tells none. */
  readonly revision: Revision | undefined;
}

/** A consistent read of one key. */
export interface Read extends Timed {
  readonly kind: "read";
  readonly key: string;
  readonly saw: Version | undefined;
}

/** A consistent read of all keys. */
export interface ReadAll extends Timed {
  readonly kind: "read all";
  readonly revision: Revision;
  readonly saw: ReadonlyMap<string, Version>;
}

/** What a client did and was told. Reads without an answer prove nothing and are left out. */
export type Operation = Write | Read | ReadAll;
