import { newDecodeReport } from "../meta/decode.ts";
import { internalError } from "../meta/status-error.ts";
import type { KubeObject } from "../meta/v1.ts";
import type { ResourceDescriptor } from "../scheme/descriptor.ts";
import type { Scheme } from "../scheme/scheme.ts";
import { rememberJson } from "../scheme/encoded.ts";
import { setDefaults } from "../scheme/set-defaults.ts";
import { apiVersionOf, convert } from "../scheme/versioned.ts";
import { zeroObject } from "../scheme/zero-object.ts";
import type { Entry, Revision } from "../storage/storage.ts";
import { arrange } from "./arrange.ts";
import { deepFreeze } from "./deep-freeze.ts";
import { RepeatedFields } from "./repeated-fields.ts";

/**
 * Stored entries as objects of one version of their kind: frozen, with the entry's revision as resourceVersion.
 * An entry is decoded once, and gives the same object each time; so what is made of the object can be shared as well.
 */
export interface ObjectView {
  read(entry: Entry): KubeObject;
  /** Reads an entry that has just been written, without decoding what was encoded where it is known what that gives. */
  readWritten(entry: Entry, written: StoredObject): KubeObject;
  /** The object as of a later revision, at which it was deleted or left a selection. There is one such revision for an entry. */
  readGone(entry: Entry, revision: Revision): KubeObject;
  /** The object that this one would be read as, had it been stored. Its resourceVersion is given; undefined is none. */
  preview(stored: Uint8Array, resourceVersion: string | undefined): KubeObject;
  /** An object that tells only how far a watch has come. */
  bookmark(revision: Revision, annotations?: Record<string, string>): KubeObject;
}

/** The view of stored objects in the version that `descriptor` describes. */
export function objectView(scheme: Scheme, descriptor: ResourceDescriptor): ObjectView {
  const apiVersion = apiVersionOf(descriptor.gvk);
  const decoder: Decoder = { scheme, descriptor, apiVersion, repeated: new RepeatedFields() };
  const read = new WeakMap<Entry, KubeObject>();
  const gone = new WeakMap<Entry, KubeObject>();
  return {
    read(entry) {
      let object = read.get(entry);
      if (object === undefined) {
        object = decode(decoder, entry.value, String(entry.revision));
        read.set(entry, object);
      }
      return object;
    },
    readWritten(entry, written) {
      if (!written.isDecoded || read.has(entry)) return this.read(entry);
      const resourceVersion = String(entry.revision);
      const object = arrange(written.object, resourceVersion);
      Object.freeze(object.metadata);
      read.set(entry, Object.freeze(object));
      const json = withResourceVersion(written, resourceVersion);
      if (json !== undefined) rememberJson(object, json);
      return object;
    },
    readGone(entry, revision) {
      const resourceVersion = String(revision);
      let object = gone.get(entry);
      if (object?.metadata.resourceVersion !== resourceVersion) {
        object = deepFreeze(arrange(this.read(entry), resourceVersion));
        gone.set(entry, object);
      }
      return object;
    },
    preview: (stored, resourceVersion) => decode(decoder, stored, resourceVersion),
    bookmark(revision, annotations) {
      const object = zeroObject(descriptor);
      if (annotations !== undefined) object.metadata.annotations = annotations;
      return deepFreeze(arrange(object, String(revision)));
    },
  };
}

/** An object of the storage version, with the form in which it is stored. */
export interface StoredObject {
  readonly object: KubeObject;
  /** Its JSON without resourceVersion, which the store itself tells. */
  readonly json: string;
  readonly bytes: Uint8Array;
  /** Whether decoding the JSON is known to give the object again, which then is frozen all through. */
  readonly isDecoded: boolean;
}

/** An object of the storage version with the form in which it is stored. */
export function storedObject(object: KubeObject, isDecoded = false): StoredObject {
  const json = JSON.stringify(arrange(object, undefined));
  // From Node's pool: the storage keeps what it stores elsewhere.
  return { object, json, bytes: Buffer.from(json), isDecoded };
}

/** The JSON of a stored object with a resourceVersion, where the order of fields has it: behind the uid. */
function withResourceVersion({ object, json }: StoredObject, resourceVersion: string): string | undefined {
  const { uid = "" } = object.metadata;
  if (uid === "") return undefined;
  // Before it come texts alone, in which a quote would be escaped: it is not found in any of them.
  const field = `"uid":${JSON.stringify(uid)}`;
  const end = json.indexOf(field) + field.length;
  return `${json.slice(0, end)},"resourceVersion":"${resourceVersion}"${json.slice(end)}`;
}

interface Decoder {
  readonly scheme: Scheme;
  readonly descriptor: ResourceDescriptor;
  readonly apiVersion: string;
  readonly repeated: RepeatedFields;
}

const utf8 = new TextDecoder();

function decode(decoder: Decoder, value: Uint8Array, resourceVersion: string | undefined): KubeObject {
  const json = parseStored(value);
  const source = writtenAs(decoder, json);
  const report = newDecodeReport();
  const object = source.decode(json, report);
  if (report.typeError !== undefined) throw internalError(`unable to decode a stored object: ${report.typeError}`);
  setDefaults(source, object);
  const converted = convert(decoder.scheme, object, source, decoder.descriptor);
  const { repeated } = decoder;
  if (converted.apiVersion !== undefined) converted.apiVersion = repeated.text(converted.apiVersion);
  if (converted.metadata.managedFields !== undefined) repeated.share(converted.metadata.managedFields);
  return deepFreeze(arrange(converted, resourceVersion));
}

function parseStored(value: Uint8Array): object {
  let json: unknown;
  try {
    json = JSON.parse(utf8.decode(value));
  } catch (cause) {
    throw internalError("unable to decode a stored object: it is not JSON", cause);
  }
  if (typeof json !== "object" || json === null)
    throw internalError("unable to decode a stored object: it is no object");
  return json;
}

/** The version that the object was stored in, which the storage version need not have been at the time. */
function writtenAs(
  { scheme, descriptor, apiVersion }: Decoder,
  json: { readonly apiVersion?: unknown },
): ResourceDescriptor {
  if (json.apiVersion === apiVersion) return descriptor;
  const hub = scheme.storage(descriptor);
  if (json.apiVersion === apiVersionOf(hub.gvk)) return hub;
  const { group, kind } = descriptor.gvk;
  const written = typeof json.apiVersion === "string" ? json.apiVersion : "";
  const version = group !== "" && written.startsWith(`${group}/`) ? written.slice(group.length + 1) : written;
  const source = scheme.kind(group, version, kind);
  if (source === undefined) throw internalError(`no kind "${kind}" is registered for version "${written}"`);
  return source;
}
