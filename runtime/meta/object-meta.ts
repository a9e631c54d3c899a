import { copyJson } from "./copy.ts";
import { isFields, isInt64, reportUnknownField, wrongType, type DecodeReport, type Fields } from "./decode.ts";
import { TimeFormatError } from "./time-format-error.ts";
import { normalizeTime } from "./time.ts";
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference, RawExtension } from "./v1.ts";

/**
 * Makes an ObjectMeta of JSON. Reports fields that it does not have and values of a wrong type; leaves out what Go
 * leaves out when it writes: nulls, empty texts, lists, maps and times, and a generation of 0; of lists not managedFields.
 * `name` is the field that holds it. The maps and lists of `value` become those of the result.
 */
export function decodeObjectMeta(value: unknown, name: string, report: DecodeReport): ObjectMeta {
  const meta: ObjectMeta = {};
  if (value === null || value === undefined) return meta;
  if (!isFields(value)) {
    wrongType(report, name, value, "v1.ObjectMeta");
    return meta;
  }
  const outer = report.struct;
  report.path.push(name);
  report.struct = "ObjectMeta";
  for (const field of Object.keys(value)) decodeMetaField(meta, field, value[field], report);
  report.struct = outer;
  report.path.pop();
  return meta;
}

function decodeMetaField(meta: ObjectMeta, name: string, value: unknown, report: DecodeReport): void {
  switch (name) {
    case "name":
    case "generateName":
    case "namespace":
    case "selfLink":
    case "resourceVersion":
    case "uid": {
      const text = decodeText(value, name, report, name === "uid" ? "types.UID" : "string");
      if (text !== "") meta[name] = text;
      break;
    }
    case "generation":
    case "deletionGracePeriodSeconds": {
      const integer = decodeInt64(value, name, report);
      if (integer !== undefined && (integer !== 0 || name !== "generation")) meta[name] = integer;
      break;
    }
    case "creationTimestamp":
    case "deletionTimestamp": {
      const time = decodeTime(value, name, report);
      if (time !== "") meta[name] = time;
      break;
    }
    case "labels":
    case "annotations": {
      const map = decodeStringMap(value, name, report);
      if (map !== undefined) meta[name] = map;
      break;
    }
    default:
      decodeMetaList(meta, name, value, report);
  }
}

function decodeMetaList(meta: ObjectMeta, name: string, value: unknown, report: DecodeReport): void {
  switch (name) {
    case "finalizers": {
      const finalizers = decodeList(value, name, report, textItem);
      if (finalizers.length > 0) meta.finalizers = finalizers;
      break;
    }
    case "ownerReferences": {
      const references = decodeList(value, name, report, ownerReferenceItem);
      if (references.length > 0) meta.ownerReferences = references;
      break;
    }
    case "managedFields": {
      const entries = decodeList(value, name, report, managedFieldsItem);
      // An empty list asks for all owners to be forgotten; it is never stored.
      if (value !== null) meta.managedFields = entries;
      break;
    }
    default:
      reportUnknownField(report, name);
  }
}

function decodeText(value: unknown, name: string, report: DecodeReport, goType = "string"): string {
  if (typeof value === "string") return value;
  if (value !== null) wrongType(report, name, value, goType);
  return "";
}

function decodeInt64(value: unknown, name: string, report: DecodeReport): number | undefined {
  if (isInt64(value)) return value;
  if (value !== null) wrongType(report, name, value, "int64");
  return undefined;
}

function decodeBoolean(value: unknown, name: string, report: DecodeReport): boolean | undefined {
  if (typeof value === "boolean") return value;
  if (value !== null) wrongType(report, name, value, "bool");
  return undefined;
}

/** The time in its normal form; empty where there is none. */
function decodeTime(value: unknown, name: string, report: DecodeReport): string {
  if (value === null) return "";
  const text = decodeText(value, name, report);
  if (typeof value !== "string") return "";
  try {
    return normalizeTime(text);
  } catch (error) {
    if (!(error instanceof TimeFormatError)) throw error;
    report.typeError ??= error.message;
    return "";
  }
}

function decodeStringMap(value: unknown, name: string, report: DecodeReport): Record<string, string> | undefined {
  if (value === null) return undefined;
  if (!isFields(value)) {
    wrongType(report, name, value, "map[string]string");
    return undefined;
  }
  const keys = Object.keys(value);
  for (const key of keys) {
    // The key is the map's own already, so that even `__proto__` is assigned like any other.
    if (value[key] === null) value[key] = "";
    else if (typeof value[key] !== "string") wrongType(report, name, value[key], "string");
  }
  return keys.length > 0 && isStringMap(value) ? value : undefined;
}

