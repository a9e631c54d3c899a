/** Bytes that are not what their media type says: protobuf or CBOR that cannot be read. The message says why, in Go's words. */
export class WireError extends Error {
  override readonly name = "WireError";
}
