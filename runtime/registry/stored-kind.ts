import { randomInt, randomUUID } from "node:crypto";
import { checkPathSegment } from "../meta/names.ts";
import { badRequest, type GroupResource } from "../meta/status-error.ts";
import { goQuote } from "../meta/field-error.ts";
import type { ResourceDescriptor } from "../scheme/descriptor.ts";
import type { Scheme } from "../scheme/scheme.ts";
import type { Storage } from "../storage/storage.ts";
import { Broadcasts } from "./broadcast.ts";
import { EntryIndexes } from "./entry-indexes.ts";
import { keyRoot } from "./key-roots.ts";
import { objectView, type ObjectView } from "./object-view.ts";
import { SharedEvents } from "./shared-events.ts";

/** What a store is made of beside the kind it serves. */
export interface StoreOptions {
  readonly scheme: Scheme;
  readonly storage: Storage;
  /** What all keys start with, without a slash at its end; `/registry` if unset. */
  readonly keyPrefix?: string;
  /** Where uids and name suffixes come from; the system's secure source if unset. */
  readonly randomness?: Randomness;
  /** How often a quiet watch says how far it has come; a minute if unset. */
  readonly bookmarkPeriodMs?: number;
}

/** Random numbers and ids. */
interface Randomness {
  /** A whole number from 0 up to, but not, `max`. */
  readonly integer: (max: number) => number;
  /** A version 4 UUID. */
  readonly uuid: () => string;
}

/** One served version of a kind, and how and where its objects are stored. */
export interface StoredKind {
  readonly descriptor: ResourceDescriptor;
  /** The version that is stored; the same as `descriptor` where that is served. */
  readonly hub: ResourceDescriptor;
  readonly scheme: Scheme;
  readonly resource: GroupResource;
  readonly storage: Storage;
  /** What the keys of the kind's objects start with, slash included. */
  readonly root: string;
  readonly objects: ObjectView;
  /** The same objects in the version that is stored. */
  readonly hubObjects: ObjectView;
  /** What a storage can look its objects up by. */
  readonly indexes: EntryIndexes;
  readonly events: SharedEvents;
  readonly broadcasts: Broadcasts;
  readonly randomness: Randomness;
  readonly bookmarkPeriodMs: number;
}

/** Brings together what the functions of a store need to know. */
export function storedKind(descriptor: ResourceDescriptor, options: StoreOptions): StoredKind {
  const { scheme, storage } = options;
  const { group } = descriptor.gvk;
  const { plural } = descriptor.names;
  const hub = scheme.storage(descriptor);
  const objects = objectView(scheme, descriptor);
  return {
    descriptor,
    hub,
    scheme,
    resource: { group, resource: plural },
    storage,
    root: keyRoot(descriptor, options.keyPrefix),
    objects,
    hubObjects: hub === descriptor ? objects : objectView(scheme, hub),
    indexes: new EntryIndexes(objects, descriptor.selectableFields),
    events: new SharedEvents(),
    broadcasts: new Broadcasts(),
    randomness: options.randomness ?? { integer: (max) => randomInt(max), uuid: () => randomUUID() },
    bookmarkPeriodMs: options.bookmarkPeriodMs ?? 60_000,
  };
}

/** What the keys of the objects in a namespace start with; of all objects where the namespace is empty. */
export function keysIn({ descriptor, root }: StoredKind, namespace: string): string {
  return descriptor.scope === "Namespaced" && namespace !== "" ? `${root}${namespace}/` : root;
}

/** The key of one object. Throws 400 for what cannot be part of a key. */
export function keyOf(kind: StoredKind, namespace: string, name: string): string {
  if (kind.descriptor.scope === "Namespaced" && namespace === "") throw badRequest("Namespace parameter required.");
  if (name === "") throw badRequest("Name parameter required.");
  const problems = checkPathSegment(name);
  if (problems.length > 0) throw badRequest(`Name parameter invalid: ${goQuote(name)}: ${problems.join(";")}`);
  return keysIn(kind, namespace) + name;
}
