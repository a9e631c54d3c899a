import { createHash } from "node:crypto";
import type { GroupVersionKind } from "../../scheme/descriptor.ts";

/**
 * Names the kind and version in which a resource is stored; clients compare it to learn of a change.
 * The `storageVersionHash` of https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#APIResource.
 */
export function storageVersionHash({ group, version, kind }: GroupVersionKind): string {
  return createHash("sha256").update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString("base64");
}
