import {
  decodeField,
  dropUnknownField,
  int32Decoder,
  objectDecoder,
  stringDecoder,
  type Decoder,
  type DecodeReport,
  type Fields,
} from "../meta/decode.ts";
import { decodeObjectMeta, deepCopyObjectMeta } from "../meta/object-meta.ts";
import type { ResourceDescriptor } from "../scheme/descriptor.ts";
import { createScheme, type Scheme } from "../scheme/scheme.ts";
import type { Scale } from "./scale.ts";

/** The kind that scale subresources read and write, described as the generator describes the kinds of authors. */
export const scaleDescriptor: ResourceDescriptor<Scale> = {
  gvk: { group: "autoscaling", version: "v1", kind: "Scale" },
  names: { plural: "scales", singular: "scale", shortNames: [], categories: [], listKind: "ScaleList" },
  scope: "Namespaced",
  storageVersion: "v1",
  subresources: {},
  columns: [
    column("Desired", ".spec.replicas", "How many replicas there are to be."),
    column("Available", ".status.replicas", "How many replicas there are."),
    { ...column("Age", ".metadata.creationTimestamp", "How long the object has been there."), type: "date" },
  ],
  selectableFields: [],
  definition: "io.k8s.api.autoscaling.v1.Scale",
  decode: (value, report) => decodeScale(value as Fields, report),
  applyDefaults: () => undefined,
  // The object that is scaled is validated, and tells what is wrong by its own paths.
  validate: () => [],
  deepCopy: (object) => ({
    ...object,
    metadata: deepCopyObjectMeta(object.metadata),
    spec: { ...object.spec },
    status: { ...object.status },
  }),
  strategy: {},
};

/** The scheme of what scale subresources read and write. */
export const scaleScheme: Scheme = createScheme([
  { group: "autoscaling", version: "v1", resources: [scaleDescriptor], openApi: { v2: {}, v3: {} } },
]);

function column(name: string, jsonPath: string, description: string): ResourceDescriptor["columns"][number] {
  return { name, type: "integer", jsonPath, description, format: "", priority: 0 };
}

const specDecoder = objectDecoder("v1.ScaleSpec", (fields, report) =>
  decodeFields(fields as Fields, "ScaleSpec", { replicas: int32Decoder }, report),
);
const statusDecoder = objectDecoder("v1.ScaleStatus", (fields, report) =>
  decodeFields(fields as Fields, "ScaleStatus", { replicas: int32Decoder, selector: stringDecoder }, report),
);
const parts = { kind: stringDecoder, apiVersion: stringDecoder, spec: specDecoder, status: statusDecoder };

function decodeScale(fields: Fields, report: DecodeReport): Scale {
  decodeFields(fields, "Scale", parts, report);
  fields["metadata"] ??= {};
  fields["spec"] ??= {};
  fields["status"] = { replicas: 0, ...(fields["status"] as Partial<Scale["status"]> | undefined) };
  // What is no Scale by now has been reported, and is used by nobody.
  return fields as unknown as Scale;
}

/** Decodes an object in place, by the decoders of its fields; drops nulls, and what it has no decoder for. */
function decodeFields(
  fields: Fields,
  struct: string,
  decoders: { readonly [field: string]: Decoder },
  report: DecodeReport,
): Fields {
  report.struct = struct;
  for (const name of Object.keys(fields)) {
    const decoder = Object.hasOwn(decoders, name) ? decoders[name] : undefined;
    if (fields[name] === null) delete fields[name];
    else if (decoder !== undefined) decodeField(fields, name, decoder, report);
    else if (name === "metadata" && struct === "Scale") fields[name] = decodeObjectMeta(fields[name], name, report);
    else dropUnknownField(fields, name, report);
  }
  return fields;
}
