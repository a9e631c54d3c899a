import { endsCheck } from "../../../../codegen/model/rule-order.ts";
import type { GroupVersion, KeyMatch, Rule, Type } from "../../../../codegen/model/model.ts";
import { applyLimit, applyUpdate, checkForm } from "./limits.ts";
import { applyRelation } from "./relations.ts";
import { fieldSpot, isSet, items, keysOf, matches, own, tell, typeOf, type Run, type Spot } from "./run.ts";
import { identity, same } from "./same.ts";

/** What a slow and plain reading of the rules finds wrong: `field: type: detail`, to compare generated code with. */
export function referenceValidation(
  groupVersion: GroupVersion,
  kind: string,
  object: object,
  old: object | undefined,
  options: ReadonlyMap<string, boolean>,
): string[] {
  const run: Run = { groupVersion, update: old !== undefined, options, found: [], group };
  checkFields(run, kind, { path: "", value: object, old });
  return run.found;
}

function checkFields(run: Run, typeName: string, { path, value, old }: Pick<Spot, "path" | "value" | "old">): void {
  const type = typeOf(run, typeName);
  const self: Spot = { type: { kind: "ref", name: typeName }, presence: "item", nullable: false, path, value, old };
  group(run, self, type.rules, () => {
    for (const field of type.fields) {
      const spot = fieldSpot(field, path === "" ? "" : `${path}.`, value, old);
      const unchanged = old !== undefined && same(run, field.type, spot.value, spot.old);
      if (!unchanged) checkValue(run, spot, field.rules);
    }
  });
}

/** Everything about one value: its presence and rules; then its type's; then what is inside. */
function checkValue(run: Run, spot: Spot, rules: readonly Rule[]): void {
  if (spot.presence !== "optional" && spot.nullable && spot.value === null) return;
  group(run, spot, [...presenceRules(spot), ...rules], () => checkType(run, spot));
}

function presenceRules({ presence }: Pick<Spot, "presence">): Rule[] {
  return presence === "optional" || presence === "required" ? [{ kind: presence }] : [];
}

function checkType(run: Run, spot: Spot): void {
  const { type } = spot;
  checkForm(run, spot);
  group(run, spot, type.rules ?? [], () => {
    if (type.kind === "ref" && type.opaque !== true) checkFields(run, type.name, spot);
    for (const item of changedItems(run, spot)) checkType(run, item);
  });
}

function group(run: Run, spot: Spot, rules: readonly Rule[], rest: () => void): void {
  const before = run.found.length;
  const ending = rules.filter(endsCheck).map((rule) => apply(run, spot, rule));
  if (run.found.length > before || ending.includes("stop")) return;
  for (const rule of rules) if (!endsCheck(rule)) apply(run, spot, rule);
  rest();
}

/** Applies a rule; `stop` where it ends the checks without an error. */
function apply(run: Run, spot: Spot, rule: Rule): "stop" | undefined {
  switch (rule.kind) {
    case "optional":
      return isSet(spot) ? undefined : "stop";
    case "required":
      if (!isSet(spot)) tell(run, spot.path, "FieldValueRequired", "");
      return undefined;
    case "forbidden":
      if (isSet(spot)) tell(run, spot.path, "FieldValueForbidden", "");
      return "stop";
    case "immutable":
      if (run.update) tell(run, spot.path, "FieldValueInvalid", "field is immutable");
      return undefined;
    case "stability":
      return rule.level === "alpha" ? undefined : apply(run, spot, rule.rule);
    case "ifOption": {
      const state = run.options.get(rule.option);
      if (state === undefined) tell(run, spot.path, "InternalError", `undefined validation option "${rule.option}"`);
      return state === rule.enabled ? apply(run, spot, rule.rule) : undefined;
    }
    default:
      applyInside(run, spot, rule);
      return undefined;
  }
}

/** Applies a rule on what is inside a value, or one that just looks at it. */
function applyInside(run: Run, spot: Spot, rule: Rule): void {
  switch (rule.kind) {
    case "update":
      for (const limit of rule.value) applyUpdate(run, spot, limit);
      break;
    case "eachVal":
      for (const item of changedItems(run, spot)) group(run, item, [rule.rule], () => {});
      break;
    case "eachKey":
      for (const key of newKeys(spot)) group(run, key, [rule.rule], () => {});
      break;
    case "subfield":
      applyToSubfield(run, spot, rule.field, rule.rules);
      break;
    case "item":
      applyToItem(run, spot, rule.match, rule.rules);
      break;
    case "union":
    case "modes":
    case "dependentRequired":
    case "dependentForbidden":
      applyRelation(run, spot, rule);
      break;
    default:
      applyLimit(run, spot, rule);
  }
}

/** The items of a list or map that are not as they were. */
function changedItems(run: Run, { type, path, value, old }: Spot): Spot[] {
  const changed = (inner: Type, where: string, now: unknown, before: unknown): Spot[] => {
    if (before !== undefined && same(run, inner, now, before)) return [];
    return [{ type: inner, presence: "item", nullable: false, path: `${path}[${where}]`, value: now, old: before }];
  };
  if (type.kind === "map")
    return keysOf(value).flatMap((key) => changed(type.values, key, own(value, key), own(old, key)));
  if (type.kind !== "array") return [];
  const isAtomic = (type.identity ?? type.list).kind === "atomic";
  return items(value).flatMap((item, index) => {
    const known = items(old).find((other) => identity(run, type, other) === identity(run, type, item));
    return changed(type.items, String(index), item, isAtomic ? undefined : known);
  });
}

function newKeys(spot: Spot): Spot[] {
  const keys = keysOf(spot.value).filter((key) => own(spot.old, key) === undefined);
  return keys.map((key) => ({ ...spot, type: { kind: "string" }, presence: "item", value: key, old: undefined }));
}

function applyToSubfield(run: Run, spot: Spot, name: string, rules: readonly Rule[]): void {
  if (spot.type.kind !== "ref") return;
  const field = typeOf(run, spot.type.name).fields.find((each) => each.name === name);
  if (field === undefined) return;
  const sub = fieldSpot(field, `${spot.path}.`, spot.value, spot.old);
  if (spot.old !== undefined && same(run, field.type, sub.value, sub.old)) return;
  // The field's own rules that end its checks end these as well, without a word.
  const trial: Run = { ...run, found: [] };
  const quiet = [...presenceRules(field), ...field.rules.filter(endsCheck)].map((rule) => apply(trial, sub, rule));
  const stops = trial.found.length > 0 || quiet.includes("stop");
  group(run, sub, stops ? rules.filter(endsCheck) : rules, () => {});
}

function applyToItem(
  run: Run,
  { type, path, value, old }: Spot,
  match: readonly KeyMatch[],
  rules: readonly Rule[],
): void {
  if (type.kind !== "array") return;
  const index = items(value).findIndex((item) => matches(match, item));
  if (index < 0) return;
  const now = items(value)[index];
  const before = items(old).find((item) => matches(match, item));
  if (before !== undefined && same(run, type.items, now, before)) return;
  const spot: Spot = {
    type: type.items,
    presence: "item",
    nullable: false,
    path: `${path}[${index}]`,
    value: now,
    old: before,
  };
  group(run, spot, rules, () => {});
}
