import { expect, test } from "vitest";
import { fieldErrorMessage, type FieldError } from "../../runtime/meta/field-error.ts";
import {
  validateExtendedResourceName,
  validateLabelKeyFormat,
  validateLabelValue,
  validateLongName,
  validateLongNameCaseless,
  validatePathSegmentName,
  validatePrefixedLabelKey,
  validateResourceFullyQualifiedName,
  validateResourcePoolName,
  validateShortName,
  validateUuid,
} from "../../runtime/meta/formats.ts";
import { loadValidationVectors } from "../vectors/load.ts";

const formats: Record<string, (field: string, value: string) => FieldError[]> = {
  "k8s-extended-resource-name": validateExtendedResourceName,
  "k8s-label-key": validateLabelKeyFormat,
  "k8s-label-value": validateLabelValue,
  "k8s-long-name": validateLongName,
  "k8s-long-name-caseless": validateLongNameCaseless,
  "k8s-path-segment-name": validatePathSegmentName,
  "k8s-prefixed-label-key": validatePrefixedLabelKey,
  "k8s-resource-fully-qualified-name": validateResourceFullyQualifiedName,
  "k8s-resource-pool-name": validateResourcePoolName,
  "k8s-short-name": validateShortName,
  "k8s-uuid": validateUuid,
};

interface ScalarVector {
  readonly id: string;
  readonly tag: string;
  readonly value: string;
  readonly expected: readonly { readonly message: string }[];
}

const { scalarVectors } = loadValidationVectors() as { readonly scalarVectors: readonly ScalarVector[] };

test.each(Object.entries(formats))("%s takes and refuses what Kubernetes does", (format, validate) => {
  const cases = scalarVectors.filter(({ tag }) => tag === `+k8s:format=${format}`);
  expect(cases.length).toBeGreaterThan(0);
  for (const { id, value, expected } of cases) {
    const messages = validate("f", value).map(fieldErrorMessage).toSorted();
    expect(messages, id).toEqual(expected.map(({ message }) => message).toSorted());
  }
});
