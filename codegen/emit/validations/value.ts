import { endsCheck } from "../../model/rule-order.ts";
import type { NestedRule, ObjectRule, Rule } from "../../model/model.ts";
import { abi, code, member } from "../code.ts";
import { loopOverItems, loopOverKeys } from "./loops.ts";
import { objectRuleText } from "./object-rules.ts";
import { fieldPlace, isSet, isUnset, nothing, pathText, within, type Place } from "./place.ts";
import { onOption, valueChecks } from "./rule-checks.ts";
import { areSame, differ } from "./sameness.ts";
import type { Scope } from "./scope.ts";
import type { Check, Guarded } from "./check.ts";
import { guard, sequence, silenced } from "./sequence.ts";
import { typeChecks } from "./type-checks.ts";

/**
 * Everything there is to check of a value that has changed: by its presence and by rules, then by its type.
 * Nothing but what ends the checks runs for an optional value that is not set.
 */
export function valueCheck(scope: Scope, place: Place, rules: readonly Rule[]): Guarded {
  const rest = guard(typeChecks(scope, place));
  return sequence(scope, [...presenceChecks(scope, place), ...checksOf(scope, rules, place)], rest);
}

function presenceChecks(scope: Scope, place: Place): Check[] {
  switch (place.presence) {
    case "optional":
      return valueChecks(scope, { kind: "optional" }, place);
    case "required":
      return place.nullable ? givenOrNull(place) : valueChecks(scope, { kind: "required" }, place);
    case "emptyAllowed":
    case "defaulted":
    case "item":
      return place.nullable ? [{ kind: "silent", holds: `${place.value} !== null` }] : [];
  }
}

/** What must be given may be null where null is a value. */
function givenOrNull(place: Place): Check[] {
  const { value, path } = place;
  const fails = `${value} !== null && (${isUnset({ ...place, nullable: false })})`;
  const error = `${abi("required")}(${pathText(path)})`;
  return [
    { kind: "test", ends: true, needsValue: false, fails, error },
    { kind: "silent", holds: `${value} !== null` },
  ];
}

/** What rules on one value come to. Rules for each item that run at the same time share a loop. */
export function checksOf(scope: Scope, rules: readonly Rule[], place: Place): Check[] {
  const loops = [true, false].flatMap((ends) => {
    const each = rules.filter((rule) => rule.kind === "eachVal" && endsCheck(rule) === ends);
    return each.length === 0 ? [] : [eachItem(scope, each, place, ends)];
  });
  return [...rules.filter(({ kind }) => kind !== "eachVal").flatMap((rule) => checkOf(scope, rule, place)), ...loops];
}

function eachItem(scope: Scope, rules: readonly Rule[], place: Place, ends: boolean): Check {
  const inner = rules.flatMap((rule) => (rule.kind === "eachVal" ? [rule.rule] : []));
  const text = loopOverItems(scope, place, (item) =>
    // Each such rule is for itself: one that fails does not end another.
    inner.map((rule) => guard(sequence(scope, checksOf(scope, [rule], item), ""))).join("\n"),
  );
  return { kind: "statements", ends, needsValue: true, text };
}

function checkOf(scope: Scope, rule: Rule, place: Place): Check[] {
  if (isNested(rule)) return nestedChecks(scope, rule, place);
  if (isOnObject(rule)) {
    return [{ kind: "statements", ends: false, needsValue: true, text: objectRuleText(scope, rule, place) }];
  }
  return valueChecks(scope, rule, place);
}

function isNested(rule: Rule): rule is NestedRule {
  return "rule" in rule || "rules" in rule;
}

function isOnObject(rule: Exclude<Rule, NestedRule>): rule is ObjectRule {
  return "members" in rule || "fields" in rule || "sibling" in rule;
}

