import type { KubeObject } from "../meta/v1.ts";
import type { GroupVersionKind } from "../scheme/descriptor.ts";
import { encodedJson } from "../scheme/encoded.ts";
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

  /** How long runs are, and how much may be remembered in all, in bytes. */
  constructor(runBytes: number, rememberedBytesMax: number) {
    this.#runBytes = runBytes;
    this.#generationBytesMax = rememberedBytesMax / 2;
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

  #newRun(objects: readonly KubeObject[], start: number, gvk: GroupVersionKind, prefixes: readonly Buffer[]): Run {
    const parts: Uint8Array[] = [];
    let length = 0;
    let end = start;
    for (let next = objects[end]; next !== undefined; next = objects[end]) {
      // Runs that are far too short are not worth keeping: a new one goes on through them.
      if (length >= this.#runBytes / 4 && (length >= this.#runBytes || this.#begins(next))) break;
      const item = itemBytes(next, prefixes);
      parts.push(opening, item);
      length += opening.length + item.length;
      end++;
    }
    const run: Run = { gvk, objects: objects.slice(start, end), bytes: Buffer.concat(parts, length) };
    // Only objects that cannot change have bytes that stay right.
    if (run.objects.every(Object.isFrozen)) this.#remember(run);
    return run;
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

/** The ways in which an object's JSON may begin with its type, which items of a list do not repeat. */
function typePrefixes(gvk: GroupVersionKind): readonly Buffer[] {
  const kind = JSON.stringify(gvk.kind);
  const apiVersion = JSON.stringify(apiVersionOf(gvk));
  return [
    Buffer.from(`{"kind":${kind},"apiVersion":${apiVersion},`),
    Buffer.from(`{"apiVersion":${apiVersion},"kind":${kind},`),
  ];
}

/** An object's JSON after its opening brace and type. */
function itemBytes(object: KubeObject, prefixes: readonly Buffer[]): Uint8Array {
  const bytes = encodedJson(object);
  const prefix = prefixes.find((each) => startsWith(bytes, each));
  return bytes.subarray(prefix?.length ?? 1, -1);
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
