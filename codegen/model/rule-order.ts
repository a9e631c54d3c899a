import type { Rule } from "./model.ts";

const endsByKind: { readonly [kind in Rule["kind"]]: boolean | "as what it wraps" } = {
  required: true,
  optional: true,
  forbidden: true,
  immutable: true,
  update: true,
  maxItems: true,
  maxProperties: true,
  minimum: false,
  maximum: false,
  minLength: false,
  maxLength: false,
  maxBytes: false,
  minItems: false,
  minProperties: false,
  pattern: false,
  format: false,
  neq: false,
  monotonic: false,
  unique: false,
  custom: false,
  union: false,
  modes: false,
  dependentRequired: false,
  dependentForbidden: false,
  // What fails inside these ends the checks of that part only.
  subfield: false,
  item: false,
  eachVal: "as what it wraps",
  eachKey: "as what it wraps",
  ifOption: "as what it wraps",
  stability: "as what it wraps",
};

/**
 * Whether a failure of the rule ends the check of its value: all such rules run first, and if one fails no other runs.
 * These are validation-gen's short-circuit functions.
 */
export function endsCheck(rule: Rule): boolean {
  const ends = endsByKind[rule.kind];
  return ends === "as what it wraps" ? "rule" in rule && endsCheck(rule.rule) : ends;
}
