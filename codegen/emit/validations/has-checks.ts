import type { GroupVersion, Rule, Type } from "../../model/model.ts";

/** Whether there is anything to check of values of a type, beyond the rules of the field that holds them. */
export function hasChecks(groupVersion: GroupVersion, type: Type, seen: ReadonlySet<string> = new Set()): boolean {
  if (type.rules?.some(isEnforced) === true) return true;
  if (type.kind === "ref" && type.opaque === true) return false;
  switch (type.kind) {
    case "string":
      return type.enum !== undefined || type.format !== undefined;
    case "array":
      return hasChecks(groupVersion, type.items, seen);
    case "map":
      return hasChecks(groupVersion, type.values, seen);
    case "ref":
      return objectHasChecks(groupVersion, type.name, seen);
    case "integer":
    case "number":
    case "boolean":
    case "wellKnown":
      return false;
  }
}

/** Whether there is anything to check of objects of the type of that name. */
export function objectHasChecks(
  groupVersion: GroupVersion,
  name: string,
  seen: ReadonlySet<string> = new Set(),
): boolean {
  if (seen.has(name)) return false;
  const type = groupVersion.types.find((each) => each.name === name);
  if (type === undefined) return false;
  const within = new Set([...seen, name]);
  return (
    type.rules.some(isEnforced) ||
    type.fields.some(
      (field) =>
        field.presence === "required" || field.rules.some(isEnforced) || hasChecks(groupVersion, field.type, within),
    )
  );
}

/** Whether a rule can refuse an object: alpha ones cannot. */
function isEnforced(rule: Rule): boolean {
  switch (rule.kind) {
    case "stability":
      return rule.level === "beta" && isEnforced(rule.rule);
    case "ifOption":
    case "eachVal":
    case "eachKey":
      return isEnforced(rule.rule);
    case "optional":
      return false;
    default:
      return true;
  }
}
