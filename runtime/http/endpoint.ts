import type { RestStorage } from "../registry/rest-storage.ts";
import { scaleDescriptor } from "../registry/scale-descriptor.ts";
import type { GroupVersionKind, ResourceDescriptor } from "../scheme/descriptor.ts";

/** What can be done with a resource, as discovery and RBAC spell it. https://kubernetes.io/docs/reference/using-api/api-concepts/#api-verbs */
export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "deletecollection";

/** A kind that is not the descriptor's own, and the name of its schema. */
export interface ServedKind {
  readonly gvk: GroupVersionKind;
  readonly definition: string;
}

/** How a subresource that streams or proxies is reached. */
interface Connection {
  /** HTTP methods, upper-case. */
  readonly methods: readonly string[];
  /** Whether there is more below it: `…/proxy/{path}`. */
  readonly subpath: boolean;
}

/** One endpoint, a resource or a subresource, and what can be done there. Routes, discovery and OpenAPI are made of these. */
export interface Endpoint {
  readonly descriptor: ResourceDescriptor;
  /** Empty for the resource itself, else such as `status`. */
  readonly subresource: string;
  readonly verbs: readonly Verb[];
  /** Set where another kind than the resource's is read and written, such as Scale. */
  readonly served?: ServedKind;
  readonly connect?: Connection;
}

/** What the scale subresource of every kind reads and writes. */
export const scaleKind: ServedKind = scaleDescriptor;

/** The verbs that a storage serves: those it has the methods for. */
export function storageVerbs(storage: RestStorage): Verb[] {
  const verbs: [Verb, boolean][] = [
    ["get", storage.get !== undefined],
    ["list", storage.list !== undefined],
    ["watch", storage.watch !== undefined],
    ["create", storage.create !== undefined],
    ["update", storage.update !== undefined],
    ["patch", storage.get !== undefined && storage.update !== undefined],
    ["delete", storage.delete !== undefined],
    ["deletecollection", storage.deleteCollection !== undefined],
  ];
  return verbs.filter(([, served]) => served).map(([verb]) => verb);
}

/** The kind that an endpoint reads and writes. */
export function endpointKind({ served, descriptor }: Endpoint): ServedKind {
  return served ?? { gvk: descriptor.gvk, definition: descriptor.definition };
}
