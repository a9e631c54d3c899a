import type { FieldFilter } from "../apply/compare-typed.ts";
import type { FieldManagerOptions } from "../apply/field-manager.ts";
import { fieldSetOf } from "../apply/field-set.ts";
import { deducedType, typedSchemaOf } from "../apply/openapi-schema.ts";
import { patchTypesOf } from "../apply/patch-schema-openapi.ts";
import type { PatchSchema, PatchTypes } from "../apply/patch-schema.ts";
import { fieldElement } from "../apply/path-element.ts";
import { SchemaIndex, type TypeRef } from "../apply/typed-schema.ts";
import type { Typed } from "../apply/updater.ts";
import { isObject, type JsonObject } from "../apply/value.ts";
import { newDecodeReport } from "../meta/decode.ts";
import { once } from "../meta/once.ts";
import type { KubeObject } from "../meta/v1.ts";
import type { GroupVersionRegistration, ResourceDescriptor } from "../scheme/descriptor.ts";
import type { Scheme } from "../scheme/scheme.ts";
import { apiVersionOf, convert } from "../scheme/versioned.ts";
import { zeroObject } from "../scheme/zero-object.ts";

/** What the OpenAPI definitions of a kind tell of one endpoint; made of them when it is first asked for. */
export interface KindSchemas {
  /** How the owners of fields are kept track of. */
  readonly fieldManager: () => Omit<FieldManagerOptions, "now">;
  /** How strategic merge patches are read. */
  readonly patchSchema: () => PatchSchema;
}

/** As many managers may own by update before the oldest are put together. */
const updateManagersMax = 10;

/**
 * The schemas of all kinds of a scheme, by the served version and the subresource, which is empty for the resource
 * itself. Kinds without a definition are taken as they come: maps are merged, lists replaced.
 */
export function kindSchemas(scheme: Scheme): (descriptor: ResourceDescriptor, subresource: string) => KindSchemas {
  const kinds: Kinds = { scheme, ofVersion: new Map() };
  return (descriptor, subresource) => ({
    fieldManager: once(() => fieldManagerFor(kinds, descriptor, subresource)),
    patchSchema: once(() => patchSchemaOf(kinds, descriptor)),
  });
}

/** An object as the JSON that it is written as. */
export function asJson(object: KubeObject): JsonObject {
  // An object is JSON by its type, which interfaces cannot say.
  return object as unknown as JsonObject;
}

interface Kinds {
  readonly scheme: Scheme;
  readonly ofVersion: Map<GroupVersionRegistration, VersionSchemas>;
}

interface VersionSchemas {
  readonly typed: () => SchemaIndex;
  readonly patchTypes: () => PatchTypes;
}

function schemasOf({ scheme, ofVersion }: Kinds, { gvk }: ResourceDescriptor): VersionSchemas {
  const { group, version } = gvk;
  const registration = scheme.groupVersions.find((served) => served.group === group && served.version === version);
  if (registration === undefined) throw new Error(`${apiVersionOf(gvk)} is not in the scheme`);
  const known = ofVersion.get(registration);
  if (known !== undefined) return known;
  const definitions = registration.openApi.v3;
  const made = {
    typed: once(() => new SchemaIndex(typedSchemaOf(definitions))),
    patchTypes: once(() => patchTypesOf(definitions)),
  };
  ofVersion.set(registration, made);
  return made;
}

function patchSchemaOf(kinds: Kinds, descriptor: ResourceDescriptor): PatchSchema {
  const types = schemasOf(kinds, descriptor).patchTypes();
  const { definition } = descriptor;
  return { types, root: Object.hasOwn(types, definition) ? { kind: "struct", ref: definition } : { kind: "untyped" } };
}

function fieldManagerFor(
  kinds: Kinds,
  descriptor: ResourceDescriptor,
  subresource: string,
): Omit<FieldManagerOptions, "now"> {
  const versions = versionsOf(kinds.scheme, descriptor);
  return {
    ...descriptor.gvk,
    subresource,
    schema: schemasOf(kinds, descriptor).typed(),
    type: typeOf(kinds.scheme, descriptor),
    zero: asJson(zeroObject(descriptor)),
    convert: (object, apiVersion) => converted(kinds, versions, object, apiVersion),
    resetFields: resetFields(versions, subresource),
    updateManagersMax,
  };
}

/** The served versions of a kind by apiVersion. */
type Versions = ReadonlyMap<string, ResourceDescriptor>;

function versionsOf(scheme: Scheme, { gvk }: ResourceDescriptor): Versions {
  const versions = new Map<string, ResourceDescriptor>();
  for (const { group, version } of scheme.groupVersions) {
    const descriptor = group === gvk.group ? scheme.kind(group, version, gvk.kind) : undefined;
    if (descriptor !== undefined) versions.set(apiVersionOf(descriptor.gvk), descriptor);
  }
  return versions;
}

function typeOf({ groupVersions }: Scheme, { gvk, definition }: ResourceDescriptor): TypeRef {
  const registration = groupVersions.find(({ group, version }) => group === gvk.group && version === gvk.version);
  return Object.hasOwn(registration?.openApi.v3 ?? {}, definition) ? { namedType: definition } : deducedType;
}

/** The object at another version of its kind; undefined where that is not served. */
function converted(kinds: Kinds, versions: Versions, object: Typed, apiVersion: string): Typed | undefined {
  const { value } = object;
  const own = isObject(value) ? value["apiVersion"] : undefined;
  if (own === apiVersion) return object;
  const from = typeof own === "string" ? versions.get(own) : undefined;
  const to = versions.get(apiVersion);
  if (from === undefined || to === undefined) return undefined;
  // Authors' conversions take whole objects: what a comparison has taken out is there again, empty.
  const whole = from.decode(JSON.parse(JSON.stringify(value)) as object, newDecodeReport());
  const result = convert(kinds.scheme, whole, from, to);
  const schema = schemasOf(kinds, to).typed();
  return { schema, type: typeOf(kinds.scheme, to), value: JSON.parse(JSON.stringify(result)) as JsonObject };
}

/** Fields that writes to an endpoint leave as they are, whoever sends them: nobody comes to own them by that. */
function resetFields(versions: Versions, subresource: string): ReadonlyMap<string, FieldFilter> {
  const filters = new Map<string, FieldFilter>();
  for (const [apiVersion, { subresources }] of versions) {
    if (subresource === "status") filters.set(apiVersion, statusAlone);
    else if (subresources.status === true) filters.set(apiVersion, allButStatus);
  }
  return filters;
}

const status = fieldElement("status");
const allButStatus: FieldFilter = { exclude: fieldSetOf([[status]]) };
const statusAlone: FieldFilter = {
  include: {
    matchAll: false,
    members: [{ wildcard: false, element: status, child: { matchAll: true, members: [] } }],
  },
};
