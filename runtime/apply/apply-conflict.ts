import { failure, type StatusError } from "../meta/status-error.ts";
import { goQuote } from "../meta/field-error.ts";
import { managerInfo } from "./managed-fields.ts";
import { pathString } from "./path-element.ts";
import type { Conflict } from "./updater.ts";

/**
 * 409: an apply would take from other managers what they own; one cause for each field.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts
 */
export function applyConflict(conflicts: readonly Conflict[]): StatusError {
  const causes = conflicts.map(({ manager, path }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${managerText(manager)}`,
    field: pathString(path),
  }));
  return failure(409, "Conflict", conflictMessage(conflicts), { causes });
}

function conflictMessage(conflicts: readonly Conflict[]): string {
  const [first] = conflicts;
  if (first !== undefined && conflicts.length === 1) {
    return `Apply failed with 1 conflict: conflict with ${managerText(first.manager)}: ${pathString(first.path)}`;
  }
  const managers = [...new Set(conflicts.map(({ manager }) => manager))];
  const lines = managers.flatMap((manager) => [
    `conflicts with ${managerText(manager)}:`,
    ...conflicts.filter((conflict) => conflict.manager === manager).map(({ path }) => `- ${pathString(path)}`),
  ]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join("\n")}`;
}

function managerText(identifier: string): string {
  const { manager, operation, apiVersion, subresource } = managerInfo(identifier);
  const name = subresource === "" ? goQuote(manager) : `${goQuote(manager)} with subresource ${goQuote(subresource)}`;
  return operation === "Update" ? `${name} using ${apiVersion}` : name;
}
