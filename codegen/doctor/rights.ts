import { KubectlError, type Kubectl } from "../deploy/kubectl.ts";
import type { RightFacts } from "./facts.ts";

interface Right {
  readonly what: string;
  readonly role: string;
  readonly attributes: {
    readonly verb: string;
    readonly group: string;
    readonly resource: string;
    readonly namespace?: string;
    readonly name?: string;
  };
}

const delegator = "the ClusterRole system:auth-delegator";
/** What every aggregated server asks of its cluster. */
const delegation: readonly Right[] = [
  {
    what: "ask whose a token is",
    role: delegator,
    attributes: { verb: "create", group: "authentication.k8s.io", resource: "tokenreviews" },
  },
  {
    what: "ask who may do what",
    role: delegator,
    attributes: { verb: "create", group: "authorization.k8s.io", resource: "subjectaccessreviews" },
  },
  {
    what: "read whom the front proxy is known by",
    role: "the Role extension-apiserver-authentication-reader in kube-system",
    attributes: {
      verb: "get",
      group: "",
      resource: "configmaps",
      namespace: "kube-system",
      name: "extension-apiserver-authentication",
    },
  },
];

/** What the servers of this package look at besides. */
const looking: readonly Right[] = [
  { group: "", resource: "namespaces" },
  { group: "admissionregistration.k8s.io", resource: "mutatingwebhookconfigurations" },
  { group: "admissionregistration.k8s.io", resource: "validatingwebhookconfigurations" },
].map(({ group, resource }) => ({
  what: `list ${resource}`,
  role: `a rule for ${resource}, as in config/rbac.yaml`,
  attributes: { verb: "list", group, resource },
}));

/** Whether a user may do what a server must; `isOurs` says that it is one of this package. */
export async function rightsOf(kubectl: Kubectl, user: string, isOurs: boolean): Promise<RightFacts[]> {
  const rights = isOurs ? [...delegation, ...looking] : delegation;
  const items = rights.map(({ attributes }) => ({
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    spec: { user, groups: groupsOf(user), resourceAttributes: attributes },
  }));
  const list = { apiVersion: "v1", kind: "List", items };
  const answers = await allowed(kubectl, list);
  return rights.map(({ what, role }, index) => ({ what, role, allowed: answers?.[index] }));
}

/** Undefined where this user may not ask for others. */
async function allowed(kubectl: Kubectl, reviews: object): Promise<boolean[] | undefined> {
  try {
    const lines = await kubectl(["create", "--filename=-", '--output=jsonpath={.status.allowed}{"\\n"}'], reviews);
    return lines
      .trim()
      .split("\n")
      .map((line) => line === "true");
  } catch (error) {
    if (error instanceof KubectlError && /forbidden/i.test(error.message)) return undefined;
    throw error;
  }
}

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#service-account-tokens */
function groupsOf(user: string): string[] {
  const namespace = user.split(":")[2] ?? "";
  return ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"];
}
