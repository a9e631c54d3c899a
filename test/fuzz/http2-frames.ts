import fc, { type Arbitrary } from "fast-check";

/** What a client begins an HTTP/2 connection with, its settings included. https://www.rfc-editor.org/rfc/rfc9113#preface */
export const preface = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  frame(4, 0, 0, Buffer.alloc(0)),
]);

const token = Buffer.from("fuzzing!");

/** Asks whether the other side is there. */
export const ping = frame(6, 0, 0, token);
/** How a server takes what it is sent: it goes on, and answers the ping, or will have no more to do with the client. */
export type Reaction = "answers" | "refuses";

/** The reaction in what a server has sent; undefined while there is none. */
export function reactionIn(received: Buffer): Reaction | undefined {
  for (let at = 0; at + 9 <= received.length; at += 9 + received.readUIntBE(at, 3)) {
    const type = received.readUInt8(at + 3);
    if (type === 7) return "refuses";
    if (type === 6 && received.subarray(at + 9, at + 17).equals(token)) return "answers";
  }
  return undefined;
}

/** A frame. https://www.rfc-editor.org/rfc/rfc9113#name-frame-format */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Header fields, each written out in full. https://www.rfc-editor.org/rfc/rfc7541#section-6.2.2 */
export function headerBlock(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), packed(name), packed(value)]));
}

function packed(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const rest = bytes.length - 127;
  return Buffer.concat([Buffer.from([127, (rest & 127) | 128, rest >> 7]), bytes]);
}

const fields: readonly (readonly [string, string])[] = [
  [":method", "GET"],
  [":method", "POST"],
  [":method", "CONNECT"],
  [":method", ""],
  [":method", "a b\u0000"],
  [":path", "/apis/animal.skai.io/v1alpha1/cats"],
  [":path", "/apis/animal.skai.io/v1alpha1/namespaces/ns/cats"],
  [":path", ""],
  [":path", "*"],
  [":path", "no slash"],
  [":path", "/\u0000\r\n"],
  [":path", "/\u00ff"],
  [":path", `/${"x".repeat(9_000)}`],
  [":scheme", "https"],
  [":scheme", "\u0001"],
  [":authority", "127.0.0.1"],
  [":authority", "\u00ff@["],
  [":protocol", "websocket"],
  [":status", "200"],
  [":bogus", "x"],
  ["Upper", "x"],
  ["", "x"],
  ["a b", "x"],
  ["__proto__", "x"],
  ["constructor", "x"],
  ["connection", "close"],
  ["transfer-encoding", "chunked"],
  ["te", "gzip"],
  ["host", "a"],
  ["host", "b"],
  ["content-length", "5"],
  ["content-length", "-1"],
  ["content-length", "x"],
  ["content-type", "application/json"],
  ["accept", "\u0000"],
  ["accept", "application/json"],
  ["cookie", "a"],
  ["cookie", "b"],
  ["audit-id", "\r\nx: y"],
  ["expect", "100-continue"],
  ["expect", "x"],
  ["user-agent", "\u00e9"],
];

const usual = [
  [":method", "GET"],
  [":path", "/apis/animal.skai.io/v1alpha1/cats"],
  [":scheme", "https"],
  [":authority", "127.0.0.1"],
] as const;

const someFields = fc.array(fc.constantFrom(...fields), { maxLength: 8 });
const headers = fc.oneof(
  someFields.map(headerBlock),
  someFields.map((more) => headerBlock([...usual, ...more])),
  fc.uint8Array({ maxLength: 40 }),
);

const stream = fc.constantFrom(0, 1, 1, 3, 5, 2, 0x7fffffff, 0x80000001);

const headersFrame = fc
  .tuple(fc.constantFrom(4, 5, 5, 0, 1, 0x0d, 0x24, 0xff), stream, headers)
  .map(([flags, on, block]) => frame(1, flags, on, block));
const dataFrame = fc
  .tuple(fc.constantFrom(0, 1, 8, 9), stream, fc.uint8Array({ maxLength: 100 }))
  .map(([flags, on, payload]) => frame(0, flags, on, payload));
const anyFrame = fc
  .tuple(fc.nat(12), fc.nat(255), stream, fc.uint8Array({ maxLength: 40 }))
  .map(([type, flags, on, payload]) => frame(type, flags, on, payload));
const settings = fc
  .array(fc.tuple(fc.constantFrom(1, 2, 3, 4, 5, 6, 8, 99), fc.constantFrom(0, 1, 65_535, 0x7fffffff, 0xffffffff)), {
    maxLength: 3,
  })
  .map((pairs) => {
    const payload = Buffer.alloc(pairs.length * 6);
    for (const [at, [name, value]] of pairs.entries()) {
      payload.writeUInt16BE(name, at * 6);
      payload.writeUInt32BE(value, at * 6 + 2);
    }
    return frame(4, 0, 0, payload);
  });
const longFrame = fc.constantFrom(16_385, 1_000_000, 0xffffff).map((length) => {
  const bytes = frame(0, 0, 1, Buffer.alloc(0));
  bytes.writeUIntBE(length, 0, 3);
  return bytes;
});

/** Frames that a client may send, in any order, and some that it may not. */
export const arbitraryFrames: Arbitrary<Uint8Array> = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: headersFrame },
      { weight: 4, arbitrary: dataFrame },
      { weight: 2, arbitrary: anyFrame },
      { weight: 1, arbitrary: settings },
      { weight: 1, arbitrary: longFrame },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 30 }) },
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((frames) => Buffer.concat(frames));
