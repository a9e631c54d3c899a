import { pathSegmentName } from "../../runtime/meta/names.ts";
import { expect } from "vitest";
import { validateDeleteOptions, type RequestedDeleteOptions } from "../../runtime/meta/options-validation.ts";
import type { DeleteOptions } from "../../runtime/meta/options.ts";
import { invalidObject, StatusError } from "../../runtime/meta/status-error.ts";
import type { KubeObject, ObjectMeta } from "../../runtime/meta/v1.ts";
import { beforeCreate, ensureNamespace, wipeSystemFields } from "../../runtime/registry/before-create.ts";
import {
  beforeDelete,
  deletionFinalizers,
  markAsDeleting,
  type GarbageCollectionPolicy,
} from "../../runtime/registry/before-delete.ts";
import { beforeUpdate, shouldDeleteDuringUpdate } from "../../runtime/registry/before-update.ts";
import type { ResourceDescriptor } from "../../runtime/scheme/descriptor.ts";
import { request } from "../registry/request.ts";

type Check = (input: Record<string, unknown>, expected: Record<string, unknown>) => void;

/** What the cases of these functions are given; each has some of it. */
interface Input {
  readonly metadata: ObjectMeta;
  readonly new: ObjectMeta;
  readonly old: ObjectMeta;
  readonly namespaceScoped: boolean;
  readonly requestNamespace: string;
  readonly objectNamespace: string;
  readonly now: string;
  readonly options: RequestedDeleteOptions & { readonly preconditions?: DeleteOptions["preconditions"] };
  readonly strategyGraceful: boolean;
  readonly defaultGracePeriodSeconds: number;
  readonly finalizers: readonly string[];
  readonly defaultPolicy: GarbageCollectionPolicy;
}

/**
 * Checks of the metadata vectors whose rules the registry has, by function. Each throws where its case does not hold.
 */
export const registryChecks: Readonly<Record<string, Check>> = {
  BeforeCreate: check((input, expected) => {
    const object = objectOf(input.metadata);
    const context = request({ namespace: input.requestNamespace });
    expectOutcome(object, expected, () => beforeCreate(thing(input.namespaceScoped), object, context));
  }),
  BeforeUpdate: check((input, expected) => {
    const object = objectOf(input.new);
    const context = request({ namespace: input.requestNamespace });
    const descriptor = thing(input.namespaceScoped);
    expectOutcome(object, expected, () => beforeUpdate(descriptor, object, objectOf(input.old), context, "object"));
  }),
  BeforeDelete: check((input, expected) => {
    const object = objectOf(input.metadata);
    const now = new Date(input.now);
    const terms = input.strategyGraceful
      ? { now, defaultGracePeriodSeconds: input.defaultGracePeriodSeconds }
      : { now };
    const decide = (): void => {
      // The options are checked before anyone asks for the deletion.
      const errors = validateDeleteOptions(input.options);
      if (errors.length > 0) throw invalidObject({ group: "meta.k8s.io", kind: "DeleteOptions" }, "", errors);
      const { kind, gracePeriodSeconds } = beforeDelete(thing(true).gvk, object.metadata, optionsOf(input), terms);
      expect(kind === "graceful").toBe(expected["graceful"]);
      expect(kind === "pending").toBe(expected["gracefulPending"]);
      expect(gracePeriodSeconds).toBe((expected["options"] as DeleteOptions).gracePeriodSeconds);
    };
    expectOutcome(object, expected, decide);
  }),
  markAsDeleting: check(({ metadata, now }, expected) => {
    const marked = { ...metadata };
    markAsDeleting(marked, new Date(now));
    expect(withoutZeros(marked)).toEqual(withoutZeros(expected["metadata"]));
  }),
  ShouldDeleteDuringUpdate: check((input, expected) => {
    expect(shouldDeleteDuringUpdate(input.new, input.old)).toBe(expected["delete"]);
  }),
  deletionFinalizersForGarbageCollection: check((input, expected) => {
    const finalizers = deletionFinalizers(input.finalizers, optionsOf(input), input.defaultPolicy);
    expect(finalizers).toEqual(expected);
  }),
  EnsureObjectNamespaceMatchesRequestNamespace: check(({ objectNamespace, requestNamespace }, expected) => {
    const metadata: ObjectMeta = { namespace: objectNamespace };
    const error = errorOf(() => ensureNamespace(metadata, requestNamespace));
    expect({ error, namespace: metadata.namespace ?? "" }).toEqual(expected);
  }),
  WipeObjectMetaSystemFields: check(({ metadata }, expected) => {
    const wiped = { ...metadata };
    wipeSystemFields(wiped);
    expect(withoutZeros(wiped)).toEqual(withoutZeros(expected["metadata"]));
  }),
};

function check(run: (input: Input, expected: Record<string, unknown>) => void): Check {
  return (input, expected) => run(input as unknown as Input, expected);
}

/** A kind without rules of its own. */
function thing(namespaced: boolean): ResourceDescriptor {
  return {
    gvk: { group: "example.com", version: "v1", kind: "Thing" },
    names: { plural: "things", singular: "thing", shortNames: [], categories: [], listKind: "ThingList" },
    scope: namespaced ? "Namespaced" : "Cluster",
    storageVersion: "v1",
    subresources: {},
    columns: [],
    selectableFields: [],
    definition: "com.example.v1.Thing",
    decode: (value) => value as KubeObject,
    applyDefaults: () => undefined,
    validate: () => [],
    deepCopy: (object) => structuredClone(object),
    strategy: { names: pathSegmentName },
  };
}

function objectOf(metadata: ObjectMeta): KubeObject {
  return { kind: "Thing", apiVersion: "example.com/v1", metadata: structuredClone(metadata) };
}

function optionsOf({ options }: Input): DeleteOptions {
  const { gracePeriodSeconds, preconditions = {}, orphanDependents, propagationPolicy } = options;
  return {
    dryRun: false,
    gracePeriodSeconds,
    preconditions,
    orphanDependents,
    propagationPolicy: (propagationPolicy ?? "") as DeleteOptions["propagationPolicy"],
  };
}

function expectOutcome(object: KubeObject, expected: Record<string, unknown>, run: () => void): void {
  const error = errorOf(run);
  if (error === null) expect(expected["error"]).toBeNull();
  else expect(sorted(error)).toEqual(sorted(expected["error"] as Failure));
  if (error === null) expect(withoutZeros(object.metadata)).toEqual(withoutZeros(expected["metadata"]));
}

interface Failure {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly causes?: readonly { readonly field?: string; readonly message?: string }[] };
}

function errorOf(run: () => void): Failure | null {
  try {
    run();
    return null;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const { code, reason, message, details } = error.status;
    return { code, reason, message, ...(details === undefined ? {} : { details }) } as Failure;
  }
}

// The order of causes, and so that of the sentences in the message, is not part of the fact.
function sorted({ message = "", details, ...rest }: Failure): object {
  const causes = details?.causes?.map(jsonOf).toSorted();
  return { ...rest, message: message.split("").toSorted().join(""), details: { ...details, causes } };
}

// Absent fields and zero values mean the same.
function withoutZeros(metadata: unknown): object {
  return Object.fromEntries(Object.entries(metadata as ObjectMeta).filter(([, value]) => !isZero(value)));
}

function isZero(value: unknown): boolean {
  return (
    value === "" || value === 0 || value === null || (typeof value === "object" && Object.keys(value).length === 0)
  );
}

function jsonOf(value: object): string {
  return JSON.stringify(value);
}
