import { forbidden, invalid, notSupported, notSupportedInOrder, required, type FieldError } from "./field-error.ts";
import { validateFieldManager } from "./field-manager.ts";

/** The options of create and update as a request has them, before they are known to be right. */
interface RequestedWriteOptions {
  readonly dryRun?: readonly string[] | undefined;
  readonly fieldManager?: string | undefined;
  readonly fieldValidation?: string | undefined;
}

/** The options of patch as a request has them. */
export interface RequestedPatchOptions extends RequestedWriteOptions {
  readonly force?: boolean | undefined;
}

/** The options of delete as a request has them. */
export interface RequestedDeleteOptions {
  readonly dryRun?: readonly string[] | undefined;
  readonly gracePeriodSeconds?: number | undefined;
  readonly preconditions?: object | undefined;
  readonly orphanDependents?: boolean | undefined;
  readonly propagationPolicy?: string | undefined;
  readonly ignoreStoreReadErrorWithClusterBreakingPotential?: boolean | undefined;
}

/**
 * What is wrong with the options of a create or update.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1/validation#ValidateCreateOptions
 */
export function validateWriteOptions(options: RequestedWriteOptions): FieldError[] {
  const { dryRun, fieldManager = "", fieldValidation = "" } = options;
  return [
    ...validateFieldManager("fieldManager", fieldManager),
    ...validateDryRun(dryRun),
    ...validateFieldValidation(fieldValidation),
  ];
}

/** What is wrong with the options of a patch other than apply. */
export function validatePatchOptions(options: RequestedPatchOptions): FieldError[] {
  const errors = options.force === undefined ? [] : [forbidden("force", "may not be specified for non-apply patch")];
  return [...errors, ...validateWriteOptions(options)];
}

/** What is wrong with the options of a server-side apply. */
export function validateApplyOptions(options: RequestedPatchOptions): FieldError[] {
  const unnamed = (options.fieldManager ?? "") === "";
  const errors = unnamed ? [required("fieldManager", "is required for apply patch")] : [];
  return [...errors, ...validateWriteOptions(options)];
}

const propagationPolicies = ["Foreground", "Background", "Orphan"];

/**
 * What is wrong with the options of a delete.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1/validation#ValidateDeleteOptions
 */
export function validateDeleteOptions(options: RequestedDeleteOptions): FieldError[] {
  const { orphanDependents, propagationPolicy } = options;
  const errors: FieldError[] = [];
  if (orphanDependents !== undefined && propagationPolicy !== undefined) {
    const detail = "orphanDependents and deletionPropagation cannot be both set";
    errors.push(invalid("propagationPolicy", propagationPolicy, detail));
  }
  if (propagationPolicy !== undefined && !propagationPolicies.includes(propagationPolicy)) {
    errors.push(notSupportedInOrder("propagationPolicy", propagationPolicy, [...propagationPolicies, "nil"]));
  }
  return [...errors, ...validateDryRun(options.dryRun), ...validateIgnoredReadErrors(options)];
}

/** Deleting what cannot be read allows for nothing that would have to read it. */
function validateIgnoredReadErrors(options: RequestedDeleteOptions): FieldError[] {
  const field = "ignoreStoreReadErrorWithClusterBreakingPotential";
  if (options[field] !== true) return [];
  const others = {
    dryRun: (options.dryRun ?? []).length > 0,
    propagationPolicy: options.propagationPolicy !== undefined,
    orphanDependents: options.orphanDependents !== undefined,
    gracePeriodSeconds: options.gracePeriodSeconds !== undefined,
    preconditions: options.preconditions !== undefined,
  };
  return Object.entries(others)
    .filter(([, set]) => set)
    .map(([name]) => invalid(field, true, `cannot be set together with .${name}`));
}

function validateDryRun(dryRun: readonly string[] = []): FieldError[] {
  return dryRun.every((value) => value === "All") ? [] : [notSupported("dryRun", dryRun, ["All"])];
}

const fieldValidations = ["", "Ignore", "Strict", "Warn"];

function validateFieldValidation(value: string): FieldError[] {
  return fieldValidations.includes(value) ? [] : [notSupported("fieldValidation", value, fieldValidations)];
}
