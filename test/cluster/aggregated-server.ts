import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { issueAuthority, issueServing } from "../../runtime/start/issue-certificates.ts";
import type { KeyPair } from "../../runtime/start/key-pair.ts";
import { RestClient, type RestCredential } from "../e2e/rest-client.ts";
import { freePort } from "../etcd/etcd.ts";
import { MemberProcess } from "../etcd/member.ts";
import { registration, serverAccount, type Registration } from "./aggregated-objects.ts";
import type { ClusterUser, ControlPlane } from "./control-plane.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { poll } from "./poll.ts";

/** What to run behind kube-apiserver, and how. */
export interface AggregatedOptions {
  /** The command of the server; the built server of this repository if unset. */
  readonly command?: readonly string[];
  readonly groupVersion?: { readonly group: string; readonly version: string };
  /** Flags after those that every server gets. */
  readonly flags?: readonly string[];
  /** Whether it may watch namespaces and webhook configurations; it may if unset. */
  readonly mayWatchAdmission?: boolean;
}

/** A server process that a kube-apiserver hands one API group on to. */
export interface AggregatedServer {
  readonly port: number;
  /** Where it runs: data, log and certificates. */
  readonly folder: string;
  /** The namespace of its Service, its service account, and the Service itself. */
  readonly registration: Registration;
  /** Signs its serving certificate; the APIService's caBundle. */
  readonly authority: KeyPair;
  /** Its kubeconfig file, by which it asks kube-apiserver. */
  readonly kubeconfig: string;
  /** Its serving certificate and key, which it may be made to read again. */
  readonly servingFiles: { readonly certificate: string; readonly key: string };
  /** Asks it past kube-apiserver, with any credential. */
  direct(credential?: Omit<RestCredential, "ca">): RestClient;
  /** Gives a kubeconfig file that leads past kube-apiserver, with the certificate by which the cluster knows a user. */
  directKubeconfigFor(user: ClusterUser): Promise<string>;
  /** What the APIService's Available condition says now. */
  availability(): Promise<Availability>;
  /** Waits until kube-apiserver has found it available, asking it to look at once. */
  becomesAvailable(): Promise<Availability>;
  /** Waits until kube-apiserver has found it unavailable, asking it to look at once. */
  becomesUnavailable(): Promise<Availability>;
  /** Ends it with SIGKILL, and waits for the end. */
  kill(): Promise<void>;
  /** Sends a signal and waits for the end; gives the exit code. */
  end(signal: NodeJS.Signals): Promise<number | undefined>;
  /** Starts it again on its data, and waits until it is ready itself. */
  start(): Promise<void>;
  pause(): void;
  resume(): void;
  /** The end of what it printed. */
  log(): Promise<string>;
}

