import type { Field, GroupVersion, Json, Rule, Type } from "../model/model.ts";
import { placeKey } from "../model/places.ts";
import { didYouMean } from "../nearest.ts";
import { typeNamed, type Checking } from "./checking.ts";

/** A default is a value that its field may have. */
export function checkDefaults(checking: Checking): void {
  for (const groupVersion of checking.model.groupVersions) {
    for (const type of groupVersion.types) {
      for (const field of type.fields) {
        if (field.default === undefined) continue;
        const wrong = wrongValue(groupVersion, field.default, field.type) ?? wrongByRules(field, field.default);
        if (wrong === undefined) continue;
        const at =
          checking.places.get(placeKey(groupVersion.folder, `${type.name}.${field.name}`, "default")) ?? field.at;
        checking.report("defaultValue", at, `the default of ${field.name} ${wrong}`);
      }
    }
  }
}

/** What is wrong with a value of a type, if anything is. */
function wrongValue(groupVersion: GroupVersion, value: Json, type: Type): string | undefined {
  const shown = JSON.stringify(value);
  switch (type.kind) {
    case "string":
      if (typeof value !== "string") return `is ${shown}, which is no string: write ="${String(value)}"`;
      return wrongText(value, type);
    case "integer":
      return wrongInteger(value, type.format);
    case "number":
      return typeof value === "number" ? undefined : `is ${shown}, which is no number`;
    case "boolean":
      return typeof value === "boolean" ? undefined : `is ${shown}: write true or false`;
    case "array":
      if (!Array.isArray(value)) return `is ${shown}, which is no list: write [${shown}]`;
      return first(value as readonly Json[], (item) => wrongValue(groupVersion, item, type.items));
    case "map":
      if (!isObject(value)) return `is ${shown}, which is no map: write {"key": …}`;
      return first(Object.values(value), (each) => wrongValue(groupVersion, each, type.values));
    case "ref":
      if (!isObject(value)) return `is ${shown}, which is no object: write {…}`;
      return wrongObject(groupVersion, value, type.name);
    case "wellKnown":
      if (type.name === "IntOrString") return wrongIntOrString(value);
      return type.name === "Json" || isObject(value) ? undefined : `is ${shown}, which is no object: write {…}`;
  }
}

function wrongText(value: string, type: Extract<Type, { kind: "string" }>): string | undefined {
  const values = type.enum?.map((each) => each.value);
  if (values !== undefined && !values.includes(value)) {
    return `is "${value}", which is none of ${values.join(", ")}${didYouMean(value, values)}`;
  }
  const form = type.format === undefined ? undefined : forms[type.format];
  return form === undefined || form.test(value) ? undefined : `is "${value}", which is no ${type.format}`;
}

const forms = {
  "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/,
  "micro-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/,
  duration: /^-?((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+$|^0$/,
  byte: /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  quantity: /^[+-]?(\d+(\.\d*)?|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/,
} as const;

function wrongInteger(value: Json, format: "int32" | "int64"): string | undefined {
  if (typeof value !== "number" || !Number.isInteger(value)) return `is ${JSON.stringify(value)}, which is no integer`;
  const fits = format === "int32" ? (value | 0) === value : Number.isSafeInteger(value);
  return fits ? undefined : `is ${value}, which is out of the range of an ${format}`;
}

function wrongIntOrString(value: Json): string | undefined {
  if (typeof value === "string") return undefined;
  return wrongInteger(value, "int32");
}

function wrongObject(
  groupVersion: GroupVersion,
  value: { readonly [key: string]: Json },
  name: string,
): string | undefined {
  const fields = typeNamed(groupVersion, name)?.fields ?? [];
  const names = fields.map((field) => field.name);
  const unknown = Object.keys(value).find((key) => !names.includes(key));
  if (unknown !== undefined) return `has ${unknown}, which ${name} has not${didYouMean(unknown, names)}`;
  const missing = fields.find((field) => field.presence === "required" && !Object.hasOwn(value, field.name));
  if (missing !== undefined) return `lacks ${missing.name}, which ${name} requires`;
  return first(fields, (field) => {
    const given = Object.hasOwn(value, field.name) ? value[field.name] : undefined;
    if (given === undefined || (given === null && field.nullable)) return undefined;
    const wrong = wrongValue(groupVersion, given, field.type);
    return wrong === undefined ? undefined : `is wrong at ${field.name}, where it ${wrong}`;
  });
}

/** The sizes that tags on the field itself demand. */
function wrongByRules({ rules, type }: Field, value: Json): string | undefined {
  return first([...rules, ...(type.rules ?? [])], (rule) => wrongByRule(rule, value));
}

function wrongByRule(rule: Rule, value: Json): string | undefined {
  const length = typeof value === "string" ? Array.from(value).length : 0;
  switch (rule.kind) {
    case "minimum":
      return typeof value === "number" && value < rule.value
        ? `is ${value}, below +k8s:minimum=${rule.value}`
        : undefined;
    case "maximum":
      return typeof value === "number" && value > rule.value
        ? `is ${value}, above +k8s:maximum=${rule.value}`
        : undefined;
    case "minLength":
      return typeof value === "string" && length < rule.value
        ? `is shorter than +k8s:minLength=${rule.value}`
        : undefined;
    case "maxLength":
      return typeof value === "string" && length > rule.value
        ? `is longer than +k8s:maxLength=${rule.value}`
        : undefined;
    case "pattern":
      return typeof value === "string" && !new RegExp(rule.value, "u").test(value)
        ? `does not match ${rule.value}`
        : undefined;
    default:
      return undefined;
  }
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function first<T>(values: readonly T[], wrong: (value: T) => string | undefined): string | undefined {
  for (const value of values) {
    const found = wrong(value);
    if (found !== undefined) return found;
  }
  return undefined;
}
