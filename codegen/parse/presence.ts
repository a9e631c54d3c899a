import type { Report } from "../diagnostic.ts";
import type { Presence } from "../model/model.ts";
import type { DraftField } from "./draft.ts";
import type { Tag } from "./tag.ts";
import { describeType, valueKindOf } from "./value-kind.ts";

/** What an absent field means, by its declaration, its tags, and whether it has a default. */
export function presenceOf(field: DraftField, hasDefault: boolean, report: Report): Presence {
  const tag = (name: Tag["name"]): Tag | undefined => field.comment.tags.find((each) => each.name === name);
  const [required, optional, forbidden] = [tag("k8s:required"), tag("k8s:optional"), tag("k8s:forbidden")];
  if (required !== undefined && optional !== undefined) {
    report("contradiction", optional.at, `${field.name} cannot be both required and optional: keep one tag`);
  }
  if (field.optional) {
    if (required !== undefined) report("contradiction", required.at, `${field.name} is required: declare it without ?`);
    return "optional";
  }
  if (forbidden !== undefined) report("contradiction", forbidden.at, `${field.name} may not be set: declare it with ?`);
  if (hasDefault) return "defaulted";
  if (required !== undefined) return "required";
  if (optional !== undefined && !isSized(field) && !isObject(field)) {
    report(
      "contradiction",
      optional.at,
      `${field.name} is ${describeType(field.type)} that may be absent: declare it with ?`,
    );
  }
  if (optional !== undefined || isObject(field)) return "defaulted";
  return isSized(field) && mayBeEmpty(field) ? "emptyAllowed" : "required";
}

function isSized({ type }: DraftField): boolean {
  return ["string", "formatted", "list", "map"].includes(valueKindOf(type));
}

function isObject({ type: { shape } }: DraftField): boolean {
  return shape.kind === "object" || (shape.kind === "wellKnown" && ["RawExtension", "ObjectMeta"].includes(shape.name));
}

/** Said by a least size of 0, or by the empty string among the values of an enum. */
function mayBeEmpty({ comment, type }: DraftField): boolean {
  const sizes = ["k8s:minLength", "k8s:minItems", "k8s:minProperties"];
  const zero = [...comment.tags, ...type.tags].some(({ name, value }) => sizes.includes(name) && value === 0);
  return zero || (type.shape.kind === "string" && type.shape.enum?.some(({ value }) => value === "") === true);
}
