import { invalid, notSupported, required, type FieldError } from "../meta/field-error.ts";
import { checkDnsSubdomain } from "../meta/names.ts";
import { auditLevels, auditStages, type AuditLevel, type AuditStage } from "./policy.ts";

/** A rule as it was written: its texts may be anything. */
export interface WrittenRule {
  readonly level: string;
  readonly resources: readonly WrittenResources[];
  readonly namespaces: readonly string[];
  readonly nonResourceURLs: readonly string[];
  readonly omitStages: readonly string[];
}

interface WrittenResources {
  readonly group: string;
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
}

/** Whether a text is a level. */
export function isAuditLevel(text: string): text is AuditLevel {
  return auditLevels.some((level) => level === text);
}

/** Whether a text is a stage. */
export function isAuditStage(text: string): text is AuditStage {
  return auditStages.some((stage) => stage === text);
}

/**
 * What is wrong with a policy, as the Go library tells it.
 * https://pkg.go.dev/k8s.io/apiserver/pkg/apis/audit/validation#ValidatePolicy
 */
export function validatePolicy(omitStages: readonly string[], rules: readonly WrittenRule[]): FieldError[] {
  return [
    ...stageErrors(omitStages, "omitStages"),
    ...rules.flatMap((rule, index) => ruleErrors(rule, `rules[${index}]`)),
  ];
}

function ruleErrors(rule: WrittenRule, path: string): FieldError[] {
  const { nonResourceURLs, resources, namespaces } = rule;
  const errors = [
    ...levelErrors(rule.level, `${path}.level`),
    ...urlErrors(nonResourceURLs, `${path}.nonResourceURLs`),
    ...resources.flatMap((each) => resourcesErrors(each, `${path}.resources`)),
    ...stageErrors(rule.omitStages, `${path}.omitStages`),
  ];
  if (nonResourceURLs.length > 0 && (resources.length > 0 || namespaces.length > 0)) {
    const why = "rules cannot apply to both regular resources and non-resource URLs";
    errors.push(invalid(`${path}.nonResourceURLs`, nonResourceURLs, why));
  }
  return errors;
}

function levelErrors(level: string, path: string): FieldError[] {
  if (level === "") return [required(path)];
  return isAuditLevel(level) ? [] : [notSupported(path, level, auditLevels)];
}

function urlErrors(urls: readonly string[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, url] of urls.entries()) {
    if (url === "*") continue;
    if (!url.startsWith("/")) {
      errors.push(invalid(`${path}[${index}]`, url, "non-resource URL rules must begin with a '/' character"));
    }
    if (url.slice(0, -1).includes("*")) {
      const why = "non-resource URL wildcards '*' must be the final character of the rule";
      errors.push(invalid(`${path}[${index}]`, url, why));
    }
  }
  return errors;
}

function resourcesErrors({ group, resources, resourceNames }: WrittenResources, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const problems = group === "" || group === "*" ? [] : checkDnsSubdomain(group);
  if (problems.length > 0) errors.push(invalid(`${path}.group`, group, problems.join(",")));
  if (resourceNames.length > 0 && resources.length === 0) {
    errors.push(invalid(`${path}.resourceNames`, resourceNames, "using resourceNames requires at least one resource"));
  }
  return errors;
}

function stageErrors(stages: readonly string[], path: string): FieldError[] {
  const why = `allowed stages are ${auditStages.join(",")}`;
  return stages.flatMap((stage, index) => (isAuditStage(stage) ? [] : [invalid(`${path}[${index}]`, stage, why)]));
}
