import { parseDocument } from "yaml";
import { isFields, type Fields } from "../meta/decode.ts";
import { fieldErrorMessage, goQuote } from "../meta/field-error.ts";
import { aggregate } from "../meta/status-error.ts";
import type { AuditedResources, AuditPolicy, AuditRule } from "./policy.ts";
import { isAuditLevel, isAuditStage, validatePolicy, type WrittenRule } from "./policy-validation.ts";

/** A policy that cannot be used; the message says what is wrong, and where. */
export class AuditPolicyError extends Error {}

/** A policy, and the fields in its text that mean nothing: mostly a matter of indentation, and worth telling. */
export interface ReadPolicy {
  readonly policy: AuditPolicy;
  readonly unknownFields: readonly string[];
}

/**
 * Reads the YAML or JSON of a `Policy` of audit.k8s.io/v1. Throws an AuditPolicyError for what is none, or makes no sense.
 * https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/#audit-k8s-io-v1-Policy
 */
export function readAuditPolicy(text: string): ReadPolicy {
  const reader = new PolicyReader();
  const policy = reader.fields(parsed(text), "", topFields);
  const { apiVersion, kind } = policy;
  if (apiVersion !== "audit.k8s.io/v1" || kind !== "Policy") {
    throw new AuditPolicyError(
      `an audit policy has apiVersion audit.k8s.io/v1 and kind Policy; this has ${told(apiVersion)} and ${told(kind)}`,
    );
  }
  const omitStages = reader.texts(policy["omitStages"], "omitStages");
  const rules = reader.list(policy["rules"], "rules").map((rule, index) => ruleOf(reader, rule, `rules[${index}]`));
  const errors = validatePolicy(omitStages, rules);
  if (errors.length > 0) throw new AuditPolicyError(aggregate(errors.map(fieldErrorMessage)));
  if (rules.length === 0) throw new AuditPolicyError("the audit policy has no rules, so that nothing would be told");
  return {
    policy: {
      rules: rules.map(checkedRule),
      omitStages: omitStages.filter(isAuditStage),
      omitManagedFields: reader.truth(policy["omitManagedFields"], "omitManagedFields") ?? false,
    },
    unknownFields: reader.unknown,
  };
}

/** Everything that a policy may say, however much it is nested, is far below. */
const aliasesMax = 100;

function parsed(text: string): unknown {
  const document = parseDocument(text, { version: "1.1", merge: true, prettyErrors: true, logLevel: "silent" });
  const [error] = document.errors;
  if (error !== undefined) throw new AuditPolicyError(error.message.replace(/:?\n[^]*$/, ""));
  return document.toJS({ maxAliasCount: aliasesMax });
}

const topFields = ["apiVersion", "kind", "metadata", "rules", "omitStages", "omitManagedFields"];
const ruleFields = [
  "level",
  "users",
  "userGroups",
  "verbs",
  "resources",
  "namespaces",
  "nonResourceURLs",
  "omitStages",
  "omitManagedFields",
];
const resourceFields = ["group", "resources", "resourceNames"];

/** A rule whose types are right, and whose level and stages have yet to be checked. */
interface UncheckedRule extends Omit<AuditRule, "level" | "omitStages">, Pick<WrittenRule, "level" | "omitStages"> {}

function ruleOf(reader: PolicyReader, value: unknown, path: string): UncheckedRule {
  const rule = reader.fields(value, path, ruleFields);
  const texts = (name: string): readonly string[] => reader.texts(rule[name], `${path}.${name}`);
  return {
    level: reader.text(rule["level"], `${path}.level`),
    users: texts("users"),
    userGroups: texts("userGroups"),
    verbs: texts("verbs"),
    resources: reader
      .list(rule["resources"], `${path}.resources`)
      .map((each, index) => resourcesOf(reader, each, `${path}.resources[${index}]`)),
    namespaces: texts("namespaces"),
    nonResourceURLs: texts("nonResourceURLs"),
    omitStages: texts("omitStages"),
    omitManagedFields: reader.truth(rule["omitManagedFields"], `${path}.omitManagedFields`),
  };
}

function resourcesOf(reader: PolicyReader, value: unknown, path: string): AuditedResources {
  const fields = reader.fields(value, path, resourceFields);
  return {
    group: reader.text(fields["group"], `${path}.group`),
    resources: reader.texts(fields["resources"], `${path}.resources`),
    resourceNames: reader.texts(fields["resourceNames"], `${path}.resourceNames`),
  };
}

function checkedRule(rule: UncheckedRule): AuditRule {
  const { level } = rule;
  // Validation has refused all others.
  return { ...rule, level: isAuditLevel(level) ? level : "None", omitStages: rule.omitStages.filter(isAuditStage) };
}

/** Takes values for what they are to be, and gathers the fields that nobody knows. */
class PolicyReader {
  readonly unknown: string[] = [];

  fields(value: unknown, path: string, known: readonly string[]): Fields {
    if (!isFields(value)) throw wrongType(path, "a map", value);
    for (const name of Object.keys(value)) {
      if (!known.includes(name)) this.unknown.push(path === "" ? name : `${path}.${name}`);
    }
    return value;
  }

  list(value: unknown, path: string): readonly unknown[] {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw wrongType(path, "a list", value);
    return value;
  }

  texts(value: unknown, path: string): readonly string[] {
    return this.list(value, path).map((each, index) => this.text(each, `${path}[${index}]`));
  }

  text(value: unknown, path: string): string {
    if (value === undefined || value === null) return "";
    if (typeof value !== "string") throw wrongType(path, "a string", value);
    return value;
  }

  truth(value: unknown, path: string): boolean | undefined {
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "boolean") throw wrongType(path, "true or false", value);
    return value;
  }
}

function wrongType(path: string, wanted: string, value: unknown): AuditPolicyError {
  return new AuditPolicyError(`${path === "" ? "the policy" : path} must be ${wanted}, not ${told(value)}`);
}

function told(value: unknown): string {
  if (value === undefined) return "nothing";
  return typeof value === "string" ? goQuote(value) : JSON.stringify(value);
}
