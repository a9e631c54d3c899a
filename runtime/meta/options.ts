import type { FieldRequirement } from "./field-selector.ts";
import type { LabelRequirement } from "./label-selector.ts";

/**
 * The options of requests, parsed: what a URL's query or a DeleteOptions body says, ready to trust.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#ListOptions and its neighbours.
 */

/** Options of reading one object. */
export interface GetOptions {
  /** Empty: the newest; "0": any; else not older than this. */
  readonly resourceVersion: string;
}

/** Options of list and watch, and of choosing what deletecollection deletes. */
export interface ListOptions {
  readonly labels: readonly LabelRequirement[];
  readonly fields: readonly FieldRequirement[];
  readonly resourceVersion: string;
  readonly resourceVersionMatch: "" | "Exact" | "NotOlderThan";
  /** At most so many items; 0 is all. */
  readonly limit: number;
  readonly continue: string;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
  /** When a watch ends by itself. */
  readonly timeoutSeconds: number | undefined;
}

/** How strictly a body's unknown and duplicate fields are taken. */
export type FieldValidation = "Ignore" | "Warn" | "Strict";

/** Options of create and update. */
export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: FieldValidation;
  /** What the request itself says of them, empty for nothing: admission webhooks are told just that. */
  readonly requested?: { readonly fieldManager: string; readonly fieldValidation: string };
}

/** Options of patch. */
export interface PatchOptions extends WriteOptions {
  /** Undefined where the request does not say; only apply may say it. */
  readonly force: boolean | undefined;
}

/** Options of delete, from the query or the body. */
export interface DeleteOptions {
  readonly dryRun: boolean;
  readonly gracePeriodSeconds: number | undefined;
  readonly preconditions: { readonly uid?: string; readonly resourceVersion?: string };
  readonly orphanDependents: boolean | undefined;
  readonly propagationPolicy: "" | "Orphan" | "Background" | "Foreground";
}
