import { foregroundFinalizer, orphanFinalizer } from "../meta/object-meta-validation.ts";
import type { DeleteOptions } from "../meta/options.ts";
import { conflict } from "../meta/status-error.ts";
import { formatTime } from "../meta/time.ts";
import type { ObjectMeta } from "../meta/v1.ts";
import type { GroupVersionKind } from "../scheme/descriptor.ts";

/** How a deletion proceeds. */
interface Deletion {
  /** `now`: nothing but finalizers holds the object; `graceful`: it is marked, and goes when its time is up; `pending`: it has been marked before. */
  readonly kind: "now" | "graceful" | "pending";
  /** The grace period that was settled on. */
  readonly gracePeriodSeconds: number | undefined;
}

/** What a deletion depends on beside the object and the options. */
interface DeletionTerms {
  readonly now: Date;
  /** The grace period of the kind where the client names none; undefined for kinds that have no grace period. */
  readonly defaultGracePeriodSeconds?: number;
}

/**
 * Decides on a deletion, and marks the metadata if it is a graceful one. Throws 409 where a precondition does not hold.
 * The counterpart of https://pkg.go.dev/k8s.io/apiserver/pkg/registry/rest#BeforeDelete.
 */
export function beforeDelete(
  kind: GroupVersionKind,
  metadata: ObjectMeta,
  options: Pick<DeleteOptions, "gracePeriodSeconds" | "preconditions">,
  terms: DeletionTerms,
): Deletion {
  checkPreconditions(kind, metadata, options.preconditions);
  // Less than nothing is taken for a second.
  const requested = atLeastASecond(options.gracePeriodSeconds);
  const granted = atLeastASecond(metadata.deletionGracePeriodSeconds);
  if (granted !== undefined) metadata.deletionGracePeriodSeconds = granted;
  if (terms.defaultGracePeriodSeconds === undefined) return { kind: "now", gracePeriodSeconds: requested };
  if (metadata.deletionTimestamp !== undefined)
    return deleteAgain(metadata, metadata.deletionTimestamp, requested, terms);
  return deleteGracefully(metadata, requested ?? terms.defaultGracePeriodSeconds, terms);
}

function deleteGracefully(metadata: ObjectMeta, gracePeriodSeconds: number, { now }: DeletionTerms): Deletion {
  metadata.deletionTimestamp = formatTime(addSeconds(now, gracePeriodSeconds));
  metadata.deletionGracePeriodSeconds = gracePeriodSeconds;
  bumpGenerationOf(metadata);
  return { kind: "graceful", gracePeriodSeconds };
}

/** A grace period may be cut short, but not prolonged. */
function deleteAgain(
  metadata: ObjectMeta,
  deletionTimestamp: string,
  requested: number | undefined,
  { now }: DeletionTerms,
): Deletion {
  const granted = metadata.deletionGracePeriodSeconds ?? 0;
  if (granted === 0) return { kind: "now", gracePeriodSeconds: requested };
  if (requested === undefined) return { kind: "pending", gracePeriodSeconds: granted };
  if (requested >= granted) return { kind: "pending", gracePeriodSeconds: requested };
  const end = addSeconds(new Date(deletionTimestamp), requested - granted);
  const over = end.getTime() < now.getTime();
  metadata.deletionTimestamp = formatTime(over ? now : end);
  // Whoever ends the object has still to be told, if it was to be ended with grace: that takes a second at least.
  metadata.deletionGracePeriodSeconds = over && requested !== 0 ? 1 : requested;
  return { kind: "graceful", gracePeriodSeconds: requested };
}

/** Marks an object that finalizers hold as being deleted, with no time left but theirs. */
export function markAsDeleting(metadata: ObjectMeta, now: Date): void {
  if (metadata.deletionTimestamp === undefined) bumpGenerationOf(metadata);
  if (metadata.deletionTimestamp === undefined || Date.parse(metadata.deletionTimestamp) > now.getTime()) {
    metadata.deletionTimestamp = formatTime(now);
  }
  metadata.deletionGracePeriodSeconds = 0;
}

/** What becomes of an object's dependents where the options do not say. `Unsupported`: the kind is not garbage-collected. */
export type GarbageCollectionPolicy = "" | "DeleteDependents" | "OrphanDependents" | "Unsupported";

/** The finalizers of an object once its deletion is asked for, with those that the garbage collector obeys. */
interface DeletionFinalizers {
  readonly finalizers: readonly string[];
  /** Whether others are to be stored than there were. */
  readonly changed: boolean;
}

/**
 * Adds or removes the finalizers that tell the garbage collector what to do with an object's dependents.
 * https://kubernetes.io/docs/concepts/architecture/garbage-collection/#cascading-deletion
 */
export function deletionFinalizers(
  finalizers: readonly string[],
  options: Pick<DeleteOptions, "orphanDependents" | "propagationPolicy">,
  defaultPolicy: GarbageCollectionPolicy,
): DeletionFinalizers {
  const wanted = garbageCollectorFinalizer(finalizers, options, defaultPolicy);
  const others = finalizers.filter((finalizer) => finalizer !== orphanFinalizer && finalizer !== foregroundFinalizer);
  const next = wanted === undefined ? others : [...others, wanted];
  const before = new Set(finalizers);
  const after = new Set(next);
  const same = before.size === after.size && next.every((finalizer) => before.has(finalizer));
  return same ? { finalizers, changed: false } : { finalizers: next, changed: true };
}

// In falling priority: the options, the finalizers that are there, the kind's default.
function garbageCollectorFinalizer(
  finalizers: readonly string[],
  { orphanDependents, propagationPolicy }: Pick<DeleteOptions, "orphanDependents" | "propagationPolicy">,
  defaultPolicy: GarbageCollectionPolicy,
): string | undefined {
  if (defaultPolicy === "Unsupported") return undefined;
  if (orphanDependents !== undefined) return orphanDependents ? orphanFinalizer : undefined;
  if (propagationPolicy !== "") return policyFinalizers[propagationPolicy];
  const present = finalizers.find((finalizer) => finalizer === orphanFinalizer || finalizer === foregroundFinalizer);
  return present ?? (defaultPolicy === "OrphanDependents" ? orphanFinalizer : undefined);
}

const policyFinalizers = { Orphan: orphanFinalizer, Foreground: foregroundFinalizer, Background: undefined } as const;

function checkPreconditions(
  { group, kind }: GroupVersionKind,
  metadata: ObjectMeta,
  { uid, resourceVersion }: DeleteOptions["preconditions"],
): void {
  const refuse = (field: string, wanted: string, found: string, happened: string): Error =>
    conflict(
      { group, resource: kind },
      metadata.name ?? "",
      `the ${field} in the precondition (${wanted}) does not match the ${field} in record (${found}). The object might have been ${happened}`,
    );
  const { uid: ownUid = "", resourceVersion: ownVersion = "" } = metadata;
  if (uid !== undefined && uid !== ownUid) throw refuse("UID", uid, ownUid, "deleted and then recreated");
  if (resourceVersion !== undefined && resourceVersion !== ownVersion) {
    throw refuse("ResourceVersion", resourceVersion, ownVersion, "modified");
  }
}

function bumpGenerationOf(metadata: ObjectMeta): void {
  if ((metadata.generation ?? 0) > 0) metadata.generation = (metadata.generation ?? 0) + 1;
}

function atLeastASecond(seconds: number | undefined): number | undefined {
  return seconds !== undefined && seconds < 0 ? 1 : seconds;
}

function addSeconds(date: Date, seconds: number): Date {
  return new Date(date.getTime() + seconds * 1000);
}
