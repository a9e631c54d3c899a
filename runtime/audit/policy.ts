import type { UserInfo } from "../meta/user-info.ts";

/**
 * How much of a request is told, least first.
 * https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/#audit-policy
 */
export const auditLevels = ["None", "Metadata", "Request", "RequestResponse"] as const;
/** One of the levels. */
export type AuditLevel = (typeof auditLevels)[number];

/** The moments of a request of which there are events, in their order; `Panic` stands in for `ResponseComplete`. */
export const auditStages = ["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"] as const;
/** One of the stages. */
export type AuditStage = (typeof auditStages)[number];

/** Resources of one group; what is empty says nothing. */
export interface AuditedResources {
  /** Empty for the group without a name, `*` for all. */
  readonly group: string;
  /** Such as `pods`, `pods/log`, `pods/*`, `*\/log` or `*`. */
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
}

/** What is told of the requests that fit all that it names. What is empty says nothing. */
export interface AuditRule {
  readonly level: AuditLevel;
  readonly users: readonly string[];
  readonly userGroups: readonly string[];
  readonly verbs: readonly string[];
  readonly resources: readonly AuditedResources[];
  readonly namespaces: readonly string[];
  readonly nonResourceURLs: readonly string[];
  readonly omitStages: readonly AuditStage[];
  /** As the policy has it where unset. */
  readonly omitManagedFields: boolean | undefined;
}

/** https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/#audit-k8s-io-v1-Policy */
export interface AuditPolicy {
  /** The first that fits decides. */
  readonly rules: readonly AuditRule[];
  readonly omitStages: readonly AuditStage[];
  readonly omitManagedFields: boolean;
}

/** What of a request a policy asks about; the request info of the HTTP layer is one. */
export interface AuditedAttributes {
  readonly isResourceRequest: boolean;
  readonly path: string;
  readonly verb: string;
  readonly apiGroup: string;
  readonly apiVersion: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
}

/** What a policy says of one request. */
export interface AuditRuling {
  readonly level: AuditLevel;
  readonly omitStages: readonly AuditStage[];
  readonly omitManagedFields: boolean;
}

/** Judges requests by a policy, each by the first rule that fits. `user` is undefined where nobody was recognised. */
export type AuditJudge = (user: UserInfo | undefined, attributes: AuditedAttributes) => AuditRuling;

/** Makes the judge of a policy. https://pkg.go.dev/k8s.io/apiserver/pkg/audit/policy#NewPolicyRuleEvaluator */
export function judgeBy(policy: AuditPolicy): AuditJudge {
  const { omitStages, omitManagedFields } = policy;
  const rulings = policy.rules.map((rule) => ({ rule, ruling: rulingOf(rule, policy) }));
  const otherwise: AuditRuling = { level: "None", omitStages, omitManagedFields };
  return (user, attributes) => rulings.find(({ rule }) => fits(rule, user, attributes))?.ruling ?? otherwise;
}

function rulingOf(rule: AuditRule, policy: AuditPolicy): AuditRuling {
  return {
    level: rule.level,
    omitStages: auditStages.filter((stage) => policy.omitStages.includes(stage) || rule.omitStages.includes(stage)),
    omitManagedFields: rule.omitManagedFields ?? policy.omitManagedFields,
  };
}

function fits(rule: AuditRule, user: UserInfo | undefined, attributes: AuditedAttributes): boolean {
  if (rule.users.length > 0 && (user === undefined || !rule.users.includes(user.name))) return false;
  if (rule.userGroups.length > 0 && !hasGroup(user, rule.userGroups)) return false;
  if (rule.verbs.length > 0 && !rule.verbs.includes(attributes.verb)) return false;
  if (rule.namespaces.length > 0 || rule.resources.length > 0) return fitsResource(rule, attributes);
  if (rule.nonResourceURLs.length > 0) return fitsPath(rule, attributes);
  return true;
}

function hasGroup(user: UserInfo | undefined, groups: readonly string[]): boolean {
  return user !== undefined && user.groups.some((group) => groups.includes(group));
}

function fitsPath({ nonResourceURLs }: AuditRule, { isResourceRequest, path }: AuditedAttributes): boolean {
  if (isResourceRequest) return false;
  return nonResourceURLs.some(
    (url) => url === "*" || url === path || (url.endsWith("*") && path.startsWith(url.slice(0, -1))),
  );
}

function fitsResource({ namespaces, resources }: AuditRule, attributes: AuditedAttributes): boolean {
  if (!attributes.isResourceRequest) return false;
  // What belongs to no namespace is found by the empty name.
  if (namespaces.length > 0 && !namespaces.includes(attributes.namespace)) return false;
  return resources.length === 0 || resources.some((each) => areAmong(each, attributes));
}

function areAmong({ group, resources, resourceNames }: AuditedResources, attributes: AuditedAttributes): boolean {
  if (group !== "*" && group !== attributes.apiGroup) return false;
  if (resources.length === 0) return true;
  if (resourceNames.length > 0 && !resourceNames.includes(attributes.name)) return false;
  return resources.some((pattern) => fitsPattern(pattern, attributes));
}

function fitsPattern(pattern: string, { resource, subresource }: AuditedAttributes): boolean {
  if (pattern === "*" || pattern === (subresource === "" ? resource : `${resource}/${subresource}`)) return true;
  if (subresource !== "" && pattern === `*/${subresource}`) return true;
  return pattern === `${resource}/*`;
}
