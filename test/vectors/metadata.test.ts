import { expect } from "vitest";
import { validateConditions } from "../../runtime/meta/condition-validation.ts";
import { fieldErrorMessage, type FieldError } from "../../runtime/meta/field-error.ts";
import { dnsSubdomainName, noProblems, pathSegmentName, type NameRule } from "../../runtime/meta/names.ts";
import {
  validateFinalizers,
  validateManagedFields,
  validateObjectMeta,
  validateObjectMetaUpdate,
  validateOwnerReferences,
} from "../../runtime/meta/object-meta-validation.ts";
import {
  validateApplyOptions,
  validateDeleteOptions,
  validatePatchOptions,
  validateWriteOptions,
  type RequestedDeleteOptions,
  type RequestedPatchOptions,
} from "../../runtime/meta/options-validation.ts";
import type { Condition, ManagedFieldsEntry, ObjectMeta, OwnerReference } from "../../runtime/meta/v1.ts";
import type { VectorCase } from "./load.ts";
import { registryChecks } from "./metadata-registry.ts";
import { vectorSuite } from "./suite.ts";

interface Input {
  readonly fieldPath: string;
  readonly metadata: ObjectMeta;
  readonly new: ObjectMeta;
  readonly old: ObjectMeta;
  readonly requiresNamespace: boolean;
  readonly nameFn: string;
  readonly ownerReferences: readonly OwnerReference[] | null;
  readonly finalizers: readonly string[] | null;
  readonly managedFields: readonly ManagedFieldsEntry[] | null;
  readonly conditions: readonly Condition[] | null;
  readonly kind: string;
  readonly options: RequestedPatchOptions & RequestedDeleteOptions;
  readonly patchType: string;
}

const nameRules: Record<string, NameRule> = {
  none: { name: () => noProblems, prefix: () => noProblems },
  NameIsDNSSubdomain: dnsSubdomainName,
  ValidatePathSegmentName: pathSegmentName,
};

function validateOptions({ kind, options, patchType }: Input): FieldError[] {
  if (kind === "DeleteOptions") return validateDeleteOptions(options);
  if (kind !== "PatchOptions") return validateWriteOptions(options);
  return patchType.startsWith("application/apply-patch")
    ? validateApplyOptions(options)
    : validatePatchOptions(options);
}

const validations: Record<string, (input: Input) => readonly FieldError[]> = {
  ValidateObjectMeta({ fieldPath, metadata, requiresNamespace, nameFn }) {
    const names = nameRules[nameFn];
    if (names === undefined) throw new Error(`no rule ${nameFn}`);
    return validateObjectMeta(fieldPath, metadata, { namespaced: requiresNamespace, names });
  },
  ValidateObjectMetaUpdate: (input) => validateObjectMetaUpdate(input.fieldPath, input.new, input.old),
  ValidateOwnerReferences: (input) => validateOwnerReferences(input.fieldPath, input.ownerReferences ?? []),
  ValidateFinalizers: (input) => validateFinalizers(input.fieldPath, input.finalizers ?? []),
  ValidateManagedFields: (input) => validateManagedFields(input.fieldPath, input.managedFields ?? []),
  ValidateConditions: (input) => validateConditions(input.fieldPath, input.conditions ?? []),
  ValidateOptions: validateOptions,
};

vectorSuite("metadata", ({ fn = "", ...vector }: VectorCase) => {
  const input = vector["in"] as Record<string, unknown>;
  const expected = vector["expect"] as { readonly errors: readonly { readonly message: string }[] };
  const registryCheck = registryChecks[fn];
  if (registryCheck !== undefined) return registryCheck(input, { ...expected });
  const validate = validations[fn];
  if (validate === undefined) throw new Error(`no check for ${fn}`);
  const messages = validate(input as unknown as Input).map(fieldErrorMessage);
  return expect(messages.toSorted()).toEqual(expected.errors.map(({ message }) => message));
});
