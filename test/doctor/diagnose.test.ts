import { expect, test } from "vitest";
import { describeDiagnoses } from "../../codegen/doctor/diagnosis.ts";
import { diagnose } from "../../codegen/doctor/diagnose.ts";
import type { Facts } from "../../codegen/doctor/facts.ts";
import { issueAuthority, issueServing } from "../../runtime/start/issue-certificates.ts";

const now = new Date("2030-05-01T00:00:00Z");
const days = (count: number): Date => new Date(now.getTime() + count * 24 * 3600 * 1000);
const host = "skai-demo.default.svc";
const authority = await issueAuthority(now);
const otherAuthority = await issueAuthority(days(-1));
const oldAuthority = await issueAuthority(days(-3660));
const serving = async (from = now, name = host, by = authority): Promise<string> =>
  (await issueServing(by, name, from)).certificate;
const good = await serving();
const certificates = {
  good,
  expired: await serving(days(-366)),
  expiresSoon: await serving(days(-360)),
  early: await serving(days(1)),
  misnamed: await serving(now, "other.default.svc"),
  ofOldAuthority: await serving(now, host, oldAuthority),
};

type ApiServiceFacts = NonNullable<Facts["apiService"]>;
type WorkloadFacts = NonNullable<Facts["workload"]>;

const service = { namespace: "default", name: "skai-demo", port: 443 };
const apiService: ApiServiceFacts = {
  group: "animal.skai.io",
  version: "v1alpha1",
  service,
  caBundle: authority.certificate,
  skipsVerification: false,
  available: "True",
  reason: "Passed",
  message: "all checks passed",
};
const workload: WorkloadFacts = {
  name: "skai-demo",
  image: "registry.example/skai-demo:0.0.1",
  replicas: 1,
  readyReplicas: 1,
  ports: [{ name: "https", containerPort: 8443 }],
  serviceAccount: "skai-demo",
  secretName: "skai-demo-serving",
  complaint: undefined,
};
const well: Facts = {
  now,
  name: "v1alpha1.animal.skai.io",
  apiService,
  namespaceExists: true,
  service: { type: "ClusterIP", selector: { app: "skai-demo" }, ports: [{ port: 443, targetPort: 8443 }] },
  endpoints: { ready: 1, notReady: 0 },
  workload,
  pods: [],
  secret: { name: "skai-demo-serving", certificate: good },
  serviceAccountExists: true,
  rights: [{ what: "ask whose a token is", role: "the ClusterRole system:auth-delegator", allowed: true }],
  discovery: { kind: "answer", groupVersion: "animal.skai.io/v1alpha1", resources: ["cats", "cats/status"] },
  expected: { service, resources: ["cats"], versions: ["v1alpha1"] },
  customResources: [],
  versionsInCluster: ["v1alpha1"],
  stuckNamespaces: [],
  unseen: [],
};

const noEndpoints = { endpoints: { ready: 0, notReady: 0 } };
const shows = (certificate: string): Partial<Facts> => ({ secret: { name: "skai-demo-serving", certificate } });
const says = (change: Partial<ApiServiceFacts>): Partial<Facts> => ({ apiService: { ...apiService, ...change } });
const runs = (change: Partial<WorkloadFacts>): Partial<Facts> => ({ workload: { ...workload, ...change } });
const pod = (reason: string): Partial<Facts> => ({ ...noEndpoints, pods: [{ name: "p", reason, message: "because" }] });
const unavailable = (message: string): Partial<Facts> =>
  says({ available: "False", reason: "FailedDiscoveryCheck", message });