function isStringMap(map: Fields): map is Record<string, string> {
  for (const key of Object.keys(map)) if (typeof map[key] !== "string") return false;
  return true;
}

/** How the items of a list are read. */
interface Item<T> {
  readonly goType: string;
  /** Undefined where the value is of a wrong type; null stands for the type's zero value. */
  decode(value: unknown, report: DecodeReport): T | undefined;
}

function decodeList<T>(value: unknown, name: string, report: DecodeReport, item: Item<T>): T[] {
  const items: T[] = [];
  if (value === null) return items;
  if (!Array.isArray(value)) {
    wrongType(report, name, value, `[]${item.goType}`);
    return items;
  }
  report.path.push(name);
  for (let index = 0; index < value.length; index++) {
    report.path.push(index);
    const decoded = item.decode(value[index], report);
    if (decoded === undefined) wrongType(report, "", value[index], item.goType);
    else items.push(decoded);
    report.path.pop();
  }
  report.path.pop();
  return items;
}

const textItem: Item<string> = {
  goType: "string",
  decode: (value) => (value === null ? "" : typeof value === "string" ? value : undefined),
};

const ownerReferenceItem: Item<OwnerReference> = {
  goType: "v1.OwnerReference",
  decode(value, report) {
    const reference: OwnerReference = { apiVersion: "", kind: "", name: "", uid: "" };
    if (value !== null && !isFields(value)) return undefined;
    report.struct = "OwnerReference";
    for (const name of Object.keys(value ?? {})) decodeReferenceField(reference, name, value?.[name], report);
    report.struct = "ObjectMeta";
    return reference;
  },
};

function decodeReferenceField(reference: OwnerReference, name: string, value: unknown, report: DecodeReport): void {
  switch (name) {
    case "apiVersion":
    case "kind":
    case "name":
    case "uid":
      reference[name] = decodeText(value, name, report, name === "uid" ? "types.UID" : "string");
      break;
    case "controller":
    case "blockOwnerDeletion": {
      const flag = decodeBoolean(value, name, report);
      if (flag !== undefined) reference[name] = flag;
      break;
    }
    default:
      reportUnknownField(report, name);
  }
}

const managedFieldsItem: Item<ManagedFieldsEntry> = {
  goType: "v1.ManagedFieldsEntry",
  decode(value, report) {
    const entry: ManagedFieldsEntry = {};
    if (value !== null && !isFields(value)) return undefined;
    report.struct = "ManagedFieldsEntry";
    for (const name of Object.keys(value ?? {})) decodeEntryField(entry, name, value?.[name], report);
    report.struct = "ObjectMeta";
    return entry;
  },
};

function decodeEntryField(entry: ManagedFieldsEntry, name: string, value: unknown, report: DecodeReport): void {
  switch (name) {
    case "manager":
    case "apiVersion":
    case "fieldsType":
    case "subresource": {
      const text = decodeText(value, name, report);
      if (text !== "") entry[name] = text;
      break;
    }
    case "operation": {
      const operation = decodeText(value, name, report, "v1.ManagedFieldsOperationType");
      // Validation refuses other operations; Go's decoder takes them.
      if (operation !== "") entry.operation = operation as "Apply" | "Update";
      break;
    }
    case "time": {
      const time = decodeTime(value, name, report);
      if (time !== "") entry.time = time;
      break;
    }
    case "fieldsV1":
      // Whether these are field sets, objects even, is for the field manager to find out.
      if (value !== null) entry.fieldsV1 = value as RawExtension;
      break;
    default:
      reportUnknownField(report, name);
  }
}

/** A copy of an ObjectMeta that shares nothing with it. */
export function deepCopyObjectMeta(from: Readonly<ObjectMeta>): ObjectMeta {
  // Spreading copies a key such as `__proto__` as the key that it is.
  const to: ObjectMeta = { ...from };
  if (from.labels !== undefined) to.labels = { ...from.labels };
  if (from.annotations !== undefined) to.annotations = { ...from.annotations };
  if (from.ownerReferences !== undefined) {
    to.ownerReferences = from.ownerReferences.map((reference) => ({ ...reference }));
  }
  if (from.finalizers !== undefined) to.finalizers = [...from.finalizers];
  if (from.managedFields !== undefined) to.managedFields = from.managedFields.map(copyEntry);
  return to;
}

function copyEntry(entry: Readonly<ManagedFieldsEntry>): ManagedFieldsEntry {
  return entry.fieldsV1 === undefined ? { ...entry } : { ...entry, fieldsV1: copyJson(entry.fieldsV1) };
}
