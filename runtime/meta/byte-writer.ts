import { Buffer } from "node:buffer";

/** Bytes that are written one after the other. */
export interface ByteWriter {
  /** Grows as needed; what is beyond `length` means nothing. */
  bytes: Buffer;
  length: number;
}

const initialBytes = 512;

/** A writer with nothing written yet. */
export function newByteWriter(): ByteWriter {
  return { bytes: Buffer.allocUnsafe(initialBytes), length: 0 };
}

/** What has been written. Shares its memory with the writer, which is not to be used any more. */
export function writtenBytes({ bytes, length }: ByteWriter): Uint8Array {
  return bytes.subarray(0, length);
}

/** Makes room for so many more bytes. */
export function reserve(out: ByteWriter, count: number): void {
  const wanted = out.length + count;
  if (wanted <= out.bytes.length) return;
  const larger = Buffer.allocUnsafe(Math.max(wanted, out.bytes.length * 2));
  out.bytes.copy(larger, 0, 0, out.length);
  out.bytes = larger;
}

/** Writes one byte. */
export function putByte(out: ByteWriter, byte: number): void {
  if (out.length === out.bytes.length) reserve(out, 1);
  out.bytes[out.length++] = byte;
}

/** Writes bytes as they are. */
export function putBytes(out: ByteWriter, bytes: Uint8Array): void {
  reserve(out, bytes.length);
  out.bytes.set(bytes, out.length);
  out.length += bytes.length;
}

/** Writes a text of ASCII alone; writes nothing and gives false where there are other characters. For short texts. */
export function putAscii(out: ByteWriter, text: string): boolean {
  reserve(out, text.length);
  const { bytes, length } = out;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return false;
    bytes[length + i] = code;
  }
  out.length = length + text.length;
  return true;
}

/** Writes a text in UTF-8, whose length in bytes the caller has told the reader already. */
export function putText(out: ByteWriter, text: string, byteLength: number): void {
  reserve(out, byteLength);
  out.length += out.bytes.write(text, out.length, byteLength, "utf8");
}
