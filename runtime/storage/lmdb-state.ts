import type { StoreState } from "./tables.ts";

/** How every table is opened. */
export const tableOptions = { encoding: "binary", keyEncoding: "binary" } as const;

/** Raised whenever a server of an older release could not read what this one writes. */
export const format = "apiserver-ts 1";

/** The keys of the table "meta": what the data is, which process writes it, and where the store stands. */
export const formatKey = Buffer.from("format");
export const ownerKey = Buffer.from("owner");
export const stateKey = Buffer.from("state");

/** The bytes of a state. */
export function encodeState({ revision, compacted, historyBytes }: StoreState): Buffer {
  const bytes = Buffer.allocUnsafe(24);
  bytes.writeDoubleBE(revision);
  bytes.writeDoubleBE(compacted, 8);
  bytes.writeDoubleBE(historyBytes, 16);
  return bytes;
}

/** The state that encodeState() gave these bytes for; that of an empty store if there are none. */
export function decodeState(bytes: Buffer | undefined): StoreState {
  if (bytes === undefined) return { revision: 1, compacted: 1, historyBytes: 0 };
  return { revision: bytes.readDoubleBE(), compacted: bytes.readDoubleBE(8), historyBytes: bytes.readDoubleBE(16) };
}
