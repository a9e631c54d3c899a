import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { issueClient } from "../../runtime/start/issue-certificates.ts";
import type { KeyPair } from "../../runtime/start/key-pair.ts";
import { Kubectl, kubectlBinary, type KubectlVersion } from "../e2e/kubectl.ts";
import { RestClient } from "../e2e/rest-client.ts";
import { freePort, startEtcd, type Etcd } from "../etcd/etcd.ts";
import { MemberProcess } from "../etcd/member.ts";
import { requireClusterBinaries } from "./binaries.ts";
import { writeKubeconfig, type ClusterCredential } from "./kubeconfig.ts";
import { frontProxyName, issueClusterPki, type ClusterPki } from "./pki.ts";
import { poll } from "./poll.ts";

/** What kind of control plane to start. */
export interface ControlPlaneOptions {
  /** More flags of kube-apiserver. */
  readonly apiserverFlags?: readonly string[];
}

/** A user of the cluster, as his certificate tells. */
export interface ClusterUser {
  readonly name: string;
  readonly groups?: readonly string[];
}

/** A control plane that a test started: etcd, kube-apiserver with RBAC, and kube-controller-manager if asked for. */
export interface ControlPlane {
  readonly url: string;
  readonly port: number;
  /** For files of the test; removed at the end. */
  readonly folder: string;
  readonly pki: ClusterPki;
  /** Where clients of its etcd connect. */
  readonly etcdEndpoints: readonly string[];
  /** The kubeconfig file of the cluster's administrator, who is in `system:masters`. */
  readonly kubeconfig: string;
  /** Asks kube-apiserver as the administrator. */
  readonly admin: RestClient;
  /** kube-apiserver's process, to be killed, paused and started again. */
  readonly apiserver: RestartableApiserver;
  /** Creates or changes objects as the administrator, by server-side apply; each names its type. */
  apply(...objects: readonly ClusterObject[]): Promise<void>;
  /** Issues a client certificate for any user. */
  certificateFor(user: ClusterUser): Promise<KeyPair>;
  /** Gives the kubeconfig file of any user, with a client certificate. */
  kubeconfigFor(user: ClusterUser): Promise<string>;
  /** Gives a kubeconfig file with any credential. */
  kubeconfigWith(credential: ClusterCredential): Promise<string>;
  /** Asks for a token of a service account, which must be there. */
  serviceAccountToken(namespace: string, name: string): Promise<string>;
  /** A kubectl, of the administrator unless it gets another kubeconfig file. */
  kubectl(options?: { readonly version?: KubectlVersion; readonly kubeconfig?: string }): Promise<Kubectl>;
  /** Starts kube-controller-manager with the controllers of namespaces, garbage and service accounts. */
  startControllerManager(): Promise<void>;
  /** Ends all of it and removes its data. */
  stop(): Promise<void>;
}

/** kube-apiserver's process. */
export interface RestartableApiserver {
  /** Ends it with SIGKILL, and waits for the end. */
  kill(): Promise<void>;
  /** Starts it again where it was, and waits until it is ready. */
  restart(): Promise<void>;
  pause(): void;
  resume(): void;
  /** The end of what it logged. */
  log(): Promise<string>;
}

