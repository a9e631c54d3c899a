import type { EnumValue, StringFormat } from "../../model/model.ts";
import { abi, abiType, capitalized } from "../code.ts";
import { valueName } from "../naming.ts";
import { hasChecks } from "./has-checks.ts";
import { loopOverItems } from "./loops.ts";
import { pathText, within, type Place } from "./place.ts";
import type { Scope } from "./scope.ts";
import type { Check, Guarded } from "./check.ts";
import { guard, sequence } from "./sequence.ts";

/** What the type of a value demands: its own form, the rules of its aliases, and then what is inside it. */
export function typeChecks(scope: Scope, place: Place): Guarded {
  if (!hasChecks(scope.groupVersion, place.type)) return { conditions: [], text: "" };
  const inside = insideText(scope, place);
  return sequence(scope, [...formChecks(scope, place), ...scope.checks(place.type.rules ?? [], place)], inside);
}

function formChecks(scope: Scope, place: Place): Check[] {
  const { type, value } = place;
  if (type.kind !== "string") return [];
  if (type.enum !== undefined) return [enumCheck(scope, place, type.enum)];
  if (type.format === undefined) return [];
  const text = `${abi(formats[type.format])}(${pathText(place.path)}, ${value}, validation);`;
  // Empty stands for a value that was left out where that is allowed.
  const mayBeLeftOut = place.presence === "emptyAllowed" || place.presence === "defaulted";
  return [{ kind: "statements", ends: false, needsValue: true, text: mayBeLeftOut ? `if (${value}) ${text}` : text }];
}

const formats: Readonly<Record<StringFormat, string>> = {
  "date-time": "checkTime",
  "micro-time": "checkMicroTime",
  duration: "checkDuration",
  byte: "checkBytes",
  quantity: "checkQuantity",
};

function enumCheck(scope: Scope, { value, path }: Place, values: readonly EnumValue[]): Check {
  if (values.some(({ excludedIf }) => excludedIf !== undefined)) {
    const table = values.map((each) => ({ value: each.value, excludedIf: each.excludedIf ?? [] }));
    const constant = scope.constant("values", `: readonly ${abiType("ConditionalValue")}[] = ${JSON.stringify(table)}`);
    const text = `${abi("checkConditionalValues")}(${pathText(path)}, ${value}, ${constant}, validation);`;
    return { kind: "statements", ends: false, needsValue: true, text };
  }
  const constant = scope.constant(enumName(values), enumText(values));
  const error = `${abi("notSupported")}(${pathText(path)}, ${value}, ${constant})`;
  return { kind: "test", ends: false, needsValue: true, fails: `!${constant}.includes(${value})`, error };
}

/** A name for the values of a literal union, such as `indoorOrOutdoor`. */
function enumName(values: readonly EnumValue[]): string {
  const words = values.map(({ value }) => capitalized(value.replace(/\W/g, ""))).filter((word) => word !== "");
  const [first, ...others] = words;
  if (first === undefined || /^\d/.test(first)) return "values";
  return others.length === 0 ? `only${first}` : valueName(words.join("Or").slice(0, enumNameMax));
}

const enumNameMax = 40;

function enumText(values: readonly EnumValue[]): string {
  return `: readonly string[] = ${JSON.stringify(values.map(({ value }) => value))}`;
}

/** The checks of the object, the items or the values that a value holds. */
function insideText(scope: Scope, place: Place): string {
  const { type, value, old, path } = place;
  switch (type.kind) {
    case "ref":
      return type.opaque === true ? "" : `check${type.name}(${pathText(within(path))}, ${value}, ${old}, validation);`;
    case "array":
    case "map":
      return loopOverItems(scope, place, (item) => guard(typeChecks(scope, item)));
    case "string":
    case "integer":
    case "number":
    case "boolean":
    case "wellKnown":
      return "";
  }
}
