import { compareBytes } from "../meta/byte-text.ts";
import type { KeyRange } from "./key-range.ts";

/** What has a place among others by its key. */
interface Keyed {
  readonly key: string;
}

/** A chunk that grows longer than this is split, so that putting something in moves no more than so much. */
const chunkMax = 512;
/** Neighbours that together have no more than this become one. */
const joinMax = chunkMax / 4;

/**
 * Things in the byte order of their keys, one for a key: a sorted array in chunks. Adding costs the logarithm of the
 * size and a chunk, counting a range costs one step for every chunk of it, and beside the chunks nothing is kept.
 */
export class KeyOrder<T extends Keyed> {
  /** None of them is empty. */
  readonly #chunks: T[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Puts something in, and gives what had its key before. */
  set(item: T): T | undefined {
    const { key } = item;
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) {
      this.#chunks.push([item]);
      this.#size++;
      return undefined;
    }
    const place = lowerBound(chunk, key);
    const before = chunk[place];
    if (before?.key === key) {
      chunk[place] = item;
      return before;
    }
    this.#size++;
    if (chunk.length < chunkMax) {
      if (place === chunk.length) chunk.push(item);
      else chunk.splice(place, 0, item);
    } else if (place === chunk.length && at === this.#chunks.length - 1) {
      // What comes in order leaves full chunks behind.
      this.#chunks.push([item]);
    } else {
      const rest = chunk.splice(chunkMax / 2);
      this.#chunks.splice(at + 1, 0, rest);
      if (place > chunk.length) rest.splice(place - chunk.length, 0, item);
      else chunk.splice(place, 0, item);
    }
    return undefined;
  }

  /** Puts something in that most likely comes after all the rest. */
  append(item: T): void {
    const chunk = this.#chunks[this.#chunks.length - 1];
    const last = chunk?.[chunk.length - 1];
    if (chunk === undefined || last === undefined || compareBytes(last.key, item.key) >= 0) {
      this.set(item);
      return;
    }
    this.#size++;
    if (chunk.length < chunkMax) chunk.push(item);
    else this.#chunks.push([item]);
  }

  /** Takes something out, and gives it. */
  delete(key: string): T | undefined {
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return undefined;
    const place = lowerBound(chunk, key);
    const item = chunk[place];
    if (item?.key !== key) return undefined;
    chunk.splice(place, 1);
    this.#size--;
    if (chunk.length <= joinMax) this.#shrink(at, chunk);
    return item;
  }

  /** How many keys of a range there are. */
  count({ start, end }: KeyRange): number {
    const first = this.#chunkOf(start);
    const last = end === undefined ? this.#chunks.length - 1 : this.#chunkOf(end);
    let count = -lowerBound(this.#chunks[first] ?? [], start);
    for (let at = first; at < last; at++) count += this.#chunks[at]?.length ?? 0;
    const chunk = this.#chunks[last] ?? [];
    return Math.max(0, count + (end === undefined ? chunk.length : lowerBound(chunk, end)));
  }

  /** The first `limit` of a range, in order. */
  slice({ start, end }: KeyRange, limit: number): T[] {
    const parts: T[][] = [];
    const first = this.#chunkOf(start);
    const last = end === undefined ? this.#chunks.length - 1 : this.#chunkOf(end);
    let room = limit;
    for (let at = first; at <= last && room > 0; at++) {
      const chunk = this.#chunks[at] ?? [];
      const from = at === first ? lowerBound(chunk, start) : 0;
      const until = at === last && end !== undefined ? lowerBound(chunk, end) : chunk.length;
      const stop = Math.min(until, from + room);
      if (from >= stop) continue;
      parts.push(chunk.slice(from, stop));
      room -= stop - from;
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : ([] as T[]).concat(...parts);
  }

  /** The chunk that a key is in, or belongs to: the last one that starts with it or before it, else the first. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length;
    let sharedBelow = 0;
    let sharedAbove = 0;
    while (low < high) {
      const middle = (low + high) >> 1;
      const first = this.#chunks[middle]?.[0]?.key ?? "";
      const shared = firstDifference(first, key, Math.min(sharedBelow, sharedAbove));
      if (compareBytes(first, key, shared) <= 0) {
        low = middle + 1;
        sharedBelow = shared;
      } else {
        high = middle;
        sharedAbove = shared;
      }
    }
    return Math.max(0, low - 1);
  }

  #shrink(at: number, chunk: T[]): void {
    if (chunk.length === 0) {
      this.#chunks.splice(at, 1);
      return;
    }
    const next = this.#chunks[at + 1];
    if (next === undefined || chunk.length + next.length > joinMax) return;
    for (const item of next) chunk.push(item);
    this.#chunks.splice(at + 1, 1);
  }
}

/** Where a key is, or belongs, among things in the order of their keys. Keys have long beginnings in common, so what both neighbours share is not compared again. */
export function lowerBound(items: readonly Keyed[], key: string): number {
  let low = 0;
  let high = items.length;
  let sharedBelow = 0;
  let sharedAbove = 0;
  while (low < high) {
    const middle = (low + high) >> 1;
    const candidate = items[middle]?.key ?? "";
    const shared = firstDifference(candidate, key, Math.min(sharedBelow, sharedAbove));
    if (compareBytes(candidate, key, shared) < 0) {
      low = middle + 1;
      sharedBelow = shared;
    } else {
      high = middle;
      sharedAbove = shared;
    }
  }
  return low;
}

/** The length of what two texts have in common, of which the first `from` units are known. */
function firstDifference(a: string, b: string, from: number): number {
  const length = Math.min(a.length, b.length);
  let place = from;
  while (place < length && a.charCodeAt(place) === b.charCodeAt(place)) place++;
  return place;
}
