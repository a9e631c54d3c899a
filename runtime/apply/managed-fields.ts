import { compareBytes } from "../meta/byte-text.ts";
import type { ManagedFieldsEntry } from "../meta/v1.ts";
import type { FieldSet } from "./field-set.ts";
import { fieldsV1, parseFieldsV1 } from "./fields-v1.ts";
import type { ManagedSet, Managers } from "./managers.ts";
import { canonicalJson } from "./value.ts";

/** Who made a change: a manager's name with what else tells its entries apart. Applies at any version are one entry. */
export interface ManagerInfo {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  /** Empty for apply. */
  readonly apiVersion: string;
  readonly subresource: string;
}

/** The entries of managedFields, ready to work with. */
export interface Managed {
  /** By identifier, as managerIdentifier makes it. */
  readonly managers: Managers;
  /** When each of them last changed something; RFC 3339. */
  readonly times: ReadonlyMap<string, string>;
}

/** Nobody owns anything. */
export const nobody: Managed = { managers: new Map(), times: new Map() };

/** The text that stands for a manager among others. */
export function managerIdentifier(info: ManagerInfo): string {
  const { manager, operation, apiVersion, subresource } = info;
  const first = manager === "" ? "" : `"manager":${canonicalJson(manager)},`;
  const version = operation === "Apply" || apiVersion === "" ? "" : `,"apiVersion":${canonicalJson(apiVersion)}`;
  const last = subresource === "" ? "" : `,"subresource":${canonicalJson(subresource)}`;
  return `{${first}"operation":"${operation}"${version}${last}}`;
}

/** Reads an identifier back. */
export function managerInfo(identifier: string): ManagerInfo {
  const read = JSON.parse(identifier) as Partial<ManagerInfo>;
  return { manager: "", operation: "Update", apiVersion: "", subresource: "", ...read };
}

/** Reads managedFields. Throws on an entry that is malformed. */
export function decodeManagedFields(entries: readonly ManagedFieldsEntry[]): Managed {
  const managers = new Map<string, ManagedSet>();
  const times = new Map<string, string>();
  for (const [index, entry] of entries.entries()) {
    const identifier = identifierOf(entry, index);
    managers.set(identifier, {
      set: setOf(entry),
      version: entry.apiVersion ?? "",
      applied: entry.operation === "Apply",
    });
    if (entry.time !== undefined) times.set(identifier, entry.time);
  }
  return { managers, times };
}

function identifierOf(entry: ManagedFieldsEntry, index: number): string {
  const { operation, apiVersion = "", fieldsType = "" } = entry;
  if (operation !== "Apply" && operation !== "Update") throw new Error("operation must be `Apply` or `Update`");
  if (apiVersion === "") throw new Error("apiVersion must not be empty");
  if (fieldsType === "") throw new Error(`missing fieldsType in managed fields entry ${index}`);
  if (fieldsType !== "FieldsV1") throw new Error(`invalid fieldsType "${fieldsType}" in managed fields entry ${index}`);
  return managerIdentifier({
    manager: entry.manager ?? "",
    operation,
    apiVersion,
    subresource: entry.subresource ?? "",
  });
}

function setOf(entry: ManagedFieldsEntry): FieldSet {
  return parseFieldsV1(entry.fieldsV1 ?? {});
}

/** Writes managedFields in their order: by operation, time, manager, version, subresource. */
export function encodeManagedFields({ managers, times }: Managed): ManagedFieldsEntry[] {
  return [...managers]
    .map(([identifier, managed]) => encodeEntry(identifier, managed, times.get(identifier)))
    .sort(inOrder);
}

function encodeEntry(
  identifier: string,
  { set, version, applied }: ManagedSet,
  time: string | undefined,
): ManagedFieldsEntry {
  const { manager, operation, subresource } = managerInfo(identifier);
  // In the order in which they are written.
  const entry: ManagedFieldsEntry = {};
  if (manager !== "") entry.manager = manager;
  entry.operation = applied ? "Apply" : operation;
  entry.apiVersion = version;
  if (time !== undefined) entry.time = time;
  entry.fieldsType = "FieldsV1";
  entry.fieldsV1 = fieldsV1(set);
  if (subresource !== "") entry.subresource = subresource;
  return entry;
}

function inOrder(a: ManagedFieldsEntry, b: ManagedFieldsEntry): number {
  return (
    compareBytes(a.operation ?? "", b.operation ?? "") ||
    seconds(a.time) - seconds(b.time) ||
    compareBytes(a.manager ?? "", b.manager ?? "") ||
    compareBytes(a.apiVersion ?? "", b.apiVersion ?? "") ||
    compareBytes(a.subresource ?? "", b.subresource ?? "")
  );
}

/** Whole seconds since 1970; no time comes first. */
export function seconds(time: string | undefined): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1000);
}
