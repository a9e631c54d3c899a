import type { KubeObject } from "../meta/v1.ts";
import type { GroupVersionKind } from "../scheme/descriptor.ts";
import { knownJson } from "../scheme/encoded.ts";
import { apiVersionOf } from "../scheme/versioned.ts";

/** Consecutive objects of a list, and their JSON as a list has it: each with a comma before it, without its type. */
interface Run {
  readonly gvk: GroupVersionKind;
  readonly objects: readonly KubeObject[];
  readonly bytes: Uint8Array;
}

/** What is remembered, by the first object of each run. */
type Generation = WeakMap<KubeObject, Run>;

/**
 * The bytes of lists, in runs of consecutive objects. Who lists again gets mostly the same objects in the same order:
 * then finding out that nothing has changed, by comparing references, is all that a run costs. A change costs its run
 * alone, since new runs end where remembered ones begin. What no list has used for long is forgotten: all that is in use
 * moves on to a new generation each time that the newest holds as much as it may.
 */
export class ItemRuns {
  readonly #runBytes: number;
  readonly #generationBytesMax: number;
  #newest: Generation = new WeakMap();
  #older: Generation = new WeakMap();
  #newestBytes = 0;
  /** Where a run is put together. */
  #room: Buffer;

  /** How long runs are, and how much may be remembered in all, in bytes. */
  constructor(runBytes: number, rememberedBytesMax: number) {
    this.#runBytes = runBytes;
    this.#generationBytesMax = rememberedBytesMax / 2;
    this.#room = Buffer.allocUnsafeSlow(runBytes * 2);
  }

  /** The objects' JSON, run by run, each object with a comma before it. Never written to. */
  *bytes(objects: readonly KubeObject[], gvk: GroupVersionKind): Generator<Uint8Array> {
    const prefixes = typePrefixes(gvk);
    for (let start = 0; start < objects.length;) {
      const run = this.#remembered(objects, start, gvk) ?? this.#newRun(objects, start, gvk, prefixes);
      yield run.bytes;
      start += run.objects.length;
    }
  }

  #remembered(objects: readonly KubeObject[], start: number, gvk: GroupVersionKind): Run | undefined {
    const first = objects[start];
    if (first === undefined) return undefined;
    const inNewest = this.#newest.get(first);
    const run = inNewest ?? this.#older.get(first);
    if (run === undefined || run.gvk !== gvk || !continuesWith(objects, start, run.objects)) return undefined;
    if (inNewest === undefined) this.#remember(run);
    return run;
  }

  #newRun(objects: readonly KubeObject[], start: number, gvk: GroupVersionKind, prefixes: readonly Prefix[]): Run {
    let length = 0;
    let end = start;
    for (let next = objects[end]; next !== undefined; next = objects[end]) {
      // Runs that are far too short are not worth keeping: a new one goes on through them.
      if (length >= this.#runBytes / 4 && (length >= this.#runBytes || this.#begins(next))) break;
      length = this.#write(next, prefixes, length);
      end++;
    }
    const bytes = Buffer.allocUnsafeSlow(length);
    this.#room.copy(bytes, 0, 0, length);
    // One very large object is not to keep its room.
    if (this.#room.length > this.#runBytes * 16) this.#room = Buffer.allocUnsafeSlow(this.#runBytes * 2);
    const run: Run = { gvk, objects: objects.slice(start, end), bytes };
    // Only objects that cannot change have bytes that stay right.
    if (run.objects.every(Object.isFrozen)) this.#remember(run);
    return run;
  }

  /**
   * Writes an object's JSON with a comma before it and without its type, and gives where it ends. What the object's own
   * bytes would be is not remembered: these are in the run already.
   */
  #write(object: KubeObject, prefixes: readonly Prefix[], at: number): number {
    const known = knownJson(object);
    if (known === undefined) {
      const json = JSON.stringify(object);
      const from = prefixes.find(({ text }) => json.startsWith(text))?.text.length ?? 1;
      this.#makeRoom(at, opening.length + (json.length - from) * 3);
      const start = at + opening.copy(this.#room, at);
      return start + this.#room.write(json.slice(from), start);
    }
    const from = prefixes.find(({ bytes }) => startsWith(known, bytes))?.bytes.length ?? 1;
    // Without its newline.
    const item = known.subarray(from, -1);
    this.#makeRoom(at, opening.length + item.length);
    const start = at + opening.copy(this.#room, at);
    this.#room.set(item, start);
    return start + item.length;
  }

  #makeRoom(at: number, bytes: number): void {
    if (at + bytes <= this.#room.length) return;
    const more = Buffer.allocUnsafeSlow((at + bytes) * 2);
    this.#room.copy(more, 0, 0, at);
    this.#room = more;
  }

  #begins(object: KubeObject): boolean {
    return this.#newest.has(object) || this.#older.has(object);
  }

  #remember(run: Run): void {
    const [first] = run.objects;
    if (first === undefined) return;
    if (this.#newestBytes + run.bytes.length > this.#generationBytesMax) {
      this.#older = this.#newest;
      this.#newest = new WeakMap();
      this.#newestBytes = 0;
    }
    this.#newest.set(first, run);
    this.#newestBytes += run.bytes.length;
  }
}

const opening = Buffer.from(",{");

/** A way in which an object's JSON may begin. */
interface Prefix {
  readonly text: string;
  readonly bytes: Buffer;
}

/** The ways in which an object's JSON may begin with its type, which items of a list do not repeat. */
function typePrefixes(gvk: GroupVersionKind): readonly Prefix[] {
  const kind = JSON.stringify(gvk.kind);
  const apiVersion = JSON.stringify(apiVersionOf(gvk));
  return [`{"kind":${kind},"apiVersion":${apiVersion},`, `{"apiVersion":${apiVersion},"kind":${kind},`].map((text) => ({
    text,
    bytes: Buffer.from(text),
  }));
}

function startsWith(bytes: Uint8Array, prefix: Buffer): boolean {
  return bytes.length > prefix.length && prefix.compare(bytes, 0, prefix.length) === 0;
}

function continuesWith(objects: readonly KubeObject[], start: number, run: readonly KubeObject[]): boolean {
  if (start + run.length > objects.length) return false;
  for (let index = 0; index < run.length; index++) {
    if (objects[start + index] !== run[index]) return false;
  }
  return true;
}
