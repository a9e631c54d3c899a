import { expect, test } from "vitest";
import { judgeBy, type AuditedAttributes, type AuditPolicy, type AuditRule } from "../../runtime/audit/policy.ts";
import { readAuditPolicy } from "../../runtime/audit/policy-file.ts";
import type { UserInfo } from "../../runtime/meta/user-info.ts";

const ann: UserInfo = { name: "ann@example.dev", uid: "", groups: ["people", "writers"], extra: {} };

function resource(over: Partial<AuditedAttributes> = {}): AuditedAttributes {
  return {
    isResourceRequest: true,
    path: "/apis/example.dev/v1/namespaces/ns/cats/tom",
    verb: "get",
    apiGroup: "example.dev",
    apiVersion: "v1",
    namespace: "ns",
    resource: "cats",
    subresource: "",
    name: "tom",
    ...over,
  };
}

const path = (text: string): AuditedAttributes =>
  resource({ isResourceRequest: false, path: text, apiGroup: "", namespace: "", resource: "", name: "" });
const cluster = resource({
  namespace: "",
  resource: "clusterroles",
  name: "edit",
  apiGroup: "rbac.authorization.k8s.io",
});
const status = resource({ subresource: "status" });

function policyOf(rules: readonly Partial<AuditRule>[], over: Partial<AuditPolicy> = {}): AuditPolicy {
  const empty = { users: [], userGroups: [], verbs: [], resources: [], namespaces: [], nonResourceURLs: [] };
  const whole = rules.map((rule): AuditRule => ({
    level: "Metadata",
    ...empty,
    omitStages: [],
    omitManagedFields: undefined,
    ...rule,
  }));
  return { rules: whole, omitStages: [], omitManagedFields: false, ...over };
}

function cats(...resources: string[]): Pick<AuditRule, "resources"> {
  return { resources: [{ group: "example.dev", resources, resourceNames: [] }] };
}

// What https://pkg.go.dev/k8s.io/apiserver/pkg/audit/policy decides.
const cases: [string, Partial<AuditRule>, AuditedAttributes, UserInfo | undefined, boolean][] = [
  ["a rule without conditions", {}, resource(), ann, true],
  ["a rule without conditions, for nobody", {}, path("/"), undefined, true],
  ["the user", { users: [ann.name] }, resource(), ann, true],
  ["another user", { users: ["bob"] }, resource(), ann, false],
  ["a user, for nobody", { users: [""] }, resource(), undefined, false],
  ["one of the groups", { userGroups: ["cooks", "writers"] }, resource(), ann, true],
  ["no group", { userGroups: ["cooks"] }, resource(), ann, false],
  ["a group, for nobody", { userGroups: ["people"] }, resource(), undefined, false],
  ["the verb", { verbs: ["list", "get"] }, resource(), ann, true],
  ["another verb", { verbs: ["list"] }, resource(), ann, false],
  ["the namespace", { namespaces: ["ns"] }, resource(), ann, true],
  ["another namespace", { namespaces: ["other"] }, resource(), ann, false],
  ["no namespace, by the empty name", { namespaces: [""] }, cluster, ann, true],
  ["a namespace, for a path", { namespaces: [""] }, path("/logs"), ann, false],
  ["the resource", cats("dogs", "cats"), resource(), ann, true],
  ["all resources of the group", cats(), resource(), ann, true],
  ["all resources of the group, for a subresource", cats(), status, ann, true],
  ["resources of another group", cats("cats"), cluster, ann, false],
  ["the resource, for a subresource", cats("cats"), status, ann, false],
  ["the subresource", cats("cats/status"), status, ann, true],
  ["any resource", cats("*"), status, ann, true],
  ["any resource's subresource", cats("*/status"), status, ann, true],
  ["any resource's other subresource", cats("*/scale"), status, ann, false],
  ["any resource's subresource, for a resource", cats("*/status"), resource(), ann, false],
  ["the resource's every subresource", cats("cats/*"), status, ann, true],
  ["the resource's every subresource, for the resource", cats("cats/*"), resource(), ann, true],
  ["any group", { resources: [{ group: "*", resources: ["clusterroles"], resourceNames: [] }] }, cluster, ann, true],
  [
    "the name",
    { resources: [{ group: "example.dev", resources: ["cats"], resourceNames: ["tom"] }] },
    resource(),
    ann,
    true,
  ],
  [
    "another name",
    { resources: [{ group: "example.dev", resources: ["*"], resourceNames: ["tim"] }] },
    resource(),
    ann,
    false,
  ],
  [
    "a name, for a list",
    { resources: [{ group: "example.dev", resources: ["cats"], resourceNames: ["tom"] }] },
    resource({ name: "" }),
    ann,
    false,
  ],
  ["a resource, for a path", cats("*"), path("/apis/example.dev/v1"), ann, false],
  ["the path", { nonResourceURLs: ["/metrics"] }, path("/metrics"), ann, true],
  ["paths below", { nonResourceURLs: ["/logs*"] }, path("/logs/a.log"), ann, true],
  ["no paths below", { nonResourceURLs: ["/logs"] }, path("/logs/a.log"), ann, false],
  ["any path", { nonResourceURLs: ["*"] }, path("/x"), ann, true],
  ["any path, for a resource", { nonResourceURLs: ["*"] }, resource(), ann, false],
  [
    "all conditions but one",
    { users: [ann.name], verbs: ["get"], namespaces: ["other"], ...cats("cats") },
    resource(),
    ann,
    false,
  ],
];

test.each(cases)("a rule of %s decides as the Go library does", (_what, rule, attributes, user, fits) => {
  expect(judgeBy(policyOf([rule]))(user, attributes).level).toBe(fits ? "Metadata" : "None");
});

