import type { EnumValue, Field, GroupVersion, Rule, Type } from "../../model/model.ts";
import { definitionName, metaPackage } from "./names.ts";
import { refTo, type Schema } from "./schema.ts";

/** The schema of a field: its type, what its tags say that OpenAPI can say too, and its description. */
export function fieldSchema(groupVersion: GroupVersion, field: Field): Schema {
  const { doc, type, nullable, rules } = field;
  const values = type.kind === "string" ? type.enum : undefined;
  const description = doc + enumText(values, doc);
  const byDefault = defaultOf(field);
  const schema = typeSchema(groupVersion, type, rules);
  const siblings: Schema = {
    ...(description === "" ? {} : { description }),
    ...(byDefault === undefined ? {} : { default: byDefault }),
    ...(nullable ? { nullable: true as const } : {}),
    ...patchExtensions(field),
  };
  return withSiblings(schema, siblings);
}

/** OpenAPI 3.0 lets a reference have no siblings, so that with some it stands in an `allOf`. */
function withSiblings(schema: Schema, { description, ...siblings }: Schema): Schema {
  const first = description === undefined ? {} : { description };
  const { $ref, ...rest } = schema;
  const all = { ...rest, ...siblings };
  if ($ref === undefined) return { ...first, ...all };
  if (description === undefined && Object.keys(all).length === 0) return schema;
  return { ...first, ...all, allOf: [{ $ref }] };
}

/** The schema of a value, with its form in the field or list that holds it. */
function typeSchema(groupVersion: GroupVersion, type: Type, rules: readonly Rule[]): Schema {
  const all = [...rules, ...(type.rules ?? [])];
  switch (type.kind) {
    case "string":
      return { ...stringSchema(type), ...keywords(all) };
    case "integer":
    case "number":
      return { type: type.kind, format: type.format, ...keywords(all) };
    case "boolean":
      return { type: "boolean" };
    case "array":
      return {
        type: "array",
        items: itemSchema(groupVersion, type.items, all),
        ...keywords(all),
        ...listExtensions(type),
      };
    case "map":
      return {
        type: "object",
        additionalProperties: itemSchema(groupVersion, type.values, all),
        ...keywords(all),
        ...(type.atomic ? { "x-kubernetes-map-type": "atomic" } : {}),
      };
    case "ref": {
      const atomic = type.atomic === true ? { "x-kubernetes-map-type": "atomic" } : {};
      return { $ref: refTo(definitionName(groupVersion, type.name)), ...atomic };
    }
    case "wellKnown":
      return wellKnownSchema(type);
  }
}

const formatDefinitions = {
  "date-time": `${metaPackage}.Time`,
  "micro-time": `${metaPackage}.MicroTime`,
  duration: `${metaPackage}.Duration`,
  quantity: "io.k8s.apimachinery.pkg.api.resource.Quantity",
} as const;

function stringSchema({ format, enum: values }: Extract<Type, { kind: "string" }>): Schema {
  if (format === "byte") return { type: "string", format };
  if (format !== undefined) return { $ref: refTo(formatDefinitions[format]) };
  return { type: "string", ...(values === undefined ? {} : { enum: values.map(({ value }) => value).toSorted() }) };
}

function wellKnownSchema({ name, embedded }: Extract<Type, { kind: "wellKnown" }>): Schema {
  switch (name) {
    case "ObjectMeta":
      return { $ref: refTo(`${metaPackage}.ObjectMeta`) };
    case "IntOrString":
      return { $ref: refTo("io.k8s.apimachinery.pkg.util.intstr.IntOrString") };
    case "RawExtension":
      return {
        $ref: refTo("io.k8s.apimachinery.pkg.runtime.RawExtension"),
        ...(embedded === true ? { "x-kubernetes-embedded-resource": true } : {}),
      };
    case "Json":
      return { "x-kubernetes-preserve-unknown-fields": true };
  }
}

/** The schema of a list's items or a map's values: rules for each of them are theirs, and their zero is their default. */
function itemSchema(groupVersion: GroupVersion, type: Type, rules: readonly Rule[]): Schema {
  const each = rules.flatMap((rule) => (rule.kind === "eachVal" ? [rule.rule] : []));
  const zero = zeroOf(type);
  const values = type.kind === "string" ? enumText(type.enum, "") : "";
  return withSiblings(typeSchema(groupVersion, type, each), {
    ...(values === "" ? {} : { description: values }),
    ...(zero === undefined ? {} : { default: zero }),
  });
}

function zeroOf(type: Type): unknown {
  switch (type.kind) {
    case "string":
      return type.format === undefined ? "" : undefined;
    case "integer":
    case "number":
      return 0;
    case "boolean":
      return false;
    case "ref":
      return {};
    case "wellKnown":
      return type.name === "ObjectMeta" ? {} : undefined;
    case "array":
    case "map":
      return undefined;
  }
}

/** The default of a field: the author's own; else the zero of what is always there. */
function defaultOf({ type, presence, default: own }: Field): unknown {
  if (own !== undefined) return own;
  const isObject = type.kind === "ref" || type.kind === "wellKnown";
  switch (presence) {
    case "optional":
      return undefined;
    case "required":
    case "emptyAllowed":
      // What must be given has a zero where one cannot tell whether it was given.
      return type.kind === "string" ? zeroOf(type) : undefined;
    case "defaulted":
      return isObject || type.kind === "string" || type.kind === "boolean" || type.kind === "integer"
        ? zeroOf(type)
        : undefined;
  }
}

function keywords(rules: readonly Rule[]): Schema {
  return Object.fromEntries(
    rules.flatMap((rule) => {
      switch (rule.kind) {
        case "minimum":
        case "maximum":
        case "minLength":
        case "maxLength":
        case "minItems":
        case "maxItems":
        case "minProperties":
        case "maxProperties":
        case "pattern":
          return [[rule.kind, rule.value]];
        default:
          return [];
      }
    }),
  );
}

function listExtensions({ list }: Extract<Type, { kind: "array" }>): Schema {
  if (list.kind !== "map") return { "x-kubernetes-list-type": list.kind };
  return { "x-kubernetes-list-map-keys": list.keys, "x-kubernetes-list-type": "map" };
}

function patchExtensions({ type, patch }: Field): Schema {
  if (patch !== undefined) {
    return {
      ...(patch.mergeKey === undefined ? {} : { "x-kubernetes-patch-merge-key": patch.mergeKey }),
      "x-kubernetes-patch-strategy": patch.strategy,
    };
  }
  if (type.kind !== "array" || type.list.kind !== "map") return {};
  const [key, ...others] = type.list.keys;
  if (key === undefined || others.length > 0) return {};
  return { "x-kubernetes-patch-merge-key": key, "x-kubernetes-patch-strategy": "merge" };
}

/** How descriptions list the values of a literal union. */
function enumText(values: readonly EnumValue[] | undefined, doc: string): string {
  if (values === undefined || values.length === 0) return "";
  const lines = values
    .toSorted((a, b) => (a.value < b.value ? -1 : 1))
    .map((each) => ` - \`${JSON.stringify(each.value)}\`${each.doc === "" ? "" : ` ${each.doc.replace(/\s+/g, " ")}`}`);
  return `${doc === "" ? "" : "\n\n"}Possible enum values:\n${lines.join("\n")}`;
}