/** What is changed of a server that is well, what is said then, and what mends it. */
const cases: readonly [what: string, change: Partial<Facts>, code: string, mend: RegExp][] = [
  ["no APIService", { apiService: undefined }, "api-service-missing", /run in-cluster/],
  ["no namespace", { namespaceExists: false, service: undefined }, "namespace-missing", /run in-cluster/],
  ["no service", { service: undefined, ...noEndpoints }, "service-missing", /run in-cluster/],
  [
    "another port at the service",
    { service: { type: "ClusterIP", selector: {}, ports: [{ port: 8443, targetPort: 8443 }] } },
    "service-port",
    /run in-cluster/,
  ],
  ["another port at the pods", runs({ ports: [{ name: "", containerPort: 9443 }] }), "target-port", /run in-cluster/],
  ["no deployment", { ...noEndpoints, workload: undefined }, "no-workload", /run in-cluster/],
  ["a deployment of nothing", { ...noEndpoints, ...runs({ replicas: 0 }) }, "scaled-to-zero", /scale deployment/],
  [
    "a deployment that cannot make pods",
    { ...noEndpoints, ...runs({ readyReplicas: 0, complaint: "FailedCreate: exceeded quota" }) },
    "no-endpoints",
    /describe deployment skai-demo/,
  ],
  ["an image that is nowhere", pod("ImagePullBackOff"), "image", /--build-image --push-image/],
  ["a pod that ends", pod("CrashLoopBackOff"), "crash", /logs p --previous/],
  ["a pod that finds no node", pod("Unschedulable"), "pod-not-ready", /describe pod p/],
  ["no Secret", { secret: undefined }, "secret-missing", /run in-cluster/],
  ["a Secret without a certificate", { secret: { name: "s", certificate: undefined } }, "secret-missing", /in-cluster/],
  ["a certificate that is none", shows("nonsense"), "certificate-unreadable", /--rotate/],
  ["a certificate for another name", shows(certificates.misnamed), "certificate-name", /run in-cluster/],
  ["a certificate past its time", shows(certificates.expired), "certificate-expired", /--rotate/],
  ["a certificate near its end", shows(certificates.expiresSoon), "certificate-expires-soon", /--rotate/],
  ["a certificate before its time", shows(certificates.early), "certificate-not-yet-valid", /--rotate/],
  ["no caBundle", says({ caBundle: "" }), "ca-bundle-missing", /run in-cluster/],
  ["the caBundle of another authority", says({ caBundle: otherAuthority.certificate }), "ca-bundle-mismatch", /run/],
  [
    "an authority past its time",
    { ...shows(certificates.ofOldAuthority), ...says({ caBundle: oldAuthority.certificate }) },
    "certificate-expired",
    /--rotate/,
  ],
  ["no service account", { serviceAccountExists: false }, "service-account-missing", /run in-cluster/],
  [
    "a right that is missing",
    { rights: [{ what: "list namespaces", role: "a rule", allowed: false }] },
    "rbac",
    /config\/rbac.yaml/,
  ],
  ["a CRD of the same version", { customResources: ["cats.animal.skai.io"] }, "two-owners", /delete crd cats/],
  [
    "an APIService that somebody else took",
    says({ service: { ...service, namespace: "elsewhere" } }),
    "other-owner",
    /--show-managed-fields/,
  ],
  [
    "a version that is no longer served",
    { expected: { service, resources: [], versions: ["v1"] }, versionsInCluster: ["v1alpha1", "v1"] },
    "version-not-served",
    /delete apiservice v1alpha1\.animal\.skai\.io/,
  ],
  [
    "a version that the cluster is not told of",
    { expected: { service, resources: [], versions: ["v1alpha1", "v1"] } },
    "version-missing",
    /run in-cluster/,
  ],
  ["no answer", { discovery: { kind: "error", message: "503" } }, "discovery-error", /get --raw \/apis\/animal/],
  [
    "the answer of another API",
    { discovery: { kind: "answer", groupVersion: "other/v1", resources: [] } },
    "discovery-wrong",
    /get --raw/,
  ],
  [
    "an image from before a kind was added",
    { expected: { service, resources: ["cats", "dogs"], versions: ["v1alpha1"] } },
    "resources-missing",
    /--build-image/,
  ],
  ["namespaces that wait for it", { stuckNamespaces: ["old"] }, "stuck-namespaces", /delete apiservice v1alpha1/],
  ["nothing seen yet", says({ available: "", reason: "", message: "" }), "not-looked-at", /kubectl wait/],
  [
    "pods that show an older certificate",
    unavailable("x509: certificate signed by unknown authority"),
    "shown-certificate",
    /rollout restart deployment\/skai-demo/,
  ],
  ["a firewall", unavailable("dial tcp 10.0.0.1:8443: i/o timeout"), "unreachable", /NetworkPolicy or firewall/],
  ["anything else", unavailable("bad status from https://10.0.0.1:8443: 500"), "unavailable", /logs deployment/],
  ["what one may not see", { unseen: ["Secrets in default"] }, "unseen", /kubectl auth whoami/],
];

test("of a server that is well nothing is said", () => {
  expect(diagnose(well)).toEqual([]);
  expect(describeDiagnoses(well.name, [])).toBe("v1alpha1.animal.skai.io: available, and nothing is wrong");
});

test.each(cases)("%s", (_, change, code, mend) => {
  const diagnoses = diagnose({ ...well, ...change });
  // Each is said alone, but for another owner, whose certificate is for another name as well.
  const others = code === "other-owner" ? ["certificate-name"] : [];
  expect(diagnoses.map((each) => each.code).filter((each) => !others.includes(each))).toEqual([code]);
  const [found] = diagnoses.filter((each) => each.code === code);
  expect(found?.mend).toMatch(mend);
  expect(describeDiagnoses(well.name, diagnoses)).toContain(found?.problem);
});

test("what explains why it is not available comes before what kube-apiserver says, and instead of it", () => {
  const change = unavailable("x509: certificate has expired");
  expect(diagnose({ ...well, ...change, ...shows(certificates.expired) }).map(({ code }) => code)).toEqual([
    "certificate-expired",
  ]);
});

test("a group that kube-apiserver serves itself is judged by what it says alone", () => {
  const own = says({ service: undefined, caBundle: "" });
  expect(diagnose({ ...well, ...own, expected: undefined, service: undefined, workload: undefined })).toEqual([]);
});
