import { parseFieldSelector } from "../meta/field-selector.ts";
import type { LabelOperator } from "../meta/label-requirement.ts";
import { parseLabelSelector } from "../meta/label-selector.ts";
import { SelectorError } from "../meta/selector-error.ts";
import type { UserInfo } from "../meta/user-info.ts";
import type { AuthorizationAttributes } from "./authorizer.ts";

/**
 * The question that a SubjectAccessReview asks, as authorization.k8s.io/v1 has it; what is empty is left out.
 * https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/subject-access-review-v1/#SubjectAccessReviewSpec
 */
export function reviewSpec(user: UserInfo, attributes: AuthorizationAttributes): object {
  const { name, uid, groups, extra } = user;
  return {
    ...(attributes.isResourceRequest
      ? { resourceAttributes: resourceAttributes(attributes) }
      : { nonResourceAttributes: withoutEmpty({ path: attributes.path, verb: attributes.verb }) }),
    ...withoutEmpty({ user: name, uid }),
    ...(groups.length === 0 ? {} : { groups }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

function resourceAttributes(attributes: AuthorizationAttributes): object {
  const { namespace, verb, apiGroup: group, apiVersion: version, resource, subresource, name } = attributes;
  const fields = requirementsOf(fieldRequirements, attributes.fieldSelector);
  const labels = requirementsOf(labelRequirements, attributes.labelSelector);
  return {
    ...withoutEmpty({ namespace, verb, group, version, resource, subresource, name }),
    ...(fields.length === 0 ? {} : { fieldSelector: { requirements: fields } }),
    ...(labels.length === 0 ? {} : { labelSelector: { requirements: labels } }),
  };
}

function withoutEmpty(texts: { readonly [name: string]: string }): object {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ""));
}

/** One condition as the review has it; a field and a label are told alike. */
interface Requirement {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  readonly values?: readonly string[];
}

// A selector only narrows what is asked for: to ask without one that cannot be read is to ask for more.
function requirementsOf(read: (selector: string) => readonly Requirement[], selector: string): readonly Requirement[] {
  try {
    return read(selector);
  } catch (error) {
    if (error instanceof SelectorError) return [];
    throw error;
  }
}

function fieldRequirements(selector: string): readonly Requirement[] {
  return parseFieldSelector(selector).map(({ field, operator, value }) => ({
    key: field,
    operator: operator === "=" ? "In" : "NotIn",
    values: [value],
  }));
}

function labelRequirements(selector: string): readonly Requirement[] {
  return parseLabelSelector(selector).flatMap(({ key, operator, values }) => {
    const reviewed = reviewedOperator(operator);
    if (reviewed === undefined) return [];
    return [{ key, operator: reviewed, ...(values.length === 0 ? {} : { values }) }];
  });
}

/** Undefined for what reviews do not know; to leave it out asks for more, not less. */
function reviewedOperator(operator: LabelOperator): Requirement["operator"] | undefined {
  switch (operator) {
    case "in":
    case "=":
    case "==":
      return "In";
    case "notin":
    case "!=":
      return "NotIn";
    case "exists":
      return "Exists";
    case "!":
      return "DoesNotExist";
    case "gt":
    case "lt":
      return undefined;
  }
}
