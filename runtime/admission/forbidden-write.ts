import { forbiddenRequest, type StatusError } from "../meta/status-error.ts";
import type { Attributes } from "./admission.ts";

/**
 * 403: admission refuses a write. An object without a name is told by what its name is to begin with.
 * https://pkg.go.dev/k8s.io/apiserver/pkg/admission#NewForbidden
 */
export function forbiddenWrite({ resource, name, object }: Attributes, why: string): StatusError {
  const { generateName = "" } = object?.metadata ?? {};
  return forbiddenRequest(resource, name || generateName || "Unknown", why);
}
