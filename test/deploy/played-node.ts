import { chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { ControlPlane } from "../cluster/control-plane.ts";
import { RestClient, type Json } from "../e2e/rest-client.ts";
import { again } from "./again.ts";
import { lead, Pod, podEnvironment, writeVolume } from "./pod.ts";

/** What plays the part of a cluster's nodes and of the controllers of workloads, for one Deployment. */
export interface PlayedNode {
  /** The image of the pod that runs now; undefined while there is none. */
  readonly image: string | undefined;
  /** How many pods have been started. */
  readonly started: number;
  /** What went wrong in it, such as a pod that ended. */
  log(): Promise<string>;
  close(): Promise<void>;
}

/** The parts of a Deployment that a node looks at. */
interface DeploymentObject {
  readonly metadata: { readonly generation: number };
  readonly spec: { readonly replicas?: number; readonly template: { readonly spec: PodSpec } };
}

interface PodSpec {
  readonly serviceAccountName: string;
  readonly securityContext: { readonly runAsUser: number; readonly fsGroup: number };
  readonly containers: readonly [
    {
      readonly image: string;
      readonly args: readonly string[];
      readonly ports: readonly [{ readonly containerPort: number }];
      readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
    },
  ];
  readonly volumes: readonly { readonly name: string; readonly secret?: { readonly secretName: string } }[];
}

const lookMs = 100;
const accountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Runs the pod of a Deployment whenever there is one, as its template says: the container's arguments, its Secrets and
 * volumes, a token of its service account. Tells the cluster what controllers would: that the pod is there, and, since
 * nothing routes here, that the Service is another name of this machine. `app` is what the image has in `/app`.
 */
export async function playNode(
  cluster: ControlPlane,
  { namespace, name, app }: { readonly namespace: string; readonly name: string; readonly app: string },
): Promise<PlayedNode> {
  const folder = join(cluster.folder, `node-${name}`);
  mkdirSync(folder);
  const player = new Player(cluster, { namespace, name, app, folder });
  const inward = await lead({ host: "127.0.0.1", port: 443 }, { path: join(folder, "pod.sock") });
  const outward = await lead({ path: join(folder, "cluster.sock") }, { host: "127.0.0.1", port: cluster.port });
  let trouble = "";
  const looking = again(lookMs, async () => {
    // As a kubelet does: what is not there yet may come.
    await player.look().catch((error: unknown) => (trouble = String(error)));
  });
  return {
    get image() {
      return player.image;
    },
    get started() {
      return player.started;
    },
    log: async () => `${trouble}\n${await player.log()}`,
    async close() {
      await looking.end();
      await player.stop();
      await inward.close();
      await outward.close();
    },
  };
}

interface Part {
  readonly namespace: string;
  readonly name: string;
  readonly app: string;
  readonly folder: string;
}

class Player {
  readonly #cluster: ControlPlane;
  readonly #part: Part;
  #pod: Pod | undefined;
  #template = "";
  #secretVersion: unknown;
  #reported = "";
  image: string | undefined;
  started = 0;

  constructor(cluster: ControlPlane, part: Part) {
    this.#cluster = cluster;
    this.#part = part;
  }

  /** One round of all that it does. */
  async look(): Promise<void> {
    const { namespace, name } = this.#part;
    const deployment = await this.#get<DeploymentObject>(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`);
    if (deployment === undefined || deployment.spec.replicas === 0) {
      await this.stop();
      return;
    }
    const { spec } = deployment.spec.template;
    const secret = await this.#serving(spec);
    if (secret === undefined) return;
    const template = JSON.stringify(spec);
    if (template !== this.#template) {
      await this.stop();
      await this.#run(spec);
      this.#template = template;
    }
    await this.#report(deployment, await this.#isReady());
  }

  async stop(): Promise<void> {
    await this.#pod?.stop();
    this.#pod = undefined;
    this.#template = "";
    this.image = undefined;
  }

  async log(): Promise<string> {
    return (await this.#pod?.log()) ?? "no pod runs";
  }

  /** Writes the serving certificate where the pod finds it, whenever it has changed. */
  async #serving({ volumes, securityContext }: PodSpec): Promise<Json | undefined> {
    const { namespace, folder } = this.#part;
    const secretName = volumes.find(({ secret }) => secret !== undefined)?.secret?.secretName;
    const secret = await this.#get<Json>(`/api/v1/namespaces/${namespace}/secrets/${secretName}`);
    const version = (secret?.["metadata"] as { resourceVersion?: unknown } | undefined)?.resourceVersion;
    if (secret === undefined || version === this.#secretVersion) return secret;
    const data = Object.entries(secret["data"] as Record<string, string>);
    const files = new Map(data.map(([file, text]) => [file, Buffer.from(text, "base64")] as const));
    writeVolume(join(folder, "serving"), files, securityContext.fsGroup);
    this.#secretVersion = version;
    return secret;
  }

  async #run(spec: PodSpec): Promise<void> {
    const { namespace, app, folder } = this.#part;
    const [container] = spec.containers;
    const { runAsUser: user, fsGroup } = spec.securityContext;
    const account = join(folder, "account");
    const token = await this.#cluster.serviceAccountToken(namespace, spec.serviceAccountName);
    const authority = this.#cluster.pki.authority.certificate;
    writeVolume(account, new Map(Object.entries({ token, "ca.crt": authority, namespace })), fsGroup);
    const volumes = container.volumeMounts.map(({ name, mountPath }) => {
      const source = join(folder, name);
      mkdirSync(source, { recursive: true });
      chownSync(source, 0, fsGroup);
      return [mountPath, source] as const;
    });
    chownSync(join(folder, "data"), user, fsGroup);
    this.#pod = new Pod({
      folder,
      user,
      root: { app },
      entrypoint: ["node", "/app/main.js"],
      environment: { ...podEnvironment, PATH: "/nodejs:/usr/sbin:/usr/bin:/sbin:/bin" },
      args: container.args,
      containerPort: container.ports[0].containerPort,
      mounts: Object.fromEntries([...volumes, [accountFolder, account]]),
    });
    await this.#pod.start();
    this.image = container.image;
    this.started += 1;
  }

  async #isReady(): Promise<boolean> {
    if (this.#pod?.isRunning !== true) return false;
    const probe = new RestClient(443).send("GET", "/readyz");
    return probe.then(
      ({ status }) => status === 200,
      () => false,
    );
  }

  /** What the controllers of Deployments and of endpoints would say. */
  async #report({ metadata: { generation } }: DeploymentObject, isReady: boolean): Promise<void> {
    const { namespace, name } = this.#part;
    const report = JSON.stringify([generation, isReady, this.started]);
    if (report === this.#reported) return;
    const ready = isReady ? 1 : 0;
    const status = {
      observedGeneration: generation,
      replicas: 1,
      updatedReplicas: 1,
      readyReplicas: ready,
      availableReplicas: ready,
      unavailableReplicas: 1 - ready,
    };
    await this.#patch(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}/status`, { status });
    const told = await this.#patch(`/api/v1/namespaces/${namespace}/services/${name}`, {
      // kube-apiserver looks at a server whenever its Service or its endpoints change.
      metadata: { annotations: { "test/report": report } },
      spec: { type: "ExternalName", externalName: "localhost" },
    });
    if (told) this.#reported = report;
  }

  async #get<T>(path: string): Promise<T | undefined> {
    const { status, body } = await this.#cluster.admin.send("GET", path);
    return status === 200 ? (body as T) : undefined;
  }

  async #patch(path: string, body: object): Promise<boolean> {
    const { status } = await this.#cluster.admin.send("PATCH", path, { type: "application/merge-patch+json", body });
    return status === 200;
  }
}
