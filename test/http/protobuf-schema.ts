import protobuf from "protobufjs";

// The part of the API machinery's messages that the tests look at, to be read and written by another library.
const root = protobuf.parse(
  `syntax = "proto2";
  message TypeMeta { optional string apiVersion = 1; optional string kind = 2; }
  message Unknown { optional TypeMeta typeMeta = 1; optional bytes raw = 2; optional string contentEncoding = 3; }
  message RawExtension { optional bytes raw = 1; }
  message WatchEvent { optional string type = 1; optional RawExtension object = 2; }
  message Time { optional int64 seconds = 1; optional int32 nanos = 2; }
  message ListMeta {
    optional string resourceVersion = 2; optional string continue = 3; optional int64 remainingItemCount = 4;
  }
  message ObjectMeta {
    optional string name = 1; optional string namespace = 3; optional string uid = 5; optional string resourceVersion = 6;
    optional int64 generation = 7; optional Time creationTimestamp = 8; map<string, string> labels = 11;
    map<string, string> annotations = 12;
  }
  message PartialObjectMetadata { optional ObjectMeta metadata = 1; }
  message PartialObjectMetadataList { optional ListMeta metadata = 1; repeated PartialObjectMetadata items = 2; }
  message StatusCause { optional string reason = 1; optional string message = 2; optional string field = 3; }
  message StatusDetails {
    optional string name = 1; optional string group = 2; optional string kind = 3; repeated StatusCause causes = 4;
    optional int32 retryAfterSeconds = 5; optional string uid = 6;
  }
  message Status {
    optional ListMeta metadata = 1; optional string status = 2; optional string message = 3; optional string reason = 4;
    optional StatusDetails details = 5; optional int32 code = 6;
  }
  message Preconditions { optional string uid = 1; optional string resourceVersion = 2; }
  message DeleteOptions {
    optional int64 gracePeriodSeconds = 1; optional Preconditions preconditions = 2; optional bool orphanDependents = 3;
    optional string propagationPolicy = 4; repeated string dryRun = 5; optional bool extra = 6; optional fixed32 a = 90;
    optional fixed64 b = 91; optional bytes c = 92;
  }`,
  { keepCase: true },
).root;

/** What a message of that type says; its texts and lists of its own are left out where they are empty. */
export function readMessage(type: string, bytes: Uint8Array): Record<string, unknown> {
  const message = root.lookupType(type);
  return message.toObject(message.decode(bytes), { longs: Number });
}

/** A message of that type. */
export function writeMessage(type: string, object: Record<string, unknown>): Uint8Array {
  const message = root.lookupType(type);
  return message.encode(message.fromObject(object)).finish();
}

/** An object in its envelope, read by the type that it says it is of. */
export function readObject(bytes: Uint8Array): Record<string, unknown> {
  if (Buffer.from(bytes.subarray(0, 4)).toString() !== "k8s\0") throw new Error("an object begins with k8s");
  const { typeMeta, raw } = readMessage("Unknown", bytes.subarray(4));
  const type = typeMeta as { kind: string; apiVersion: string };
  return { ...type, ...readMessage(type.kind, raw as Uint8Array) };
}

/** An object in its envelope. */
export function writeObject(apiVersion: string, kind: string, raw: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from("k8s\0"), writeMessage("Unknown", { typeMeta: { apiVersion, kind }, raw })]);
}

/** The events of a stream, each behind its length. */
export function readEvents(stream: Buffer): { readonly type: unknown; readonly object: Record<string, unknown> }[] {
  const events: { type: unknown; object: Record<string, unknown> }[] = [];
  for (let at = 0; at < stream.length;) {
    const end = at + 4 + stream.readUInt32BE(at);
    const { type, object } = readMessage("WatchEvent", stream.subarray(at + 4, end));
    events.push({ type, object: readObject((object as { raw: Uint8Array }).raw) });
    at = end;
  }
  return events;
}
