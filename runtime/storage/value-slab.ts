/** Memory is asked for in pieces of this size, for values of at most a quarter of it. */
const slabBytes = 16 << 10;

/**
 * Copies values into memory that several of them share: asking for memory costs more than copying a small value does.
 * A slab lives as long as any value in it, which is why it is small.
 */
export class ValueSlab {
  #slab = new ArrayBuffer(0);
  #used = 0;

  /** A copy of the bytes from `start` up to `end`. */
  copy(bytes: Uint8Array, start = 0, end = bytes.length): Uint8Array {
    const length = end - start;
    const copy = length > slabBytes / 4 ? new Uint8Array(length) : this.#take(length);
    if (start === 0 && end === bytes.length) copy.set(bytes);
    else copy.set(bytes.subarray(start, end));
    return copy;
  }

  #take(length: number): Uint8Array {
    if (this.#used + length > this.#slab.byteLength) {
      this.#slab = new ArrayBuffer(slabBytes);
      this.#used = 0;
    }
    const part = new Uint8Array(this.#slab, this.#used, length);
    this.#used += length;
    return part;
  }
}
