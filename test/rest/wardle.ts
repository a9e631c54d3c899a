import { pathSegmentName } from "../../runtime/meta/names.ts";
import {
  booleanDecoder,
  decodeField,
  dropUnknownField,
  isFields,
  listDecoder,
  mapDecoder,
  objectDecoder,
  stringDecoder,
  int64Decoder,
  type Decoder,
  type Fields,
} from "../../runtime/meta/decode.ts";
import { decodeObjectMeta, deepCopyObjectMeta } from "../../runtime/meta/object-meta.ts";
import type { KubeObject } from "../../runtime/meta/v1.ts";
import type { Conversion } from "../../runtime/scheme/conversion.ts";
import type { Definitions, PrinterColumn, ResourceDescriptor } from "../../runtime/scheme/descriptor.ts";
import { createScheme, type Scheme } from "../../runtime/scheme/scheme.ts";
import { recordedBody } from "../http/openapi/recorded.ts";

/**
 * The kinds of the sample-apiserver, as the generator would describe them: flunders in two versions, stored as v1alpha1;
 * fischers, cluster-scoped, in one.
 */
export const group = "wardle.example.com";

interface Kind {
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly scope: "Namespaced" | "Cluster";
  readonly fields: ReadonlyMap<string, Decoder>;
  readonly required: readonly string[];
}

/** What a test may change of flunders. */
export interface FlunderChanges {
  readonly columns?: readonly PrinterColumn[];
  /** Whether PUT creates. */
  readonly createOnUpdate?: boolean;
}

/** The scheme of the sample-apiserver. */
export function wardleScheme(changes: FlunderChanges = {}): Scheme {
  const alpha = {
    ...describe(flunder("v1alpha1", ["reference", "referenceType"])),
    columns: changes.columns ?? [],
    strategy: {
      names: pathSegmentName,
      allowUnconditionalUpdate: false,
      allowCreateOnUpdate: changes.createOnUpdate ?? false,
    },
  };
  const beta = {
    ...describe(flunder("v1beta1", ["flunderReference", "fischerReference", "referenceType"])),
    conversion: betaConversion,
    strategy: alpha.strategy,
  };
  return createScheme([
    { group, version: "v1beta1", resources: [beta], openApi: { v2: {}, v3: betaDefinitions() } },
    { group, version: "v1alpha1", resources: [alpha, describe(fischer)], openApi: { v2: {}, v3: alphaDefinitions() } },
  ]);
}

const definitionPrefix = "io.k8s.sample-apiserver.pkg.apis.wardle";

/** The definitions that the Go server publishes. */
function alphaDefinitions(): Definitions {
  const { components } = recordedBody("oa-v3-gv") as { components: { schemas: Definitions } };
  return components.schemas;
}

/** Those of the other version, which differ in the names of references. */
function betaDefinitions(): Definitions {
  const text = { type: "string" };
  const properties = { flunderReference: text, fischerReference: text, referenceType: text };
  const renamed = JSON.stringify(alphaDefinitions()).replaceAll("wardle.v1alpha1.", "wardle.v1beta1.");
  return {
    ...(JSON.parse(renamed) as Definitions),
    [`${definitionPrefix}.v1beta1.FlunderSpec`]: { type: "object", properties },
  };
}

/** The descriptor of a resource. */
export function descriptorOf(scheme: Scheme, plural: string, version = "v1alpha1"): ResourceDescriptor {
  const descriptor = scheme.resource(group, version, plural);
  if (descriptor === undefined) throw new Error(`no ${plural} in ${version}`);
  return descriptor;
}

function flunder(version: string, specFields: readonly string[]): Kind {
  const texts = specFields.map((name) => [name, stringDecoder] as const);
  const more = [
    ["count", int64Decoder],
    ["on", booleanDecoder],
    ["texts", mapDecoder(stringDecoder)],
  ] as const;
  const spec = objectOf(`${version}.FlunderSpec`, "FlunderSpec", new Map<string, Decoder>([...texts, ...more]));
  const status = objectOf(`${version}.FlunderStatus`, "FlunderStatus", new Map());
  const fields = new Map<string, Decoder>([
    ["spec", spec],
    ["status", status],
  ]);
  return { version, kind: "Flunder", plural: "flunders", scope: "Namespaced", fields, required: ["spec", "status"] };
}

const fischer: Kind = {
  version: "v1alpha1",
  kind: "Fischer",
  plural: "fischers",
  scope: "Cluster",
  fields: new Map<string, Decoder>([["disallowedFlunders", listDecoder(stringDecoder)]]),
  required: [],
};

function objectOf(goType: string, struct: string, fields: ReadonlyMap<string, Decoder>): Decoder {
  return objectDecoder(goType, (value, report) => {
    report.struct = struct;
    decodeFields(value as Fields, fields, report);
    return value;
  });
}

type Report = Parameters<Decoder["decode"]>[1];

function decodeFields(value: Fields, fields: ReadonlyMap<string, Decoder>, report: Report): void {
  for (const name of Object.keys(value)) {
    const decoder = fields.get(name);
    if (decoder === undefined) dropUnknownField(value, name, report);
    else if (value[name] === null) delete value[name];
    else decodeField(value, name, decoder, report);
  }
}

function describe({ version, kind, plural, scope, fields, required }: Kind): ResourceDescriptor {
  const typeMeta = new Map([...fields, ["apiVersion", stringDecoder], ["kind", stringDecoder]] as const);
  return {
    gvk: { group, version, kind },
    names: { plural, singular: plural.slice(0, -1), shortNames: [], categories: [], listKind: `${kind}List` },
    scope,
    storageVersion: "v1alpha1",
    subresources: {},
    columns: [],
    selectableFields: [],
    definition: `${definitionPrefix}.${version}.${kind}`,
    decode(value, report) {
      const all = value as Fields;
      const { metadata, ...rest } = all;
      report.struct = kind;
      decodeFields(rest, typeMeta, report);
      for (const name of required) rest[name] ??= {};
      return { ...rest, metadata: decodeObjectMeta(metadata, "metadata", report) };
    },
    applyDefaults: (object) => setReferenceType(object),
    validate: () => [],
    deepCopy: (object) => ({ ...structuredClone(object), metadata: deepCopyObjectMeta(object.metadata) }),
    strategy: { names: pathSegmentName },
  };
}

interface WithSpec extends KubeObject {
  spec?: unknown;
}

// The Go server converts what it decodes, and drops references of types that it does not know on the way.
function setReferenceType(object: WithSpec): void {
  const { spec } = object;
  if (isFields(spec) && !["Flunder", "Fischer", undefined].includes(spec["referenceType"] as string | undefined)) {
    delete spec["reference"];
    delete spec["referenceType"];
  }
  if (isFields(spec) && typeof spec["reference"] === "string" && spec["reference"] !== "") {
    spec["referenceType"] ??= "Flunder";
  }
}

const betaConversion: Conversion = {
  toStorage: (served: WithSpec) => {
    const { flunderReference, fischerReference, ...spec } = isFields(served.spec) ? served.spec : {};
    const reference = flunderReference ?? fischerReference;
    return { ...served, spec: { ...(reference === undefined ? {} : { reference }), ...spec } };
  },
  fromStorage: (stored: WithSpec) => {
    const { reference, ...spec } = isFields(stored.spec) ? stored.spec : {};
    const name = spec["referenceType"] === "Fischer" ? "fischerReference" : "flunderReference";
    return { ...stored, spec: { ...(reference === undefined ? {} : { [name]: reference }), ...spec } };
  },
};
