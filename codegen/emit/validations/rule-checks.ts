import { endsCheck } from "../../model/rule-order.ts";
import type { Rule, UpdateLimit, ValueFormat, ValueRule } from "../../model/model.ts";
import { abi, quote, valueFrom } from "../code.ts";
import { sourceModule } from "../naming.ts";
import { isSet, isUnset, pathText, setness, unsetness, type Place } from "./place.ts";
import { keyFunction } from "./sameness.ts";
import type { Scope } from "./scope.ts";
import type { Check } from "./check.ts";
import { negated } from "./sequence.ts";

/** What a rule on one value comes to. */
export function valueChecks(scope: Scope, rule: ValueRule, place: Place): Check[] {
  const path = pathText(place.path);
  if (isLimit(rule)) return [limitTest(rule, place.value, path)];
  switch (rule.kind) {
    case "required":
      return [test(rule, isUnset(place), `${abi("required")}(${path})`)];
    case "optional":
      return [{ kind: "silent", holds: isSet(place) }];
    case "forbidden":
      // Either it fails, or there is nothing to check.
      return [test(rule, isSet(place), `${abi("forbidden")}(${path})`), { kind: "silent", holds: "false" }];
    case "immutable":
      return [test(rule, "validation.update", `${abi("immutable")}(${path})`)];
    case "monotonic":
      return [decreaseTest(rule, place, path)];
    case "pattern": {
      const constant = scope.constant("pattern", ` = new RegExp(${quote(rule.value)}, "u")`);
      const error = `${abi("patternMismatch")}(${path}, ${place.value}, ${quote(rule.value)})`;
      return [test(rule, `!${constant}.test(${place.value})`, error)];
    }
    case "format":
      return [statements(rule, `validation.errors.push(...${abi(formats[rule.value])}(${path}, ${place.value}));`)];
    case "update":
      return rule.value.map((limit) => updateCheck(scope, rule, limit, place));
    case "unique":
      return [uniqueCheck(scope, rule, place)];
    case "custom": {
      const author = valueFrom(sourceModule(rule.module), rule.symbol);
      return [statements(rule, `validation.errors.push(...${author}(${path}, ${place.value}, ${place.old}));`)];
    }
  }
}

function test(rule: Rule, fails: string, error: string): Check {
  const needsValue = rule.kind === "maxItems" || rule.kind === "maxProperties";
  return { kind: "test", ends: endsCheck(rule), needsValue, fails, error };
}

function statements(rule: Rule, text: string): Check {
  return { kind: "statements", ends: endsCheck(rule), needsValue: false, text };
}

/** A rule that compares the value, or its size, with a limit. */
type Limit = Exclude<
  Extract<ValueRule, { readonly value: string | number | boolean }>,
  { readonly kind: "pattern" | "format" }
>;

type LimitTexts = (value: string, limit: string, path: string) => readonly [fails: string, error: string];

/** Of each limit: when a value breaks it, and the error; by the value, the limit and the path. */
const limits: Readonly<Record<Limit["kind"], LimitTexts>> = {
  minimum: (value, limit, path) => [`${value} < ${limit}`, `${abi("belowMinimum")}(${path}, ${value}, ${limit})`],
  maximum: (value, limit, path) => [`${value} > ${limit}`, `${abi("aboveMaximum")}(${path}, ${value}, ${limit})`],
  neq: (value, limit, path) => [`${value} === ${limit}`, `${abi("excludedValue")}(${path}, ${value})`],
  minLength: (value, limit, path) => [
    `${abi("characterCount")}(${value}) < ${limit}`,
    `${abi("tooShort")}(${path}, ${limit})`,
  ],
  maxLength: (value, limit, path) => [
    `${abi("characterCount")}(${value}) > ${limit}`,
    `${abi("tooLongCharacters")}(${path}, ${limit})`,
  ],
  maxBytes: (value, limit, path) => [
    `${abi("byteLength")}(${value}) > ${limit}`,
    `${abi("tooLongBytes")}(${path}, ${limit})`,
  ],
  minItems: (value, limit, path) => [
    `${value}.length < ${limit}`,
    `${abi("tooFew")}(${path}, ${value}.length, ${limit})`,
  ],
  maxItems: (value, limit, path) => [
    `${value}.length > ${limit}`,
    `${abi("tooMany")}(${path}, ${value}.length, ${limit})`,
  ],
  minProperties: (value, limit, path) => [
    `${abi("entryCount")}(${value}) < ${limit}`,
    `${abi("tooFew")}(${path}, ${abi("entryCount")}(${value}), ${limit})`,
  ],
  maxProperties: (value, limit, path) => [
    `${abi("entryCount")}(${value}) > ${limit}`,
    `${abi("tooMany")}(${path}, ${abi("entryCount")}(${value}), ${limit})`,
  ],
};