function nestedChecks(scope: Scope, rule: NestedRule, place: Place): Check[] {
  switch (rule.kind) {
    case "eachVal":
      return [eachItem(scope, [rule], place, endsCheck(rule))];
    case "eachKey": {
      const text = loopOverKeys(scope, place, (key) => guard(sequence(scope, checksOf(scope, [rule.rule], key), "")));
      return [{ kind: "statements", ends: endsCheck(rule), needsValue: true, text }];
    }
    case "subfield":
      return [{ kind: "statements", ends: false, needsValue: true, text: subfieldText(scope, rule, place) }];
    case "item":
      return [{ kind: "statements", ends: false, needsValue: true, text: itemText(scope, rule, place) }];
    case "ifOption":
      return checksOf(scope, [rule.rule], place).map((check) => onOption(check, rule.option, rule.enabled, place.path));
    case "stability":
      // Alpha rules refuse nothing; beta ones do, as their gate is on.
      return rule.level === "alpha" ? [] : checksOf(scope, [rule.rule], place);
  }
}

/** Rules for a field of an object that is a field itself; what would end that field's own checks ends these. */
function subfieldText(scope: Scope, rule: Extract<NestedRule, { kind: "subfield" }>, place: Place): string {
  if (place.type.kind !== "ref") return "";
  const { fields, union } = scope.type(place.type.name);
  const field = fields.find(({ name }) => name === rule.field);
  if (field === undefined) return "";
  const holder = union ? loosely(place) : place;
  const sub = fieldPlace(holder, within(place.path), field);
  const own = [...presenceChecks(scope, sub), ...checksOf(scope, field.rules.filter(endsCheck), sub)].map(silenced);
  const unset: readonly Check[] = sub.presence === "optional" ? [{ kind: "silent", holds: isSet(sub) }] : [];
  const checks = [...checksOf(scope, rule.rules, sub), ...(place.type.opaque === true ? unset : own)];
  return changedOnly(scope, sub, place.old, sequence(scope, checks, ""));
}

function loosely(place: Place): Place {
  return { ...place, value: `${abi("loosely")}(${place.value})`, old: `${abi("loosely")}(${place.old})` };
}

/** Runs checks unless the value is correlated with an old one and the same. */
export function changedOnly(scope: Scope, place: Place, oldOwner: string, checks: Guarded): string {
  if (place.old === nothing) return guard(checks);
  const different = differ(scope, place.type, place.value, place.old);
  // Where the value is known to be set, or always is, it differs from an old one that is not there.
  const known = checks.conditions.includes(isSet(place)) || isAlwaysThere(place);
  const changed = known
    ? different
    : `${oldOwner} === undefined || ${different.replace(`${oldOwner}?.`, `${oldOwner}.`)}`;
  return guard({ conditions: [...checks.conditions, changed], text: checks.text });
}

function isAlwaysThere({ type, presence, nullable }: Place): boolean {
  if (presence === "optional" || nullable) return false;
  switch (type.kind) {
    case "string":
      return true;
    case "integer":
    case "number":
    case "boolean":
    case "ref":
      return presence !== "required";
    case "array":
    case "map":
    case "wellKnown":
      return false;
  }
}

/** Rules for the one item of a list that has certain keys. */
function itemText(scope: Scope, rule: Extract<NestedRule, { kind: "item" }>, place: Place): string {
  if (place.type.kind !== "array") return "";
  const test = rule.match.map(({ key, value }) => `each${member(key)} === ${JSON.stringify(value)}`).join(" && ");
  const index = scope.fresh("index");
  const item = scope.fresh("chosen");
  const old = scope.fresh("oldChosen");
  const itemPlace: Place = {
    type: place.type.items,
    value: item,
    old,
    path: `${place.path}[\${${index}}]`,
    presence: "item",
    nullable: false,
    depth: place.depth,
  };
  const checks = sequence(scope, checksOf(scope, rule.rules, itemPlace), "");
  if (checks.text === "") return "";
  const unchanged = `${old} !== undefined && ${areSame(scope, place.type.items, item, old)}`;
  return code`
    const ${index} = ${place.value}.findIndex((each) => ${test});
    const ${item} = ${place.value}[${index}];
    const ${old} = ${place.old}?.find((each) => ${test});
    ${guard(checks, `${item} !== undefined`, `!(${unchanged})`)}`;
}
