import { notAcceptable } from "../meta/status-error.ts";
import type { KubeList, KubeObject, ListMeta, ObjectMeta } from "../meta/v1.ts";
import type { ResourceDescriptor } from "../scheme/descriptor.ts";

/** The versions of meta.k8s.io in which Table and PartialObjectMetadata can be had. */
export type MetaVersion = "v1" | "v1beta1";

/** An object without all but its metadata. https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#PartialObjectMetadata */
export interface PartialObjectMetadata {
  readonly kind: "PartialObjectMetadata";
  readonly apiVersion: `meta.k8s.io/${MetaVersion}`;
  readonly metadata: ObjectMeta;
}

/** A list of objects without all but their metadata. */
interface PartialObjectMetadataList {
  readonly kind: "PartialObjectMetadataList";
  readonly apiVersion: `meta.k8s.io/${MetaVersion}`;
  readonly metadata: ListMeta;
  /** Null where there are none, as Kubernetes answers. */
  readonly items: readonly PartialObjectMetadata[] | null;
}

/** Whether a value is a list of the descriptor's kind; else it is an object. */
export function isListOf(descriptor: ResourceDescriptor, value: KubeObject | KubeList): value is KubeList {
  return value.kind === descriptor.names.listKind && "items" in value;
}

/** The metadata of one object. Throws 406 for a list. */
export function partialMetadataOf(
  descriptor: ResourceDescriptor,
  value: KubeObject | KubeList,
  version: MetaVersion,
): PartialObjectMetadata {
  if (!isListOf(descriptor, value)) return partial(value, version);
  const type = goType(descriptor, descriptor.names.listKind);
  throw notAcceptable(`you requested PartialObjectMetadata, but the requested object is a list (${type})`);
}

/** The metadata of the objects of a list. Throws 406 for one object. */
export function partialMetadataListOf(
  descriptor: ResourceDescriptor,
  value: KubeObject | KubeList,
  version: MetaVersion,
): PartialObjectMetadataList {
  if (!isListOf(descriptor, value)) {
    const type = goType(descriptor, descriptor.gvk.kind);
    throw notAcceptable(`you requested PartialObjectMetadataList, but the requested object is not a list (${type})`);
  }
  return {
    kind: "PartialObjectMetadataList",
    apiVersion: `meta.k8s.io/${version}`,
    metadata: value.metadata,
    items: value.items.length === 0 ? null : value.items.map((item) => partial(item, version)),
  };
}

function partial({ metadata }: KubeObject, version: MetaVersion): PartialObjectMetadata {
  return { kind: "PartialObjectMetadata", apiVersion: `meta.k8s.io/${version}`, metadata };
}

/** What a Go server would call the type of a kind: clients see it. */
function goType({ gvk }: ResourceDescriptor, kind: string): string {
  return `*${gvk.group.split(".", 1).join()}.${kind}`;
}