test("the first rule that fits decides; what none fits is not told", () => {
  const judge = judgeBy(
    policyOf([
      { verbs: ["list"], level: "Request" },
      { ...cats("cats"), level: "RequestResponse" },
    ]),
  );
  expect(judge(ann, resource({ verb: "list" })).level).toBe("Request");
  expect(judge(ann, resource()).level).toBe("RequestResponse");
  expect(judge(ann, cluster).level).toBe("None");
});

test("stages are left out that the policy or the rule leaves out; the rule's word on managedFields comes first", () => {
  const rules: Partial<AuditRule>[] = [
    { verbs: ["get"], omitStages: ["Panic"], omitManagedFields: false },
    { verbs: ["list"] },
  ];
  const judge = judgeBy(policyOf(rules, { omitStages: ["RequestReceived"], omitManagedFields: true }));
  expect(judge(ann, resource())).toEqual({
    level: "Metadata",
    omitStages: ["RequestReceived", "Panic"],
    omitManagedFields: false,
  });
  expect(judge(ann, resource({ verb: "list" }))).toMatchObject({
    omitStages: ["RequestReceived"],
    omitManagedFields: true,
  });
  expect(judge(ann, resource({ verb: "create" }))).toMatchObject({ level: "None", omitManagedFields: true });
});

const head = "apiVersion: audit.k8s.io/v1\nkind: Policy\n";

test("a policy file is read", () => {
  const { policy, unknownFields } = readAuditPolicy(`${head}
omitStages: [RequestReceived]
omitManagedFields: true
rules:
- level: None
  nonResourceURLs: ["/healthz*", /version]
- level: RequestResponse
  users: [tim]
  userGroups: [testers]
  verbs: [patch, delete]
  resources:
  - group: ""
  - group: rbac.authorization.k8s.io
    resources: [clusterroles]
    resourceNames: [edit]
  namespaces: [default]
  omitStages: [ResponseStarted]
  omitManagedFields: false
`);
  expect(unknownFields).toEqual([]);
  expect(policy).toEqual(
    policyOf(
      [
        { level: "None", nonResourceURLs: ["/healthz*", "/version"] },
        {
          level: "RequestResponse",
          users: ["tim"],
          userGroups: ["testers"],
          verbs: ["patch", "delete"],
          resources: [
            { group: "", resources: [], resourceNames: [] },
            { group: "rbac.authorization.k8s.io", resources: ["clusterroles"], resourceNames: ["edit"] },
          ],
          namespaces: ["default"],
          omitStages: ["ResponseStarted"],
          omitManagedFields: false,
        },
      ],
      { omitStages: ["RequestReceived"], omitManagedFields: true },
    ),
  );
});

test("fields that mean nothing are told by name, and the rest is taken", () => {
  const { policy, unknownFields } = readAuditPolicy(
    `${head}rules:\n- level: None\n  resources:\n  - group: a.b\n    verbs: [get]\n  nonresourceURLs: []\nrule: []\n`,
  );
  expect(unknownFields).toEqual(["rule", "rules[0].nonresourceURLs", "rules[0].resources[0].verbs"]);
  expect(policy.rules).toHaveLength(1);
});

const stages = "allowed stages are RequestReceived,ResponseStarted,ResponseComplete,Panic";

test.each([
  ["- {}", "rules[0].level: Required value"],
  [
    "- level: Foo",
    'rules[0].level: Unsupported value: "Foo": supported values: "Metadata", "None", "Request", "RequestResponse"',
  ],
  [
    "- {level: None, nonResourceURLs: [logs]}",
    `rules[0].nonResourceURLs[0]: Invalid value: "logs": non-resource URL rules must begin with a '/' character`,
  ],
  [
    "- {level: None, nonResourceURLs: ['/a/*/b']}",
    `rules[0].nonResourceURLs[0]: Invalid value: "/a/*/b": non-resource URL wildcards '*' must be the final character of the rule`,
  ],
  [
    "- {level: None, nonResourceURLs: [/a], namespaces: [b]}",
    'rules[0].nonResourceURLs: Invalid value: ["/a"]: rules cannot apply to both regular resources and non-resource URLs',
  ],
  [
    "- {level: None, resources: [{resourceNames: [a]}]}",
    'rules[0].resources.resourceNames: Invalid value: ["a"]: using resourceNames requires at least one resource',
  ],
  ["- {level: None, omitStages: [Foo]}", `rules[0].omitStages[0]: Invalid value: "Foo": ${stages}`],
  ["- {level: None, users: [1]}", "rules[0].users[0] must be a string, not 1"],
  ["- {level: None, verbs: get}", 'rules[0].verbs must be a list, not "get"'],
  ["- {level: None, omitManagedFields: 3}", "rules[0].omitManagedFields must be true or false, not 3"],
  ["- what", 'rules[0] must be a map, not "what"'],
  [" []", "the audit policy has no rules, so that nothing would be told"],
])("a policy with the rules %s is refused", (rules, message) => {
  expect(() => readAuditPolicy(`${head}rules:\n${rules}\n`)).toThrow(message);
});

test.each([
  ["", "the policy must be a map, not null"],
  ["rules: []", "this has nothing and nothing"],
  ["apiVersion: audit.k8s.io/v1beta1\nkind: Policy", 'this has "audit.k8s.io/v1beta1" and "Policy"'],
  [`${head}rules: [`, "line 3, column 9"],
  [`${head}kind: Policy`, "Map keys must be unique"],
  [`${head}rules:\n- {level: None, resources: [{group: a/v1}]}`, 'rules[0].resources.group: Invalid value: "a/v1"'],
])("%j is no policy", (text, message) => {
  expect(() => readAuditPolicy(text)).toThrow(message);
});
