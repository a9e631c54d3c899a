/** Writes protobuf messages. https://protobuf.dev/programming-guides/encoding/ */
export interface ProtobufWriter {
  readonly parts: Uint8Array[];
}

/** A number: written unless it is 0, which readers assume. */
export function writeDouble(writer: ProtobufWriter, field: number, value: number): void {
  if (value === 0) return;
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  writer.parts.push(varint(field * 8 + 1), bytes);
}

/** A whole number of 0 to 2^53. */
export function writeInteger(writer: ProtobufWriter, field: number, value: number): void {
  writer.parts.push(varint(field * 8), varint(value));
}

/** A text or a message that is written already. */
export function writeBytes(writer: ProtobufWriter, field: number, value: Uint8Array | string): void {
  const bytes = typeof value === "string" ? Buffer.from(value) : value;
  writer.parts.push(varint(field * 8 + 2), varint(bytes.length), bytes);
}

/** A message of its own within another. */
export function writeMessage(writer: ProtobufWriter, field: number, fill: (message: ProtobufWriter) => void): void {
  writeBytes(writer, field, messageBytes(fill));
}

/** The bytes of a whole message. */
export function messageBytes(fill: (message: ProtobufWriter) => void): Uint8Array {
  const message: ProtobufWriter = { parts: [] };
  fill(message);
  return Buffer.concat(message.parts);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  // Division instead of shifts: those stop at 32 bits.
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}
