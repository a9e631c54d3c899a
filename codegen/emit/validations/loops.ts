import type { ArrayType, Type } from "../../model/model.ts";
import { abi, code } from "../code.ts";
import { nothing, type Place } from "./place.ts";
import { areSame, keyFunction } from "./sameness.ts";
import type { Scope } from "./scope.ts";

/** Writes the checks of one item. */
export type ItemBody = (item: Place) => string;

/**
 * A loop over the items of a list or the values of a map. Items that were in the old object and have not changed are
 * passed over: those of maps and of lists of type map by key, of sets by what they are, of others never.
 */
export function loopOverItems(scope: Scope, place: Place, body: ItemBody): string {
  switch (place.type.kind) {
    case "array":
      return listLoop(scope, place, place.type, body);
    case "map":
      return mapLoop(scope, place, place.type.values, body);
    case "string":
    case "integer":
    case "number":
    case "boolean":
    case "ref":
    case "wellKnown":
      return "";
  }
}

function listLoop(scope: Scope, place: Place, type: ArrayType, body: ItemBody): string {
  const names = loopNames(place.depth);
  const identity = type.identity ?? type.list;
  const old = identity.kind === "map" ? names.old : nothing;
  const path = `${place.path}[\${${names.index}}]`;
  const text = body(itemPlace(place, { type: type.items, value: names.item, old, path }));
  if (text === "") return "";
  const { before, skip } = correlation(scope, place, type, { ...names, text });
  const loop = text.includes(`\${${names.index}}`)
    ? `for (const [${names.index}, ${names.item}] of ${place.value}.entries())`
    : `for (const ${names.item} of ${place.value})`;
  return code`
    ${before}
    ${loop} {
      ${skip}
      ${text}
    }`;
}

function itemPlace(place: Place, item: Pick<Place, "type" | "value" | "old" | "path">): Place {
  return { ...item, presence: "item", nullable: false, depth: place.depth + 1 };
}

interface LoopNames {
  readonly index: string;
  readonly item: string;
  readonly old: string;
}

function loopNames(depth: number): LoopNames {
  const suffix = depth === 0 ? "" : String(depth + 1);
  return { index: `i${suffix}`, item: `item${suffix}`, old: `oldItem${suffix}` };
}

function keyName(depth: number): string {
  return depth === 0 ? "key" : `key${depth + 1}`;
}

/** What finds an item's old self, and passes over it if it has not changed. */
function correlation(
  scope: Scope,
  place: Place,
  type: ArrayType,
  { item, old, text }: LoopNames & { readonly text: string },
): { before: string; skip: string } {
  const identity = type.identity ?? type.list;
  if (identity.kind === "atomic") return { before: "", skip: "" };
  const keyOf = keyFunction(scope, type.items, identity);
  const key = keyOf === abi("itself") ? item : `${keyOf}(${item})`;
  const known = scope.fresh("oldItems");
  const before = `const ${known} = ${abi("indexBy")}(${place.old}, ${keyOf});`;
  if (identity.kind === "set") return { before, skip: `if (${known}.has(${key})) continue;` };
  const find = `const ${old} = ${known}.get(${key});`;
  return { before, skip: code`${find}\n${passOver(scope, type.items, item, old, text)}` };
}

function passOver(scope: Scope, type: Type, item: string, old: string, text: string): string {
  if (looksItself(scope, type, text)) return "";
  return `if (${old} !== undefined && ${areSame(scope, type, item, old)}) continue;`;
}

/** Whether the checks are no more than those of an object's fields, each of which passes over what has not changed. */
export function looksItself(scope: Scope, type: Type, text: string): boolean {
  return type.kind === "ref" && scope.type(type.name).rules.length === 0 && /^check\w+\([^;]*\);$/.test(text.trim());
}

function mapLoop(scope: Scope, place: Place, values: Type, body: ItemBody): string {
  const { item, old } = loopNames(place.depth);
  const key = keyName(place.depth);
  const text = body(itemPlace(place, { type: values, value: item, old, path: `${place.path}[\${${key}}]` }));
  if (text === "") return "";
  return code`
    for (const [${key}, ${item}] of Object.entries(${place.value})) {
      const ${old} = ${abi("valueAt")}(${place.old}, ${key});
      ${passOver(scope, values, item, old, text)}
      ${text}
    }`;
}

/** A loop over the keys of a map that the old one does not have; errors stand at the map. */
export function loopOverKeys(scope: Scope, place: Place, body: ItemBody): string {
  const key = keyName(place.depth);
  const text = body(itemPlace(place, { type: { kind: "string" }, value: key, old: nothing, path: place.path }));
  if (text === "") return "";
  return code`
    for (const ${key} of Object.keys(${place.value})) {
      if (${abi("valueAt")}(${place.old}, ${key}) !== undefined) continue;
      ${text}
    }`;
}