/** An object of the cluster. */
export interface ClusterObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/**
 * Starts a control plane on the loopback address, with free ports and certificates of its own, and waits until it is
 * ready. It authorizes by RBAC. Its processes die with this one.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const binaries = await requireClusterBinaries();
  const folder = await mkdtemp(join(tmpdir(), "cluster-"));
  let etcd: Etcd | undefined;
  let running: Running | undefined;
  const stop = async (): Promise<void> => {
    await Promise.all(running === undefined ? [] : [running.controllerManager.kill(), running.apiserver.kill()]);
    await etcd?.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const pki = await issueClusterPki(folder);
    // What a test writes need not outlive the machine.
    etcd = await startEtcd({ extraArgs: ["--unsafe-no-fsync"] });
    const port = await freePort();
    const url = `https://127.0.0.1:${port}`;
    const master = await issueClient(pki.authority, { name: "kubernetes-admin", group: "system:masters" }, new Date());
    const admin = new RestClient(port, { ca: pki.authority.certificate, cert: master.certificate, key: master.key });
    const manager = join(folder, "controller-manager.conf");
    await writeKubeconfig(manager, { url, ca: pki.authority.certificate }, await managerCertificate(pki));
    running = {
      apiserver: new MemberProcess({
        folder: join(folder, "kube-apiserver"),
        command: [binaries.apiserver],
        flags: [...apiserverFlags(pki, port, etcd.endpoints), ...(options.apiserverFlags ?? [])],
      }),
      controllerManager: new MemberProcess({
        folder: join(folder, "kube-controller-manager"),
        command: [binaries.controllerManager],
        flags: controllerManagerFlags(pki, manager),
      }),
    };
    await startAndWait(running.apiserver, admin);
    const base = { url, port, folder, pki, admin, etcdEndpoints: etcd.endpoints };
    const kubeconfig = join(folder, "admin.conf");
    await writeKubeconfig(kubeconfig, { url, ca: pki.authority.certificate }, master);
    return controlPlane({ ...base, kubeconfig }, running, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Running {
  readonly apiserver: MemberProcess;
  readonly controllerManager: MemberProcess;
}

async function managerCertificate(pki: ClusterPki): Promise<KeyPair> {
  return issueClient(pki.authority, { name: "system:kube-controller-manager", group: [] }, new Date());
}

function apiserverFlags({ files }: ClusterPki, port: number, etcdEndpoints: readonly string[]): string[] {
  return [
    `--etcd-servers=${etcdEndpoints.join(",")}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    "--advertise-address=127.0.0.1",
    "--endpoint-reconciler-type=none",
    "--service-cluster-ip-range=10.96.0.0/16",
    "--authorization-mode=RBAC",
    `--cert-dir=${join(files.ca, "..")}`,
    `--tls-cert-file=${files.servingCertificate}`,
    `--tls-private-key-file=${files.servingKey}`,
    `--client-ca-file=${files.ca}`,
    `--requestheader-client-ca-file=${files.frontProxyCa}`,
    `--requestheader-allowed-names=${frontProxyName}`,
    "--requestheader-username-headers=X-Remote-User",
    "--requestheader-uid-headers=X-Remote-Uid",
    "--requestheader-group-headers=X-Remote-Group",
    "--requestheader-extra-headers-prefix=X-Remote-Extra-",
    `--proxy-client-cert-file=${files.frontProxyCertificate}`,
    `--proxy-client-key-file=${files.frontProxyKey}`,
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    `--service-account-key-file=${files.serviceAccountKey}`,
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
  ];
}

// What our servers are touched by; a workload has nobody to run it here.
const controllers = [
  "namespace-controller",
  "garbage-collector-controller",
  "serviceaccount-controller",
  "root-ca-certificate-publisher-controller",
  "clusterrole-aggregation-controller",
  "resourcequota-controller",
];

function controllerManagerFlags({ files }: ClusterPki, kubeconfig: string): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    "--secure-port=0",
    "--leader-elect=false",
    // Each controller is a user of its own, with the rights that it has in any cluster.
    "--use-service-account-credentials",
    `--service-account-private-key-file=${files.serviceAccountKey}`,
    `--root-ca-file=${files.ca}`,
    `--controllers=${controllers.join(",")}`,
  ];
}

async function startAndWait(apiserver: MemberProcess, admin: RestClient): Promise<void> {
  await apiserver.start();
  await poll(
    async () => {
      // A dead one will not become ready.
      if (apiserver.pid === undefined) return "ended" as const;
      return (await admin.send("GET", "/readyz")).status === 200 && ("ready" as const);
    },
    async () => `kube-apiserver does not become ready\n${await apiserver.log()}`,
  );
  if (apiserver.pid === undefined) throw new Error(`kube-apiserver ended\n${await apiserver.log()}`);
}

type Base = Pick<ControlPlane, "url" | "port" | "folder" | "pki" | "admin" | "etcdEndpoints" | "kubeconfig">;

function controlPlane(base: Base, { apiserver, controllerManager }: Running, stop: () => Promise<void>): ControlPlane {
  const { pki, admin, folder } = base;
  let files = 0;
  const certificateFor = async ({ name, groups = [] }: ClusterUser): Promise<KeyPair> =>
    issueClient(pki.authority, { name, group: groups }, new Date());
  const kubeconfigWith = async (credential: ClusterCredential): Promise<string> => {
    const file = join(folder, `kubeconfig-${(files += 1)}`);
    await writeKubeconfig(file, { url: base.url, ca: pki.authority.certificate }, credential);
    return file;
  };
  return {
    ...base,
    apiserver: {
      kill: () => apiserver.kill(),
      async restart() {
        await apiserver.kill();
        await startAndWait(apiserver, admin);
      },
      pause: () => apiserver.pause(),
      resume: () => apiserver.resume(),
      log: () => apiserver.log(),
    },
    async apply(...objects) {
      for (const object of objects) await applyObject(admin, object);
    },
    certificateFor,
    kubeconfigFor: async (user) => kubeconfigWith(await certificateFor(user)),
    kubeconfigWith,
    serviceAccountToken: (namespace, name) => requestToken(admin, namespace, name),
    async kubectl({ version = "1.35", kubeconfig = base.kubeconfig } = {}) {
      // A folder for each: they must not read each other's cache.
      const own = join(folder, `kubectl-${(files += 1)}`);
      await mkdir(own);
      return new Kubectl(await kubectlBinary(version), kubeconfig, own);
    },
    async startControllerManager() {
      await controllerManager.start();
    },
    stop,
  };
}

/** Collections by kind, of what tests apply. */
const collections: Record<string, string> = {
  Namespace: "namespaces",
  ServiceAccount: "serviceaccounts",
  Service: "services",
  ConfigMap: "configmaps",
  Role: "roles",
  RoleBinding: "rolebindings",
  ClusterRole: "clusterroles",
  ClusterRoleBinding: "clusterrolebindings",
  APIService: "apiservices",
  MutatingWebhookConfiguration: "mutatingwebhookconfigurations",
  ValidatingWebhookConfiguration: "validatingwebhookconfigurations",
};

async function applyObject(admin: RestClient, object: ClusterObject): Promise<void> {
  const { apiVersion, kind, metadata } = object;
  const prefix = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = metadata.namespace === undefined ? "" : `/namespaces/${metadata.namespace}`;
  const collection = collections[kind] ?? `${kind.toLowerCase()}s`;
  const path = `${prefix}${scope}/${collection}/${metadata.name}?fieldManager=test&force=true`;
  const answer = await admin.send("PATCH", path, { type: "application/apply-patch+yaml", body: object });
  if (answer.status >= 300) throw new Error(`applying ${kind} ${metadata.name}: ${JSON.stringify(answer.body)}`);
}

async function requestToken(admin: RestClient, namespace: string, name: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 3600 } };
  const answer = await admin.send("POST", path, { body });
  const token = (answer.body["status"] as { token?: unknown } | undefined)?.token;
  if (answer.status !== 201 || typeof token !== "string") throw new Error(JSON.stringify(answer.body));
  return token;
}
