import type { Parameter } from "./route.ts";

/** Indents the answer for people. */
export const pretty = query(
  "pretty",
  "string",
  "Whether the answer is indented. True for browsers, curl and wget if unset.",
);

/** The namespace in the path. */
export const namespaceParameter = path("namespace", "object name and auth scope, such as for teams and projects");

/** What follows a connection in the path. */
export const subpathParameter = path("path", "path to the resource");

/** The name of an object of a kind, in the path. */
export function nameParameter(kind: string): Parameter {
  return path("name", `name of the ${kind}`);
}

const dryRun = query(
  "dryRun",
  "string",
  "With `All`, the request is checked and answered as usual, but nothing is stored.",
);

const fieldManager = query(
  "fieldManager",
  "string",
  "Who makes the change, as managedFields will say; at most 128 printable characters. Taken from the User-Agent if unset.",
);

const fieldValidation = query(
  "fieldValidation",
  "string",
  "What becomes of unknown and duplicate fields: `Ignore` drops them, `Warn` drops them with a warning, `Strict` refuses the request.",
);

/** https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.36/#createoptions-v1-meta, and the same for update. */
export const writeParameters: readonly Parameter[] = [dryRun, fieldManager, fieldValidation];

/** Options of PATCH. */
export const patchParameters: readonly Parameter[] = [
  dryRun,
  query(
    "fieldManager",
    "string",
    "Who makes the change, as managedFields will say; at most 128 printable characters. Needed for apply patches, else taken from the User-Agent if unset.",
  ),
  fieldValidation,
  query(
    "force",
    "boolean",
    "Whether an apply patch takes over fields that other managers own. For apply patches only.",
  ),
];

/** https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.36/#deleteoptions-v1-meta, as far as the URL may say it. */
export const deleteParameters: readonly Parameter[] = [
  dryRun,
  query(
    "gracePeriodSeconds",
    "integer",
    "Seconds until the object is gone; 0 is at once. The kind's own period if unset.",
  ),
  query(
    "ignoreStoreReadErrorWithClusterBreakingPotential",
    "boolean",
    "Whether an object that cannot be read from storage may be removed all the same, without finalizers or checks.",
  ),
  query(
    "orphanDependents",
    "boolean",
    "Deprecated: use propagationPolicy. Whether dependents stay when the object goes.",
  ),
  query(
    "propagationPolicy",
    "string",
    "What becomes of dependents: `Orphan` leaves them, `Background` deletes them afterwards, `Foreground` deletes them first.",
  ),
];

/** https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.36/#listoptions-v1-meta */
export const listParameters: readonly Parameter[] = [
  query("allowWatchBookmarks", "boolean", "Whether a watch may send BOOKMARK events, which tell how far it has come."),
  query("continue", "string", "Where to go on: the `metadata.continue` of the page before."),
  query("fieldSelector", "string", "Only objects whose fields are so. All if unset."),
  query("labelSelector", "string", "Only objects whose labels are so. All if unset."),
  query("limit", "integer", "At most so many objects in one answer; `metadata.continue` tells that there are more."),
  query(
    "resourceVersion",
    "string",
    "Which state of the collection is meant, together with resourceVersionMatch; for a watch, where it starts.",
  ),
  query("resourceVersionMatch", "string", "Whether resourceVersion is meant as `Exact` or as `NotOlderThan`."),
  query(
    "sendInitialEvents",
    "boolean",
    "Whether a watch begins with an ADDED event for each object that is there, and then a BOOKMARK.",
  ),
  query("shardSelector", "string", "Only objects of one shard of the collection, where the server supports it."),
  query("timeoutSeconds", "integer", "Ends the list or watch after so many seconds."),
  query("watch", "boolean", "Whether to send the changes of the objects instead of the objects."),
];

// They make no sense on a request that deletes.
const watchOnly: ReadonlySet<string> = new Set(["allowWatchBookmarks", "watch"]);

/** Options of choosing what deletecollection deletes. */
export const selectionParameters: readonly Parameter[] = listParameters.filter(({ name }) => !watchOnly.has(name));

function query(name: string, type: Parameter["type"], description: string): Parameter {
  return { name, in: "query", type, description };
}

function path(name: string, description: string): Parameter {
  return { name, in: "path", type: "string", description };
}
