import type { Definitions } from "../../scheme/descriptor.ts";
import { scaleKind } from "../endpoint.ts";
import { meta, versionInfo } from "./definition-names.ts";

type Schema = { readonly [keyword: string]: unknown };

const plainText: Schema = { type: "string", default: "" };
const apiVersion = optionalText("Names the version of this object's schema, such as `v1`.");
const kind = optionalText("Names this object's type, in CamelCase.");
const scale = scaleKind.definition;

/**
 * The schemas, in OpenAPI v3, of what the server itself answers or takes: discovery, version, patches, scales.
 * The shapes are those of https://kubernetes.io/docs/reference/kubernetes-api/.
 */
export const serverDefinitions: Definitions = {
  [meta("APIGroup")]: object(
    "APIGroup tells the versions of one group.",
    {
      apiVersion,
      kind,
      name: text("The name of the group."),
      preferredVersion: reference("GroupVersionForDiscovery", "The version to prefer."),
      serverAddressByClientCIDRs: list(
        "Where clients reach the server, by their network.",
        "ServerAddressByClientCIDR",
      ),
      versions: list("The versions that are served, the preferred first.", "GroupVersionForDiscovery"),
    },
    ["name", "versions"],
  ),
  [meta("APIGroupList")]: object(
    "APIGroupList tells the groups that are served, for clients of /apis.",
    { apiVersion, groups: list("The groups.", "APIGroup"), kind },
    ["groups"],
  ),
  [meta("APIResource")]: object(
    "APIResource tells the names of a resource, and what can be done with it.",
    {
      categories: texts("Groups of resources that this one is in, such as `all`."),
      group: optionalText("The group of the kind; that of the list if empty."),
      kind: text("The kind of the objects, such as `Pod`."),
      name: text("The plural name, which URLs have."),
      namespaced: { description: "Whether objects live in namespaces.", type: "boolean", default: false },
      shortNames: texts("Short names that people may use."),
      singularName: text("The name of one, in lower case."),
      storageVersionHash: optionalText("Names the version in which objects are stored; to be compared only."),
      verbs: {
        description: "What can be done, such as get and list.",
        type: "array",
        items: { type: "string", default: "" },
      },
      version: optionalText("The version of the kind; that of the list if empty."),
    },
    ["name", "singularName", "namespaced", "kind", "verbs"],
  ),
  [meta("APIResourceList")]: object(
    "APIResourceList tells the resources of one group version.",
    {
      apiVersion,
      groupVersion: text("The group and version that the resources are of."),
      kind,
      resources: list("The resources and subresources.", "APIResource"),
    },
    ["groupVersion", "resources"],
  ),
  [meta("GroupVersionForDiscovery")]: object(
    "GroupVersionForDiscovery names a version, with and without its group.",
    { groupVersion: text("As in `group/version`."), version: text("As in `version`.") },
    ["groupVersion", "version"],
  ),
  [meta("Patch")]: {
    description: "Patch holds the changes to make to an object, in the form that its media type says.",
    type: "object",
  },
  [meta("ServerAddressByClientCIDR")]: object(
    "ServerAddressByClientCIDR tells where clients of a network reach the server.",
    { clientCIDR: text("The network of the client."), serverAddress: text("A host name or address, and port.") },
    ["clientCIDR", "serverAddress"],
  ),
  [versionInfo]: object(
    "Info tells which build of the server this is.",
    {
      buildDate: plainText,
      compiler: plainText,
      emulationMajor: optionalText("The major version that the server behaves as."),
      emulationMinor: optionalText("The minor version that the server behaves as."),
      gitCommit: plainText,
      gitTreeState: plainText,
      gitVersion: plainText,
      goVersion: plainText,
      major: text("The major version of the program."),
      minCompatibilityMajor: optionalText("The major version of the oldest server that this one works beside."),
      minCompatibilityMinor: optionalText("The minor version of the oldest server that this one works beside."),
      minor: text("The minor version of the program."),
      platform: plainText,
    },
    ["major", "minor", "gitVersion", "gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler", "platform"],
  ),
  [scale]: object("Scale is how many there are, and are to be, of what an object stands for.", {
    apiVersion,
    kind,
    metadata: nested(meta("ObjectMeta"), "The metadata of the object that is scaled."),
    spec: nested(`${scale}Spec`, "What is wished."),
    status: nested(`${scale}Status`, "What is. Read-only."),
  }),
  [`${scale}Spec`]: object("ScaleSpec is the wished scale.", {
    replicas: { description: "How many there are to be.", type: "integer", format: "int32" },
  }),
  [`${scale}Status`]: object(
    "ScaleStatus is the scale that was seen.",
    {
      replicas: { description: "How many there are.", type: "integer", format: "int32", default: 0 },
      selector: optionalText("Which pods are counted, as a label selector in text."),
    },
    ["replicas"],
  ),
};

function object(
  description: string,
  properties: { readonly [name: string]: Schema },
  required?: readonly string[],
): Schema {
  return { description, type: "object", ...(required === undefined ? {} : { required }), properties };
}

function text(description: string): Schema {
  return { description, ...plainText };
}

function optionalText(description: string): Schema {
  return { description, type: "string" };
}

function texts(description: string): Schema {
  return { description, type: "array", items: plainText, "x-kubernetes-list-type": "atomic" };
}

function list(description: string, item: string): Schema {
  const items = { default: {}, allOf: [{ $ref: `#/components/schemas/${meta(item)}` }] };
  return { description, type: "array", items, "x-kubernetes-list-type": "atomic" };
}

function reference(name: string, description: string): Schema {
  return nested(meta(name), description);
}

function nested(definition: string, description: string): Schema {
  return { description, default: {}, allOf: [{ $ref: `#/components/schemas/${definition}` }] };
}
