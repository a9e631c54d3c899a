import type { Definition } from "typescript-json-schema";
import type { DraftField, DraftObject, DraftType } from "./draft.ts";
import type { Reader } from "./reader.ts";
import { readSkeleton, type Skeleton } from "./skeleton.ts";

/**
 * Reads the kinds a second time, through typescript-json-schema, and compares structure: the fields of objects, which of
 * them are optional, what is a list, a map, a string or a number, and the values of enums. The two share the compiler's
 * types but nothing else, so what both see is what the author wrote.
 */
export function compareReaders(reader: Reader, kinds: readonly DraftObject[]): void {
  const skeleton = readSkeleton(reader, kinds);
  if (typeof skeleton === "string") {
    const at = kinds[0]?.at;
    if (at !== undefined)
      reader.report("readersDisagree", at, `typescript-json-schema cannot read the types: ${skeleton}`);
    return;
  }
  const comparing: Comparing = { reader, skeleton, seen: new Set() };
  for (const kind of kinds) compareObject(kind, skeleton.definitionOf(kind), comparing);
}

interface Comparing {
  readonly reader: Reader;
  readonly skeleton: Skeleton;
  readonly seen: Set<DraftObject>;
}

type Place = Pick<DraftField, "name" | "at">;

function compareObject(object: DraftObject, definition: Definition | undefined, comparing: Comparing): void {
  if (comparing.seen.has(object)) return;
  comparing.seen.add(object);
  const variants = comparing.skeleton.objectsIn(definition);
  const seen = propertiesOf(variants);
  for (const field of object.fields) {
    const property = seen.get(field.name);
    if (property === undefined) disagree(comparing, field, `${object.name}.${field.name} is a field`, "no such field");
    else compareType(field.type, property, field, comparing);
  }
  for (const name of seen.keys()) {
    if (object.fields.some((field) => field.name === name)) continue;
    disagree(comparing, { name, at: object.at }, `${object.name} has no field ${name}`, "one");
  }
  if (object.union === undefined) compareRequired(object, variants, comparing);
}

/** The variants of a union have fields in common, each seen in its own way. */
function propertiesOf(variants: readonly Definition[]): Map<string, Definition> {
  const seen = new Map<string, Definition>();
  for (const [name, property] of variants.flatMap(({ properties = {} }) => Object.entries(properties))) {
    seen.set(name, { anyOf: [...(seen.get(name)?.anyOf ?? []), property] });
  }
  return seen;
}

function compareRequired(object: DraftObject, variants: readonly Definition[], comparing: Comparing): void {
  const required = new Set(variants.flatMap((variant) => variant.required ?? []));
  for (const field of object.fields) {
    if (required.has(field.name) !== field.optional) continue;
    const word = field.optional ? "optional" : "required";
    disagree(comparing, field, `${object.name}.${field.name} is ${word}`, "the opposite");
  }
}

function compareType({ shape }: DraftType, definition: Definition, place: Place, comparing: Comparing): void {
  const { skeleton } = comparing;
  const kinds = skeleton.kindsOf(definition);
  const isA = (kind: string): boolean => {
    if (kinds.has(kind)) return true;
    disagree(comparing, place, `${place.name} is of type ${kind}`, [...kinds].join(" or ") || "none");
    return false;
  };
  switch (shape.kind) {
    case "string":
      if (isA("string") && shape.enum !== undefined)
        compareEnum(
          shape.enum.map(({ value }) => value),
          definition,
          place,
          comparing,
        );
      return;
    case "integer":
    case "number":
      isA("number");
      return;
    case "boolean":
      isA("boolean");
      return;
    case "list": {
      const items = isA("array") ? skeleton.itemsOf(definition) : undefined;
      if (items !== undefined) compareType(shape.items, items, place, comparing);
      return;
    }
    case "map": {
      const values = isA("object") ? skeleton.valuesOf(definition) : undefined;
      if (values !== undefined) compareType(shape.values, values, place, comparing);
      return;
    }
    case "object":
      if (isA("object")) compareObject(shape.object, definition, comparing);
      return;
    case "wellKnown":
  }
}

function compareEnum(values: readonly string[], definition: Definition, place: Place, comparing: Comparing): void {
  const seen = comparing.skeleton.literalsOf(definition);
  const same = seen.size === values.length && values.every((value) => seen.has(value));
  if (!same)
    disagree(comparing, place, `${place.name} is one of ${values.join(", ")}`, [...seen].join(", ") || "any string");
}

function disagree({ reader }: Comparing, { at }: Place, ours: string, theirs: string): void {
  reader.report(
    "readersDisagree",
    at,
    `${ours}, but typescript-json-schema sees ${theirs}: remove annotations such as @ignore`,
  );
}
