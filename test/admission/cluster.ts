import type { ServerResponse } from "node:http";
import { admissionChain, type Admission, type AdmissionPlugin } from "../../runtime/admission/admission.ts";
import { clusterPluginNames } from "../../runtime/admission/cluster-plugin-names.ts";
import {
  clusterPlugins,
  type ClusterPluginOptions,
  type ClusterPlugins,
} from "../../runtime/admission/cluster-plugins.ts";
import { clusterClient, type ClusterClient } from "../../runtime/cluster/client.ts";
import type { Scheme } from "../../runtime/scheme/scheme.ts";
import { startKubeApi, status, until, type Asked, type KubeApi } from "../cluster-client/kube-api.ts";
import { widgetScheme } from "../registry/widget.ts";

/** What admission reads of a cluster. */
export type Collection = "namespaces" | "mutatingwebhookconfigurations" | "validatingwebhookconfigurations";

/** An object of a cluster. */
interface Stored {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
}

/** A server in the role of a kube-apiserver that keeps what admission reads, lists and watches included. */
export interface TestCluster {
  readonly api: KubeApi;
  readonly client: ClusterClient;
  /** Collections that may not be read. */
  readonly forbidden: Set<Collection>;
  /** Collections whose lists and watches get no answer at all. */
  readonly silent: Set<Collection>;
  put(collection: Collection, name: string, object?: object): void;
  /** Changes what is asked for by name, but tells no watch. */
  putUntold(collection: Collection, name: string, object?: object): void;
  remove(collection: Collection, name: string): void;
  /** Back to how it started. */
  reset(): void;
  close(): Promise<void>;
}

/** Starts one with the namespace `ns`. */
export async function startCluster(): Promise<TestCluster> {
  const stored = new Map<string, Stored>();
  const watches = new Set<{ readonly collection: string; readonly response: ServerResponse }>();
  let revision = 1;
  const tell = (collection: Collection, type: string, object: object): void => {
    for (const watch of watches) {
      if (watch.collection === collection) watch.response.write(`${JSON.stringify({ type, object })}\n`);
    }
  };
  const keep = (collection: Collection, name: string, object: object): Stored => {
    const kept = { ...object, metadata: { ...metadataOf(object), name, resourceVersion: String(++revision) } };
    stored.set(`${collection}/${name}`, kept);
    return kept;
  };
  const cluster: Pick<TestCluster, "forbidden" | "silent"> = { forbidden: new Set(), silent: new Set() };
  const answer = ({ url, json, response }: Asked): void => {
    const [, collection = "", name] = /\/v1\/([a-z]+)(?:\/(.+))?$/.exec(url.pathname) ?? [];
    if (cluster.silent.has(collection as Collection)) return;
    if (cluster.forbidden.has(collection as Collection)) return json(403, forbidden(url, collection));
    if (name !== undefined) {
      const found = stored.get(`${collection}/${name}`);
      return found === undefined ? json(404, status(404, "NotFound", `${name} not found`)) : json(200, found);
    }
    if (url.searchParams.has("watch")) {
      response.writeHead(200, { "content-type": "application/json" });
      response.flushHeaders();
      watches.add({ collection, response });
      return;
    }
    const items = [...stored].filter(([key]) => key.startsWith(`${collection}/`)).map(([, object]) => object);
    json(200, { metadata: { resourceVersion: String(revision) }, items });
  };
  const api = await startKubeApi(answer);
  const client = clusterClient(api.config);
  const reset = (): void => {
    watches.clear();
    cluster.forbidden.clear();
    cluster.silent.clear();
    api.asked.length = 0;
    api.answer = answer;
    stored.clear();
    keep("namespaces", "ns", namespace());
  };
  reset();
  return {
    ...cluster,
    api,
    client,
    put: (collection, name, object = namespace()) => tell(collection, "MODIFIED", keep(collection, name, object)),
    putUntold: (collection, name, object = namespace()) => void keep(collection, name, object),
    remove(collection, name) {
      const object = stored.get(`${collection}/${name}`);
      stored.delete(`${collection}/${name}`);
      if (object !== undefined) tell(collection, "DELETED", object);
    },
    reset,
    async close() {
      client.close();
      await api.close();
    },
  };
}

/** A namespace as a cluster has it. */
export function namespace(phase = "Active", labels: Record<string, string> = {}): object {
  return { metadata: { labels }, status: { phase } };
}

function metadataOf(object: object): object {
  return "metadata" in object && typeof object.metadata === "object" ? { ...object.metadata } : {};
}

function forbidden({ pathname, searchParams }: URL, collection: string): object {
  const group = pathname.startsWith("/apis/") ? "admissionregistration.k8s.io" : "";
  const verb = searchParams.has("watch") ? "watch" : "list";
  const scope = `in API group "${group}" at the cluster scope`;
  const message = `${collection} is forbidden: User "server" cannot ${verb} resource "${collection}" ${scope}`;
  return status(403, "Forbidden", message);
}

/** The admission of a server that looks into a cluster. */
export interface ClusterAdmission {
  readonly plugins: ClusterPlugins;
  readonly chain: Admission;
  readonly scheme: Scheme;
  readonly told: string[];
}

/** What a test may say of it. */
export interface AdmissionChanges extends Partial<Omit<ClusterPluginOptions, "client">> {
  readonly own?: readonly AdmissionPlugin[];
}

/** Opens the plugins of a cluster, and puts an author's own among them. */
export function openAdmission(
  { client }: TestCluster,
  { own = [], ...changes }: AdmissionChanges = {},
): ClusterAdmission {
  const told: string[] = [];
  const scheme = changes.scheme ?? widgetScheme();
  const plugins = clusterPlugins({
    client,
    scheme,
    enabled: new Set(clusterPluginNames),
    lookupFailure: "fail",
    tell: (line) => told.push(line),
    ...changes,
  });
  return { plugins, scheme, told, chain: admissionChain(plugins.around(own)) };
}

/** Waits until a cluster has been asked to watch all that admission reads. */
export async function watched({ api }: TestCluster): Promise<void> {
  await until(() => api.asked.filter((line) => line.includes("watch=true")).length >= 3);
}
