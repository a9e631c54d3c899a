import type { Field, Position, Rule, Type } from "../model/model.ts";
import { placeKey } from "../model/places.ts";
import type { Checking } from "./checking.ts";
import { patternCost } from "./pattern-cost.ts";

/** Patterns compile, and nobody can stop the server with a text that takes them years. */
export function checkPatterns(checking: Checking): void {
  for (const { folder, types } of checking.model.groupVersions) {
    for (const type of types) {
      for (const field of type.fields) {
        for (const wrong of wrongPatterns(field.type, field.rules)) {
          checking.report("pattern", placeOf(checking, folder, type.name, field), wrong);
        }
      }
    }
  }
}

function placeOf({ places }: Checking, folder: string, type: string, { name, at }: Field): Position {
  return places.get(placeKey(folder, `${type}.${name}`, "kubebuilder:validation:Pattern")) ?? at;
}

/** Short enough for a pattern whose time grows with the square, or the cube, of the text. */
const longestMax = 1024;

/** What is wrong with the patterns on a value and inside it. `rules` are those on it beside its type's own. */
function wrongPatterns(type: Type, rules: readonly Rule[]): string[] {
  const all = [...rules, ...(type.rules ?? [])].map(withoutConditions);
  const own = longest(all);
  const wrong = all.flatMap((rule) => (rule.kind === "pattern" ? wrongPattern(rule.value, own) : []));
  const values = all.flatMap((rule) => (rule.kind === "eachVal" ? [rule.rule] : []));
  const keys = all.flatMap((rule) => (rule.kind === "eachKey" ? [rule.rule] : []));
  const parts = all.flatMap((rule) =>
    rule.kind === "item" || rule.kind === "subfield" ? wrongPatterns(anyString, rule.rules) : [],
  );
  const below =
    type.kind === "array"
      ? wrongPatterns(type.items, values)
      : type.kind === "map"
        ? wrongPatterns(type.values, values)
        : [];
  return [...wrong, ...parts, ...below, ...(keys.length > 0 ? wrongPatterns(anyString, keys) : [])];
}

const anyString: Type = { kind: "string" };

function withoutConditions(rule: Rule): Rule {
  return rule.kind === "ifOption" || rule.kind === "stability" ? withoutConditions(rule.rule) : rule;
}

function longest(rules: readonly Rule[]): number {
  const limits = rules.map((rule) => (rule.kind === "maxLength" || rule.kind === "maxBytes" ? rule.value : Infinity));
  return Math.min(Infinity, ...limits);
}

function wrongPattern(pattern: string, longestText: number): string[] {
  try {
    RegExp(pattern, "u");
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^Invalid regular expression: /, "") : "";
    return [`${pattern} is no regular expression: ${reason}`];
  }
  switch (patternCost(pattern)) {
    case "linear":
      return [];
    case "exponential":
      return [
        `${pattern} takes a time exponential in the length of some texts: a repeated group must not be matched in two ways`,
      ];
    case "polynomial":
      if (longestText <= longestMax) return [];
      return [
        `${pattern} takes too long for long texts: anchor it with ^, let no two repetitions in a row match the same, or add +k8s:maxLength=${longestMax}`,
      ];
    case "unknown":
      return [`${pattern} cannot be judged safe: use no lookarounds or backreferences, and fewer parts`];
  }
}
