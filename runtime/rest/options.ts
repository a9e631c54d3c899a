import { goQuote, type FieldError } from "../meta/field-error.ts";
import { exactFieldValue, parseFieldSelector, type FieldRequirement } from "../meta/field-selector.ts";
import { parseLabelSelector } from "../meta/label-selector.ts";
import type { FieldValidation, GetOptions, ListOptions, PatchOptions, WriteOptions } from "../meta/options.ts";
import { validateApplyOptions, validatePatchOptions, validateWriteOptions } from "../meta/options-validation.ts";
import { SelectorError } from "../meta/selector-error.ts";
import { badRequest, invalidObject } from "../meta/status-error.ts";
import { validateListOptions, validateWatchOptions } from "../registry/list-options.ts";
import type { ResourceDescriptor } from "../scheme/descriptor.ts";
import { booleanOf, integerOf, textOf } from "./query-values.ts";
import type { PatchType } from "./target.ts";

/** The options of a read of one object. Throws 400. */
export function parseGetOptions(query: URLSearchParams): GetOptions {
  if (booleanOf(query, "export") === true) {
    throw badRequest("the export parameter, deprecated since v1.14, is no longer supported");
  }
  return { resourceVersion: textOf(query, "resourceVersion") };
}

/** Whether a request for a collection, or a name, asks to watch it. */
export function asksToWatch(query: URLSearchParams): boolean {
  return booleanOf(query, "watch") === true;
}

/**
 * The options of a list, a watch, or of choosing what deletecollection deletes. `name` is the one in the URL; empty if
 * there is none. Throws 400 for what cannot be read, 422 for what does not go together.
 */
export function parseListOptions(query: URLSearchParams, descriptor: ResourceDescriptor, name: string): ListOptions {
  const timeoutSeconds = integerOf(query, "timeoutSeconds");
  const limit = integerOf(query, "limit") ?? 0;
  const requested = {
    ...selectors(query),
    resourceVersion: textOf(query, "resourceVersion"),
    resourceVersionMatch: textOf(query, "resourceVersionMatch"),
    limit,
    continue: textOf(query, "continue"),
    allowWatchBookmarks: booleanOf(query, "allowWatchBookmarks") ?? false,
    sendInitialEvents: booleanOf(query, "sendInitialEvents"),
    timeoutSeconds,
  };
  const watch = asksToWatch(query);
  const position = watch ? withInitialEvents(requested) : requested;
  requireValid("ListOptions", watch ? validateWatchOptions(position) : validateListOptions(position));
  return {
    ...requested,
    fields: withName(knownFields(requested.fields, descriptor), name),
    resourceVersionMatch: versionMatch(position.resourceVersionMatch),
    sendInitialEvents: position.sendInitialEvents,
  };
}

function selectors(query: URLSearchParams): Pick<ListOptions, "labels" | "fields"> {
  try {
    return {
      labels: parseLabelSelector(textOf(query, "labelSelector")),
      fields: parseFieldSelector(textOf(query, "fieldSelector")),
    };
  } catch (error) {
    throw error instanceof SelectorError ? badRequest(error.message) : error;
  }
}

interface InitialEvents {
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
  readonly continue: string;
  readonly sendInitialEvents: boolean | undefined;
}

/** A watch that starts anywhere, or at the newest state, begins with that state. */
function withInitialEvents(options: InitialEvents): InitialEvents {
  const { resourceVersion, resourceVersionMatch, sendInitialEvents } = options;
  if (sendInitialEvents !== undefined || resourceVersionMatch !== "") return options;
  if (resourceVersion !== "" && resourceVersion !== "0") return options;
  return { ...options, sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" };
}

function versionMatch(text: string): ListOptions["resourceVersionMatch"] {
  return text === "Exact" || text === "NotOlderThan" ? text : "";
}

/** Throws 400 for fields that objects of the kind cannot be selected by. */
function knownFields(fields: readonly FieldRequirement[], descriptor: ResourceDescriptor): readonly FieldRequirement[] {
  if (fields.length === 0) return fields;
  const known = ["metadata.name", "metadata.namespace", ...descriptor.selectableFields];
  const unknown = fields.find(({ field }) => !known.includes(field));
  if (unknown === undefined) return fields;
  const names = known.map(goQuote).join(", ");
  throw badRequest(`${goQuote(unknown.field)} is not a known field selector: only ${names}`);
}

/** Narrows a selection down to the object of the URL's name. */
function withName(fields: readonly FieldRequirement[], name: string): readonly FieldRequirement[] {
  if (name === "") return fields;
  if (fields.length === 0) return [{ field: "metadata.name", operator: "=", value: name }];
  if (exactFieldValue(fields, "metadata.name") === name) return fields;
  throw badRequest("fieldSelector metadata.name doesn't match requested name");
}

/** The options of a create or an update. Throws 422. */
export function parseWriteOptions(query: URLSearchParams, kind: "CreateOptions" | "UpdateOptions"): WriteOptions {
  requireValid(kind, validateWriteOptions(requestedWrite(query)));
  return writeOptions(query);
}

/** The options of a patch. Throws 422. */
export function parsePatchOptions(query: URLSearchParams, type: PatchType): PatchOptions {
  const force = booleanOf(query, "force");
  const requested = { ...requestedWrite(query), force };
  requireValid("PatchOptions", type === "apply" ? validateApplyOptions(requested) : validatePatchOptions(requested));
  return { ...writeOptions(query), force };
}

function requestedWrite(query: URLSearchParams): { dryRun: string[]; fieldManager: string; fieldValidation: string } {
  return {
    dryRun: query.getAll("dryRun"),
    fieldManager: textOf(query, "fieldManager"),
    fieldValidation: textOf(query, "fieldValidation"),
  };
}

function writeOptions(query: URLSearchParams): WriteOptions {
  const requested = { fieldManager: textOf(query, "fieldManager"), fieldValidation: textOf(query, "fieldValidation") };
  return {
    dryRun: query.has("dryRun"),
    fieldManager: requested.fieldManager,
    fieldValidation: fieldValidation(requested.fieldValidation),
    requested,
  };
}

function fieldValidation(text: string): FieldValidation {
  return text === "Ignore" || text === "Strict" ? text : "Warn";
}

/** Throws 422 if there is anything wrong with the options of that kind. */
export function requireValid(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject({ group: "meta.k8s.io", kind }, "", errors);
}
