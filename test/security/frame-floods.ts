import { frame, headerBlock } from "../fuzz/http2-frames.ts";

const cats = "/apis/animal.skai.io/v1alpha1/namespaces/ns/cats";

const request = (method: string): Buffer =>
  headerBlock([
    [":method", method],
    [":scheme", "https"],
    [":authority", "a"],
    [":path", cats],
    ["x-remote-user", "mallory"],
  ]);

/** Numbers of the types of frames. https://www.rfc-editor.org/rfc/rfc9113#name-frame-definitions */
const types = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
};
const endStream = 1;
const endHeaders = 4;

/** What a client sends: something to begin with, and then the same, or what follows, over and over. */
export interface Flood {
  readonly start: Buffer;
  /** A piece of the flood; they are numbered. */
  readonly piece: (number: number) => Buffer;
  /** Whether the client takes what the server sends. */
  readonly reads: boolean;
}

const noStart = Buffer.alloc(0);

function same(part: Buffer): () => Buffer {
  const piece = Buffer.concat(Array.from({ length: Math.ceil(16_384 / part.length) }, () => part));
  return () => piece;
}

function many(make: (number: number) => readonly Buffer[]): (number: number) => Buffer {
  const each = 100;
  return (number) => Buffer.concat(Array.from({ length: each }, (_, index) => make(number * each + index)).flat());
}

const stream = (number: number): number => 2 * number + 1;
const filler = headerBlock([["x-filler", "a".repeat(16_000)]]);
const open = frame(types.headers, 0, 1, request("POST"));
const posted = frame(types.headers, endHeaders, 1, request("POST"));
const ping = frame(types.ping, 0, 0, Buffer.alloc(8));
const setting = frame(types.settings, 0, 0, Buffer.from([0, 4, 0, 1, 0, 0]));
/** Puts a long field into the table of fields, and asks for it 15,000 times by its number. */
const bomb = Buffer.concat([
  request("GET"),
  Buffer.from([0x40]),
  headerBlock([["x-bomb", "a".repeat(4_000)]]).subarray(1),
  Buffer.alloc(15_000, 0xbe),
]);

/** Floods of frames, by what they are of. */
export const floods: Readonly<Record<string, Flood>> = {
  "headers that go on": { start: open, piece: same(frame(types.continuation, 0, 1, filler)), reads: true },
  "headers that go on with nothing": {
    start: open,
    piece: same(frame(types.continuation, 0, 1, noStart)),
    reads: true,
  },
  settings: { start: noStart, piece: same(setting), reads: true },
  "settings whose answers are not read": { start: noStart, piece: same(setting), reads: false },
  pings: { start: noStart, piece: same(ping), reads: true },
  "pings whose answers are not read": { start: noStart, piece: same(ping), reads: false },
  priorities: { start: posted, piece: same(frame(types.priority, 0, 1, Buffer.alloc(5))), reads: true },
  "priorities of streams that are not there": {
    start: noStart,
    piece: many((number) => [frame(types.priority, 0, stream(number), Buffer.alloc(5))]),
    reads: true,
  },
  windows: { start: posted, piece: same(frame(types.window, 0, 0, Buffer.from([0, 0, 0, 1]))), reads: true },
  "data of no length": { start: posted, piece: same(frame(types.data, 0, 1, noStart)), reads: true },
  "data that is padding": {
    start: posted,
    piece: same(frame(types.data, 8, 1, Buffer.concat([Buffer.from([255]), Buffer.alloc(255)]))),
    reads: true,
  },
  "streams that are reset": {
    start: noStart,
    piece: many((number) => [
      frame(types.headers, endStream | endHeaders, stream(number), request("GET")),
      frame(types.reset, 0, stream(number), Buffer.alloc(4)),
    ]),
    reads: true,
  },
  "streams that make the server reset them": {
    start: noStart,
    piece: many((number) => [
      frame(types.headers, endHeaders, stream(number), request("POST")),
      frame(types.window, 0, stream(number), Buffer.alloc(4)),
    ]),
    reads: true,
  },
  "streams without an end": {
    start: noStart,
    piece: many((number) => [frame(types.headers, endHeaders, stream(number), request("POST"))]),
    reads: true,
  },
  "streams whose answers are not read": {
    start: noStart,
    piece: many((number) => [frame(types.headers, endStream | endHeaders, stream(number), request("GET"))]),
    reads: false,
  },
  "headers that are larger than they look": {
    start: noStart,
    piece: (number) => frame(types.headers, endStream | endHeaders, stream(number), bomb),
    reads: true,
  },
  "frames that nobody knows": { start: noStart, piece: same(frame(0x55, 0, 0, Buffer.alloc(1_000))), reads: true },
  farewells: { start: noStart, piece: same(frame(types.goaway, 0, 0, Buffer.alloc(8))), reads: true },
};