function isLimit(rule: ValueRule): rule is Limit {
  return Object.hasOwn(limits, rule.kind);
}

function limitTest(rule: Limit, value: string, path: string): Check {
  const [fails, error] = limits[rule.kind](value, JSON.stringify(rule.value), path);
  return test(rule, fails, error);
}

function decreaseTest(rule: Rule, { value, old }: Place, path: string): Check {
  // Once it is known to be there, the old value needs no more questions.
  const known = old.replaceAll("?.", ".");
  const fails = `validation.update && ${old} !== undefined && ${value} < ${known}`;
  return test(rule, fails, `${abi("decreased")}(${path}, ${value}, ${known})`);
}

const formats: Readonly<Record<ValueFormat, string>> = {
  "k8s-short-name": "validateShortName",
  "k8s-long-name": "validateLongName",
  "k8s-long-name-caseless": "validateLongNameCaseless",
  "k8s-label-key": "validateLabelKeyFormat",
  "k8s-prefixed-label-key": "validatePrefixedLabelKey",
  "k8s-label-value": "validateLabelValue",
  "k8s-path-segment-name": "validatePathSegmentName",
  "k8s-uuid": "validateUuid",
  "k8s-resource-pool-name": "validateResourcePoolName",
  "k8s-resource-fully-qualified-name": "validateResourceFullyQualifiedName",
  "k8s-extended-resource-name": "validateExtendedResourceName",
};

function updateCheck(scope: Scope, rule: Rule, limit: UpdateLimit, place: Place): Check {
  const path = pathText(place.path);
  const wasSet = setness(place, place.old);
  switch (limit) {
    case "NoSet":
      return test(
        rule,
        `validation.update && ${unsetness(place, place.old)} && ${isSet(place)}`,
        `${abi("setLater")}(${path})`,
      );
    case "NoUnset":
      return test(rule, `validation.update && ${wasSet} && (${isUnset(place)})`, `${abi("clearedLater")}(${path})`);
    case "NoModify": {
      // An object that is always there has been modified if it differs, and it is only looked at where it does.
      const alwaysThere = place.type.kind === "ref" && place.presence !== "optional";
      const isNow = alwaysThere ? "" : ` && ${isSet(place)}`;
      return test(rule, `validation.update && ${wasSet}${isNow}`, `${abi("modifiedLater")}(${path})`);
    }
    case "NoAddItem":
      return statements(rule, itemsCheck(scope, place, "Added"));
    case "NoRemoveItem":
      return statements(rule, itemsCheck(scope, place, "Removed"));
  }
}

function itemsCheck(scope: Scope, { type, value, old, path }: Place, what: "Added" | "Removed"): string {
  if (type.kind !== "array") return `${abi(`checkNoKey${what}`)}(${pathText(path)}, ${value}, ${old}, validation);`;
  const keyOf = keyFunction(scope, type.items, type.identity ?? type.list);
  return `${abi(`checkNoItem${what}`)}(${pathText(path)}, ${value}, ${old}, ${keyOf}, validation);`;
}

function uniqueCheck(scope: Scope, rule: Rule, { type, value, path }: Place): Check {
  if (type.kind !== "array") return statements(rule, "");
  const keyOf = keyFunction(scope, type.items, type.identity ?? type.list);
  return statements(rule, `${abi("checkUnique")}(${pathText(path)}, ${value}, ${keyOf}, validation);`);
}

/** A check that runs, or ends the others, only while an option is in a state. */
export function onOption(check: Check, option: string, enabled: boolean, path: string): Check {
  const on = `${abi("optionIs")}(validation, ${quote(option)}, ${String(enabled)}, ${pathText(path)})`;
  switch (check.kind) {
    case "test":
      return { ...check, fails: `${on} && (${check.fails})` };
    case "silent":
      return { ...check, holds: `!(${on} && ${negated(check.holds)})` };
    case "statements":
      return { ...check, text: `if (${on}) {\n${check.text}\n}` };
  }
}