/** The condition of an APIService. https://kubernetes.io/docs/reference/kubernetes-api/apiregistration-v1/api-service-v1/ */
export interface Availability {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

const builtServer = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const cats = { group: "animal.skai.io", version: "v1alpha1" };

/**
 * Starts a server and registers it at the control plane as an operator would: a service account with the rights that it
 * needs and no more, a Service that leads to the loopback address, and an APIService that trusts its authority.
 * Waits until it is available and kube-apiserver has its OpenAPI documents. It ends with this process.
 */
export async function startAggregatedServer(
  cluster: ControlPlane,
  options: AggregatedOptions = {},
): Promise<AggregatedServer> {
  const groupVersion = options.groupVersion ?? cats;
  const port = await freePort();
  const authority = await issueAuthority(new Date());
  const registered = registration(groupVersion, { port, authority: authority.certificate });
  const folder = join(cluster.folder, registered.name);
  await mkdir(folder);
  await cluster.apply(...serverAccount(registered, options.mayWatchAdmission ?? true));
  const token = await cluster.serviceAccountToken(registered.namespace, registered.name);
  const kubeconfig = await cluster.kubeconfigWith({ token });
  const servingFiles = await writeServing(folder, await issueServing(authority, registered.host, new Date()));
  const member = new MemberProcess({
    folder,
    command: options.command ?? [process.execPath, builtServer],
    flags: [
      "--bind-address=127.0.0.1",
      `--secure-port=${port}`,
      `--tls-cert-file=${servingFiles.certificate}`,
      `--tls-private-key-file=${servingFiles.key}`,
      `--kubeconfig=${kubeconfig}`,
      "--data-dir=data",
      ...(options.flags ?? []),
    ],
  });
  const base = { port, folder, registration: registered, authority, kubeconfig, servingFiles };
  const server = aggregatedServer(cluster, base, member);
  try {
    await server.start();
    await cluster.apply(...registered.objects);
    await server.becomesAvailable();
    await hasOpenApi(cluster.admin, groupVersion);
    return server;
  } catch (error) {
    await server.kill();
    throw error;
  }
}

async function writeServing(folder: string, pair: KeyPair): Promise<AggregatedServer["servingFiles"]> {
  const files = { certificate: join(folder, "tls.crt"), key: join(folder, "tls.key") };
  await writeFile(files.certificate, pair.certificate, { mode: 0o600 });
  await writeFile(files.key, pair.key, { mode: 0o600 });
  return files;
}

type Base = Pick<AggregatedServer, "port" | "folder" | "registration" | "authority" | "kubeconfig" | "servingFiles">;

function aggregatedServer(cluster: ControlPlane, base: Base, member: MemberProcess): AggregatedServer {
  const { port, authority, registration: registered } = base;
  const direct: AggregatedServer["direct"] = (credential = {}) =>
    new RestClient(port, { ...credential, ca: authority.certificate });
  const availability = (): Promise<Availability> => availabilityOf(cluster.admin, registered.apiService);
  const becomes = (status: string): Promise<Availability> =>
    poll(
      async () => {
        const now = await availability();
        if (now.status === status) return now;
        await lookAgain(cluster.admin, registered);
        return undefined;
      },
      async () => `${registered.apiService} is ${JSON.stringify(await availability())}\n${await member.log()}`,
    );
  return {
    ...base,
    direct,
    async directKubeconfigFor(user) {
      const file = join(base.folder, `kubeconfig-${user.name}`);
      const address = { url: `https://127.0.0.1:${port}`, ca: authority.certificate };
      await writeKubeconfig(file, address, await cluster.certificateFor(user));
      return file;
    },
    availability,
    becomesAvailable: () => becomes("True"),
    becomesUnavailable: () => becomes("False"),
    kill: () => member.kill(),
    end: (signal) => member.end(signal),
    async start() {
      await member.start();
      const ready = await poll(
        // A dead one will not become ready.
        async () =>
          member.pid === undefined ? "ended" : (await direct().send("GET", "/readyz")).status === 200 && "ready",
        async () => `the server does not become ready\n${await member.log()}`,
      );
      if (ready === "ended") throw new Error(`the server ended\n${await member.log()}`);
    },
    pause: () => member.pause(),
    resume: () => member.resume(),
    log: () => member.log(),
  };
}

async function availabilityOf(admin: RestClient, apiService: string): Promise<Availability> {
  const { body } = await admin.send("GET", `/apis/apiregistration.k8s.io/v1/apiservices/${apiService}`);
  const { conditions } = (body["status"] ?? {}) as { conditions?: readonly (Availability & { type: string })[] };
  const found = conditions?.find(({ type }) => type === "Available");
  return found ?? { status: "Unknown", reason: "", message: "not looked at yet" };
}

/** kube-apiserver looks at a server every 30 s, and whenever its Service changes. */
async function lookAgain(admin: RestClient, { namespace, name }: Registration): Promise<void> {
  const body = { metadata: { annotations: { "test/looked-at": String(Date.now()) } } };
  const path = `/api/v1/namespaces/${namespace}/services/${name}`;
  await admin.send("PATCH", path, { type: "application/merge-patch+json", body });
}

async function hasOpenApi(
  admin: RestClient,
  { group, version }: { readonly group: string; readonly version: string },
): Promise<void> {
  for (const document of ["/openapi/v3", "/openapi/v2"]) {
    await poll(
      async () => {
        const { body } = await admin.send("GET", document);
        return Object.keys(body["paths"] as object).some((path) => path.includes(`apis/${group}/${version}`));
      },
      () => `kube-apiserver does not get what is in the server's ${document}`,
    );
  }
}
