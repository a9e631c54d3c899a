import { expect } from "vitest";
import { fieldErrorMessage } from "../../runtime/meta/field-error.ts";
import {
  escapeFieldValue,
  exactFieldValue,
  formatFieldSelector,
  matchesFields,
  parseFieldSelector,
  unescapeFieldValue,
} from "../../runtime/meta/field-selector.ts";
import {
  formatLabelSelector,
  labelRequirement,
  matchesLabels,
  parseLabelMap,
  parseLabelSelector,
  type LabelRequirement,
} from "../../runtime/meta/label-selector.ts";
import { labelSelectorRequirements, validateLabelSelector } from "../../runtime/meta/object-label-selector.ts";
import { SelectorError } from "../../runtime/meta/selector-error.ts";
import type { LabelSelector } from "../../runtime/meta/v1.ts";
import type { VectorCase } from "./load.ts";
import { vectorSuite } from "./suite.ts";

interface Input {
  readonly selector: string;
  readonly value: string;
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[] | null;
  readonly labelSelector: LabelSelector | null;
  readonly allowInvalidLabelValueInSelector: boolean;
}

interface Expectation {
  readonly error: string | null;
  readonly out: string;
  readonly requirements: unknown;
  readonly string: string;
  readonly empty: boolean;
  readonly nothing: boolean;
  readonly labels: Record<string, string>;
  readonly errors: readonly { readonly message: string }[];
  readonly matches: readonly {
    readonly labels: Record<string, string> | null;
    readonly fields: Record<string, string>;
    readonly match: boolean;
  }[];
}

const checks: Record<string, (input: Input, expected: Expectation) => void> = {
  "labelSelector.parse": ({ selector }, expected) => {
    const requirements = parsed(() => parseLabelSelector(selector), expected);
    if (requirements === undefined) return;
    expect(requirements).toEqual(expected.requirements);
    expect(requirements.length === 0).toBe(expected.empty);
    expectLabels(requirements, expected);
  },
  "labelRequirement.new": ({ key, operator, values }, expected) => {
    const requirement = parsed(() => labelRequirement(key, operator, values ?? []), expected);
    if (requirement !== undefined) expectLabels([requirement], expected);
  },
  "labelSelector.toLabelsMap": ({ selector }, expected) => {
    const labels = parsed(() => parseLabelMap(selector), expected);
    if (labels !== undefined) expect(Object.fromEntries(labels)).toEqual(expected.labels);
  },
  "metav1LabelSelector.asSelector": ({ labelSelector }, expected) => {
    const requirements = parsed(() => labelSelectorRequirements(labelSelector), expected);
    if (requirements === undefined) return;
    expect(requirements === "nothing").toBe(expected.nothing);
    if (requirements === "nothing") return;
    expect(requirements.map((r) => ({ ...r, values: r.values.toSorted() }))).toEqual(expected.requirements);
    expectLabels(requirements, expected);
  },
  "metav1LabelSelector.validate": (input, expected) => {
    const options = { allowInvalidValues: input.allowInvalidLabelValueInSelector };
    const errors = validateLabelSelector("spec.selector", input.labelSelector ?? undefined, options);
    expect(errors.map(fieldErrorMessage).toSorted()).toEqual(expected.errors.map(({ message }) => message));
  },
  "fieldSelector.parse": ({ selector }, expected) => {
    const requirements = parsed(() => parseFieldSelector(selector), expected);
    if (requirements === undefined) return;
    expect(requirements).toEqual(expected.requirements);
    expect(requirements.length === 0).toBe(expected.empty);
    expect(formatFieldSelector(requirements)).toBe(expected.string);
    for (const { fields, match } of expected.matches) {
      expect(matchesFields(requirements, (field) => fields[field] ?? "")).toBe(match);
      for (const { field, operator, value } of requirements) {
        if (operator === "=") expect(exactFieldValue([{ field, operator, value }], field)).toBe(value);
      }
    }
  },
  "fieldSelector.escapeValue": ({ value }, expected) => expect(escapeFieldValue(value)).toBe(expected.out),
  "fieldSelector.unescapeValue": ({ value }, expected) => {
    const out = parsed(() => unescapeFieldValue(value), expected);
    if (out !== undefined) expect(out).toBe(expected.out);
  },
};

function expectLabels(requirements: readonly LabelRequirement[], expected: Expectation): void {
  expect(formatLabelSelector(requirements)).toBe(expected.string);
  for (const { labels, match } of expected.matches) {
    expect(matchesLabels(requirements, labels ?? undefined), JSON.stringify(labels)).toBe(match);
  }
}

/** What `parse` gives; undefined where it has to fail, once it has failed with the right message. */
function parsed<T>(parse: () => T, expected: Expectation): T | undefined {
  if (expected.error === null || expected.error === undefined) return parse();
  expect(parse).toThrow(new SelectorError(expected.error));
  return undefined;
}

vectorSuite("selectors", (vector: VectorCase) => {
  const check = checks[vector.fn ?? ""];
  if (check === undefined) throw new Error(`no check for ${vector.fn}`);
  check(vector["in"] as Input, vector["expect"] as Expectation);
});
