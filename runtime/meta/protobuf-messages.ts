import {
  flag,
  integer,
  json,
  list,
  message,
  one,
  optional,
  readableOne,
  text,
  textMap,
  texts,
  time,
  wrappedTexts,
  type Message,
} from "./protobuf-fields.ts";

// The numbers are those of the API machinery's definitions, and part of its API:
// https://github.com/kubernetes/apimachinery/blob/v0.36.4/pkg/apis/meta/v1/generated.proto
// https://github.com/kubernetes/api/blob/v0.36.4/apidiscovery/v2/generated.proto

const listMeta = message({
  selfLink: [1, text],
  resourceVersion: [2, text],
  continue: [3, text],
  remainingItemCount: [4, optional(integer)],
});

const ownerReference = message({
  kind: [1, text],
  name: [3, text],
  uid: [4, text],
  apiVersion: [5, text],
  controller: [6, optional(flag)],
  blockOwnerDeletion: [7, optional(flag)],
});

const managedFieldsEntry = message({
  manager: [1, text],
  operation: [2, text],
  apiVersion: [3, text],
  time: [4, optional(time)],
  fieldsType: [6, text],
  fieldsV1: [7, json],
  subresource: [8, text],
});

const objectMeta = message({
  name: [1, text],
  generateName: [2, text],
  namespace: [3, text],
  selfLink: [4, text],
  uid: [5, text],
  resourceVersion: [6, text],
  generation: [7, integer],
  creationTimestamp: [8, time],
  deletionTimestamp: [9, optional(time)],
  deletionGracePeriodSeconds: [10, optional(integer)],
  labels: [11, textMap],
  annotations: [12, textMap],
  ownerReferences: [13, list(one(ownerReference))],
  finalizers: [14, texts],
  managedFields: [17, list(one(managedFieldsEntry))],
});

const partialObjectMetadata = message({ metadata: [1, one(objectMeta)] });

const partialObjectMetadataList = message({
  metadata: [1, one(listMeta)],
  items: [2, list(one(partialObjectMetadata))],
});

const partialObjectMetadataListBeta = message({
  items: [1, list(one(partialObjectMetadata))],
  metadata: [2, one(listMeta)],
});

const statusCause = message({ reason: [1, text], message: [2, text], field: [3, text] });

const statusDetails = message({
  name: [1, text],
  group: [2, text],
  kind: [3, text],
  causes: [4, list(one(statusCause))],
  retryAfterSeconds: [5, integer],
  uid: [6, text],
});

const status = message({
  metadata: [1, one(listMeta)],
  status: [2, text],
  message: [3, text],
  reason: [4, text],
  details: [5, optional(one(statusDetails))],
  code: [6, integer],
});

const serverAddress = message({ clientCIDR: [1, text], serverAddress: [2, text] });

const groupVersion = message({ groupVersion: [1, text], version: [2, text] });

const apiGroup = message({
  name: [1, text],
  versions: [2, list(one(groupVersion))],
  preferredVersion: [3, one(groupVersion)],
  serverAddressByClientCIDRs: [4, list(one(serverAddress))],
});

const apiGroupList = message({ groups: [1, list(one(apiGroup))] });

const apiVersions = message({
  versions: [1, texts],
  serverAddressByClientCIDRs: [2, list(one(serverAddress))],
});

const apiResource = message({
  name: [1, text],
  namespaced: [2, flag],
  kind: [3, text],
  verbs: [4, wrappedTexts],
  shortNames: [5, texts],
  singularName: [6, text],
  categories: [7, texts],
  group: [8, text],
  version: [9, text],
  storageVersionHash: [10, text],
});

const apiResourceList = message({ groupVersion: [1, text], resources: [2, list(one(apiResource))] });

const groupVersionKind = message({ group: [1, text], version: [2, text], kind: [3, text] });

const subresourceDiscovery = message({
  subresource: [1, text],
  responseKind: [2, optional(one(groupVersionKind))],
  acceptedTypes: [3, list(one(groupVersionKind))],
  verbs: [4, texts],
});

const resourceDiscovery = message({
  resource: [1, text],
  responseKind: [2, optional(one(groupVersionKind))],
  scope: [3, text],
  singularResource: [4, text],
  verbs: [5, texts],
  shortNames: [6, texts],
  categories: [7, texts],
  subresources: [8, list(one(subresourceDiscovery))],
});

const versionDiscovery = message({
  version: [1, text],
  resources: [2, list(one(resourceDiscovery))],
  freshness: [3, text],
});

const groupDiscovery = message({ metadata: [1, one(objectMeta)], versions: [2, list(one(versionDiscovery))] });

const groupDiscoveryList = message({ metadata: [1, one(listMeta)], items: [2, list(one(groupDiscovery))] });

const preconditions = message({ uid: [1, optional(text)], resourceVersion: [2, optional(text)] });

/** DeleteOptions, the one kind that is read. */
export const deleteOptions = message({
  gracePeriodSeconds: [1, optional(integer)],
  preconditions: [2, optional(readableOne(preconditions))],
  orphanDependents: [3, optional(flag)],
  propagationPolicy: [4, optional(text)],
  dryRun: [5, texts],
});

const byType: ReadonlyMap<string, Message> = new Map<string, Message>([
  ["v1 Status", status],
  ["v1 APIGroup", apiGroup],
  ["v1 APIResourceList", apiResourceList],
  // These two do not tell their version.
  [" APIGroupList", apiGroupList],
  [" APIVersions", apiVersions],
  ["apidiscovery.k8s.io/v2 APIGroupDiscoveryList", groupDiscoveryList],
  ["meta.k8s.io/v1 PartialObjectMetadata", partialObjectMetadata],
  ["meta.k8s.io/v1beta1 PartialObjectMetadata", partialObjectMetadata],
  ["meta.k8s.io/v1 PartialObjectMetadataList", partialObjectMetadataList],
  ["meta.k8s.io/v1beta1 PartialObjectMetadataList", partialObjectMetadataListBeta],
]);

/** How objects of a type are written; throws for types that have no protobuf form. */
export function messageOf(apiVersion: string, kind: string): Message {
  const known = byType.get(`${apiVersion} ${kind}`);
  if (known === undefined) throw new Error(`${apiVersion} ${kind} has no protobuf form`);
  return known;
}
