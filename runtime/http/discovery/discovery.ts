import { encodeProtobuf } from "../../meta/protobuf-envelope.ts";
import { once } from "../../meta/once.ts";
import type { TypeMeta } from "../../meta/v1.ts";
import type { Endpoint } from "../endpoint.ts";
import {
  answerBody,
  contentHash,
  matchesEtag,
  sharedBody,
  type Answer,
  type DocumentRequest,
  type SharedBody,
} from "../document.ts";
import { yamlText } from "../yaml-text.ts";
import { resourceDiscoveries } from "./group-discovery.ts";
import { negotiateDiscovery, type Wish } from "./negotiate.ts";
import { apiResources } from "./resource-list.ts";

/** What discovery tells of. */
interface DiscoverySources {
  /** The served group versions, in order of preference within a group. */
  readonly groupVersions: readonly { readonly group: string; readonly version: string }[];
  readonly endpoints: readonly Endpoint[];
  /** Where clients reach the server, such as `:8443`; asked when a document that tells it is first asked for. */
  readonly serverAddress: () => string;
  /** Whether clients ask this server itself, with no kube-apiserver in front; false if unset. */
  readonly standsAlone?: boolean;
}

/** The discovery documents by path. Made once a change of what is served, then only read. */
export type Discovery = ReadonlyMap<string, DiscoveryDocument>;

interface DiscoveryDocument {
  readonly plain: Renditions;
  readonly aggregated?: Renditions;
}

/** One document in each way it may be asked for, each made when it first is. */
interface Renditions {
  readonly json: () => SharedBody;
  readonly indented: () => SharedBody;
  readonly yaml: () => SharedBody;
  readonly protobuf: () => SharedBody;
  /** With quotes. */
  readonly etag: () => string;
}

const aggregatedParameters = ";g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/**
 * Makes the documents of `/apis`, each group and each group version, and of `/api` for a server that stands alone.
 * https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
 */
export function prepareDiscovery(sources: DiscoverySources): Discovery {
  const { groupVersions, endpoints, serverAddress, standsAlone = false } = sources;
  const addresses = () => [{ clientCIDR: "0.0.0.0/0", serverAddress: serverAddress() }];
  const groups = groupsOf(groupVersions);
  const groupList = () => groups.map((group) => ({ ...group, serverAddressByClientCIDRs: addresses() }));
  const documents = new Map<string, DiscoveryDocument>();
  if (standsAlone) {
    // Says that no group lives there. A 404, as behind a kube-apiserver, costs kubectl the aggregated form.
    documents.set("/api", {
      plain: renditions(() => ({ kind: "APIVersions", versions: [], serverAddressByClientCIDRs: addresses() })),
      aggregated: renditions(() => aggregatedList([])),
    });
  }
  documents.set("/apis", {
    plain: renditions(() => ({ kind: "APIGroupList", groups: groupList() })),
    aggregated: renditions(() => aggregatedList(groups.map((group) => groupDiscovery(group, endpoints)))),
  });
  for (const group of groups) {
    const document = { kind: "APIGroup", apiVersion: "v1", ...group };
    documents.set(`/apis/${group.name}`, { plain: renditions(() => document) });
    for (const { groupVersion, version } of group.versions) {
      const resources = apiResources(endpointsOf(group.name, version, endpoints));
      const list = { kind: "APIResourceList", apiVersion: "v1", groupVersion, resources };
      documents.set(`/apis/${groupVersion}`, { plain: renditions(() => list) });
    }
  }
  return documents;
}

/** Answers a GET of one of the documents; throws a StatusError where the client accepts no form that there is. */
export function answerDiscovery(discovery: Discovery, path: string, request: DocumentRequest): Answer {
  const document = discovery.get(path);
  if (document === undefined) throw new Error(`${path} is no discovery document`);
  const { plain, aggregated } = document;
  const wish = negotiateDiscovery(request.accept, aggregated === undefined ? "plain" : "plain and aggregated");
  if (aggregated === undefined || wish.form === "plain") {
    return answerBody(body(plain, wish, request), request, { "content-type": `application/${wish.media}` });
  }
  const etag = aggregated.etag();
  const headers = { "cache-control": "public", etag, vary: "Accept" };
  if (matchesEtag(request.ifNoneMatch, etag)) return { status: 304, headers, body: undefined };
  const contentType = `application/${wish.media}${aggregatedParameters}`;
  return answerBody(body(aggregated, wish, request), request, { ...headers, "content-type": contentType });
}

interface Group {
  readonly name: string;
  readonly versions: readonly { readonly groupVersion: string; readonly version: string }[];
  readonly preferredVersion: { readonly groupVersion: string; readonly version: string } | undefined;
}

function groupsOf(groupVersions: DiscoverySources["groupVersions"]): Group[] {
  return [...new Set(groupVersions.map(({ group }) => group))].map((name) => {
    const versions = groupVersions
      .filter(({ group }) => group === name)
      .map(({ version }) => ({ groupVersion: `${name}/${version}`, version }));
    return { name, versions, preferredVersion: versions[0] };
  });
}

function aggregatedList(items: readonly { readonly metadata: { readonly name: string } }[]) {
  const sorted = items.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  return { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", metadata: {}, items: sorted };
}

function groupDiscovery({ name, versions }: Group, endpoints: readonly Endpoint[]) {
  return {
    metadata: { name },
    versions: versions.map(({ version }) => ({
      version,
      resources: resourceDiscoveries(apiResources(endpointsOf(name, version, endpoints))),
      freshness: "Current",
    })),
  };
}

function endpointsOf(group: string, version: string, endpoints: readonly Endpoint[]): Endpoint[] {
  return endpoints.filter(({ descriptor: { gvk } }) => gvk.group === group && gvk.version === version);
}

function renditions(make: () => TypeMeta & Readonly<Record<string, unknown>>): Renditions {
  const document = once(make);
  const json = once(() => sharedBody(`${JSON.stringify(document())}\n`));
  return {
    json,
    indented: once(() => sharedBody(JSON.stringify(document(), undefined, 2))),
    yaml: once(() => sharedBody(yamlText(document()))),
    protobuf: once(() => sharedBody(encodeProtobuf(document()))),
    // Of the JSON for all: `Vary: Accept` keeps them apart.
    etag: once(() => `"${contentHash(json().bytes)}"`),
  };
}

function body(made: Renditions, { media, pretty }: Wish, request: DocumentRequest): SharedBody {
  switch (media) {
    case "json":
      return pretty || request.pretty === true ? made.indented() : made.json();
    case "yaml":
      return made.yaml();
    case "vnd.kubernetes.protobuf":
      return made.protobuf();
  }
}
