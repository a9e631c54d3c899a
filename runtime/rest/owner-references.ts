import { canonicalKey } from "../meta/equality.ts";
import type { KubeObject, OwnerReference } from "../meta/v1.ts";
import type { RequestContext } from "../scheme/request-context.ts";

const advice =
  "API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests";

/**
 * Takes out owner references that stand twice in an object, and warns of them. `after` says when they were found, where
 * that is not in the request: ` after mutating admission happens`.
 */
export function dropDuplicateOwners(object: KubeObject, context: RequestContext, after = ""): void {
  const references = object.metadata.ownerReferences;
  if (references === undefined || references.length < 2) return;
  const known = new Set<string>();
  const kept: OwnerReference[] = [];
  const duplicates: string[] = [];
  for (const reference of references) {
    const key = canonicalKey(reference);
    if (known.has(key)) duplicates.push(reference.uid);
    else kept.push(reference);
    known.add(key);
  }
  if (duplicates.length === 0) return;
  object.metadata.ownerReferences = kept;
  const uids = duplicates.join(", ");
  context.warn(
    `.metadata.ownerReferences contains duplicate entries${after}; ${advice}; duplicate UID(s) observed: ${uids}`,
  );
}

/** How a warning says that the duplicates were not in the request. */
export const afterAdmission = " after mutating admission happens";
