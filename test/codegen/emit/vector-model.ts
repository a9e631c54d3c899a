import type {
  EnumValue,
  Field,
  GroupVersion,
  ListTopology,
  ObjectType,
  Presence,
  Rule,
  Type,
  UnionMember,
} from "../../../codegen/model/model.ts";
import { endsCheck } from "../../../codegen/model/rule-order.ts";
import {
  parseTag,
  resolve,
  scalar,
  type GoField,
  type GoType,
  type Tag,
  type VectorSchema,
  type VectorType,
} from "./vector-schema.ts";

/** A schema of the vectors as a model, and the messages of its rules that always fail, by function. */
export interface VectorModel {
  readonly groupVersion: GroupVersion;
  readonly forced: ReadonlyMap<string, string>;
}

const at = { file: "apis/vectors/v1/types.ts", line: 1, column: 1 };
/** The module of the functions that always fail. */
export const forcedModule = "vectors/v1/forced.ts";

/** Makes a model of the Go types of a schema, as a TypeScript author would have declared them. */
export function vectorModel(schema: VectorSchema): VectorModel {
  const forced = new Map<string, string>();
  const types = Object.entries(schema.types).flatMap(([name, type]) => objectType({ schema, forced }, name, type));
  const groupVersion: GroupVersion = {
    group: "vectors.example.com",
    version: "v1",
    folder: "vectors/v1",
    modelPackage: "com.example.vectors.v1",
    doc: "",
    off: [],
    kinds: [],
    types,
  };
  return { groupVersion, forced };
}

interface Context {
  readonly schema: VectorSchema;
  readonly forced: Map<string, string>;
}

function objectType(context: Context, name: string, declared: VectorType): ObjectType[] {
  const { type } = resolve(context.schema, { ref: name });
  if (type.kind !== "struct") return [];
  const tags = (declared.tags ?? []).map(parseTag);
  const opaque = tags.some((tag) => tag.name === "k8s:opaqueType");
  const relations = type.fields.flatMap(relatingTags);
  const rules = [
    ...ordered(tags.flatMap((tag) => rulesOf(context, tag))),
    ...relationRules(relations.filter(({ holder, item }) => holder === "" && item === undefined)),
    ...type.fields.flatMap((field) => relationRules(relatingTags(field).filter(({ item }) => item !== undefined))),
  ];
  const fields = type.fields.flatMap((field) => fieldOf(context, field));
  const source = { module: "vectors/v1/types.ts", symbol: name, text: name };
  return [
    { name, source, doc: "", atomic: false, union: false, fields: opaque ? fields.map(unchecked) : fields, rules, at },
  ];
}

/** A field of an opaque type: nobody looks at it. */
function unchecked(field: Field): Field {
  return { ...field, rules: [], presence: field.presence === "required" ? "emptyAllowed" : field.presence };
}

/** The name that a field has in a model: an embedded field is one of its type's name. */
export function fieldName(field: GoField): string | undefined {
  if (field.json !== null) return field.json;
  return field.inline === true && field.type.kind === undefined ? field.type.ref : undefined;
}

function fieldOf(context: Context, field: GoField): Field[] {
  const name = fieldName(field);
  if (name === undefined) return [];
  const tags = (field.tags ?? []).map(parseTag);
  const related = relationRules(relatingTags(field).filter(({ holder }) => holder === name));
  const rules = [...ordered(tags.flatMap((tag) => rulesOf(context, tag))), ...related];
  const presence = presenceOf(context.schema, field);
  const settled = rules.filter((rule) => rule.kind !== presence);
  return [{ name, doc: "", presence, nullable: false, type: typeOf(context, field.type, tags), rules: settled, at }];
}

/** What an absent field means, as a Go author's tags and pointers say it. */
export function presenceOf(schema: VectorSchema, field: GoField): Presence {
  const { type, pointer } = resolve(schema, field.type);
  const tags = (field.tags ?? []).map((tag) => unleveled(parseTag(tag)));
  const has = (name: string): boolean => tags.some((tag) => tag.name === name);
  if (has("k8s:required")) return "required";
  if (has("k8s:optional")) {
    const byDefault = tags.find((tag) => tag.name === "default");
    if (byDefault === undefined) return "optional";
    const zero = ['""', "0", "false"].includes(byDefault.value) && !pointer;
    return zero ? "emptyAllowed" : "required";
  }
  if (type.kind === "struct" && !pointer) return "defaulted";
  // A rule that always fails runs on nil pointers; all others let them pass.
  return pointer && !tags.some((tag) => text(tag).includes("validateFalse")) ? "optional" : "emptyAllowed";
}

function text(tag: Tag): string {
  return tag.name + (tag.inner === undefined ? "" : text(tag.inner));
}

/** A tag without the levels around it: all are enforced here. */
function unleveled(tag: Tag): Tag {
  if ((tag.name === "k8s:alpha" || tag.name === "k8s:beta") && tag.inner !== undefined) return unleveled(tag.inner);
  return tag.inner === undefined ? tag : { ...tag, inner: unleveled(tag.inner) };
}

function typeOf(context: Context, go: GoType, fieldTags: readonly Tag[]): Type {
  const { type, name } = resolve(context.schema, go);
  const declared = name === undefined ? undefined : context.schema.types[name];
  const own = (declared?.tags ?? []).map(parseTag);
  const tags = [...fieldTags, ...own].map(unleveled);
  const keys = type.kind === "map" ? keyRules(context, type.key, tags) : [];
  const typeRules = [...ordered(own.flatMap((tag) => rulesOf(context, tag))), ...keys];
  const base = plainType(context, type, name, tags);
  const values = enumOf(declared, own);
  const whole: Type = values !== undefined && base.kind === "string" ? { ...base, enum: values } : base;
  const members = type.kind === "list" ? listUnion(name ?? "", own) : [];
  const isObject = whole.kind === "ref" && whole.opaque !== true;
  const fieldOpaque = fieldTags.map(unleveled).some((tag) => tag.name === "k8s:opaqueType");
  const rules = isObject || fieldOpaque ? [] : [...typeRules, ...members];
  return rules.length === 0 ? whole : { ...whole, rules };
}

function plainType(context: Context, type: GoType, name: string | undefined, tags: readonly Tag[]): Type {
  switch (type.kind) {
    case "string":
    case "bytes":
      return { kind: "string" };
    case "bool":
      return { kind: "boolean" };
    case "float32":
    case "float64":
      return { kind: "number", format: "double" };
    case "struct": {
      const opaque = tags.some((tag) => tag.name === "k8s:opaqueType");
      return { kind: "ref", name: name ?? "", ...(opaque ? { opaque: true } : {}) };
    }
    case "list":
      return { kind: "array", items: typeOf(context, type.of, valueTags(tags)), ...topology(tags) };
    case "map":
      return { kind: "map", values: typeOf(context, type.of, valueTags(tags)), atomic: false };
    case "ptr":
    case undefined:
      throw new Error("resolved types are neither");
    default:
      return { kind: "integer", format: "int64" };
  }
}

/** What the tags of a list or map say of its values' type. */
function valueTags(tags: readonly Tag[]): Tag[] {
  return tags.flatMap((tag) => (tag.name === "k8s:eachVal" && tag.inner?.name === "k8s:opaqueType" ? [tag.inner] : []));
}

function keyRules(context: Context, key: GoType, tags: readonly Tag[]): Rule[] {
  const opaque = tags.some((tag) => tag.name === "k8s:eachKey" && tag.inner?.name === "k8s:opaqueType");
  const { name } = resolve(context.schema, key);
  const own = name === undefined || opaque ? [] : (context.schema.types[name]?.tags ?? []);
  return own.flatMap((tag) => rulesOf(context, parseTag(tag))).map((rule) => ({ kind: "eachKey", rule }));
}

function topology(tags: readonly Tag[]): { list: ListTopology; identity?: ListTopology } {
  const keys = tags.filter((tag) => tag.name === "k8s:listMapKey").map((tag) => tag.value);
  const of = (kind: string | undefined): ListTopology =>
    kind === "map" ? { kind, keys } : kind === "set" ? { kind } : { kind: "atomic" };
  const list = of(tags.find((tag) => tag.name === "k8s:listType")?.value);
  const unique = tags.find((tag) => tag.name === "k8s:unique")?.value;
  return unique === undefined ? { list } : { list, identity: of(unique) };
}

function enumOf(declared: VectorType | undefined, tags: readonly Tag[]): EnumValue[] | undefined {
  if (!tags.some((tag) => unleveled(tag).name === "k8s:enum")) return undefined;
  return (declared?.constants ?? []).flatMap(({ value, tags: own = [] }) => {
    const parsed = own.map(parseTag);
    if (parsed.some((tag) => tag.name === "k8s:enumExclude")) return [];
    const excludedIf = parsed.map((tag) => ({
      option: tag.positional[0] ?? "",
      enabled: tag.name === "k8s:ifEnabled",
    }));
    return [{ value, doc: "", ...(excludedIf.length === 0 ? {} : { excludedIf }) }];
  });
}

const limits = [
  "minimum",
  "maximum",
  "minLength",
  "maxLength",
  "maxBytes",
  "minItems",
  "maxItems",
  "minProperties",
  "maxProperties",
];
const plain = ["required", "optional", "forbidden", "immutable", "monotonic"];

function rulesOf(context: Context, tag: Tag): Rule[] {
  const name = tag.name.replace("k8s:", "");
  if (tag.inner !== undefined && !isRelation(tag)) return wrapped(tag, name, rulesOf(context, tag.inner));
  if (isRelation(tag)) return [];
  if (plain.includes(name)) return [{ kind: name } as Rule];
  if (limits.includes(name)) return [{ kind: name, value: Number(tag.value) } as Rule];
  if (name === "format" || name === "neq" || name === "update") {
    return [{ kind: name, value: name === "update" ? [tag.value] : scalar(tag.value) } as Rule];
  }
  switch (name) {
    case "listType":
    case "unique":
      return tag.value === "atomic" ? [] : [{ kind: "unique" }];
    case "customUnique":
      return [{ kind: "custom", module: "", symbol: name }];
    case "validateFalse": {
      const symbol = `forced${context.forced.size}`;
      context.forced.set(symbol, String(scalar(tag.value)));
      return [{ kind: "custom", module: forcedModule, symbol }];
    }
    default:
      return [];
  }
}

function wrapped(tag: Tag, name: string, inner: readonly Rule[]): Rule[] {
  const [first = ""] = tag.positional;
  switch (name) {
    case "eachVal":
    case "eachKey":
      return inner.map((rule) => ({ kind: name, rule }));
    case "ifEnabled":
    case "ifDisabled":
      return inner.map((rule) => ({ kind: "ifOption", option: first, enabled: name === "ifEnabled", rule }));
    case "subfield":
      return [{ kind: "subfield", field: first, rules: inner }];
    case "item":
      return [{ kind: "item", match: [...tag.named].map(([key, value]) => ({ key, value })), rules: inner }];
    default:
      return [...inner];
  }
}

/** Rules that end the checks first; those for one subfield, or one item, together; customUnique takes uniqueness away. */
function ordered(rules: readonly Rule[]): Rule[] {
  if (rules.some(isCustomUnique))
    return ordered(rules.filter((rule) => rule.kind !== "unique" && !isCustomUnique(rule)));
  const merged: Rule[] = [];
  for (const rule of rules) {
    const index = merged.findIndex((each) => mergeKey(each) !== undefined && mergeKey(each) === mergeKey(rule));
    const known = merged[index];
    if (known !== undefined && "rules" in known && "rules" in rule)
      merged[index] = { ...known, rules: ordered([...known.rules, ...rule.rules]) };
    else merged.push(rule);
  }
  return [...merged.filter(endsCheck), ...merged.filter((rule) => !endsCheck(rule))];
}

// Stands for the tag only until the rules are put in order.
function isCustomUnique(rule: Rule): boolean {
  return rule.kind === "custom" && rule.symbol === "customUnique";
}

function mergeKey(rule: Rule): string | undefined {
  if (rule.kind === "subfield") return `subfield ${rule.field}`;
  return rule.kind === "item" ? `item ${JSON.stringify(rule.match)}` : undefined;
}

// --- Tags on fields that speak of the whole object ---

/** A tag that relates fields, where it was found, and what is around it. */
interface Relation {
  readonly tag: Tag;
  /** The field whose object is meant, or nothing for the object that has the field. */
  readonly holder: string;
  readonly field: string;
  readonly goName: string;
  readonly item: Tag | undefined;
  readonly option: Tag | undefined;
}

const relationNames = [
  "unionMember",
  "zeroOrOneOfMember",
  "unionDiscriminator",
  "modeDiscriminator",
  "ifMode",
  "dependentRequired",
  "dependentForbidden",
];

function isRelation(tag: Tag): boolean {
  if (relationNames.includes(tag.name.replace("k8s:", ""))) return true;
  return tag.inner !== undefined && isRelation(tag.inner);
}

function relatingTags(field: GoField): Relation[] {
  const name = fieldName(field) ?? "";
  return (field.tags ?? []).map(parseTag).flatMap((tag) => {
    const found = relation({ tag, holder: "", field: name, goName: field.goName, item: undefined, option: undefined });
    return found === undefined ? [] : [found];
  });
}

function relation(from: Relation): Relation | undefined {
  const { tag } = from;
  if (relationNames.includes(tag.name.replace("k8s:", ""))) return from;
  if (tag.inner === undefined) return undefined;
  const inner = { ...from, tag: tag.inner };
  switch (tag.name) {
    case "k8s:subfield": {
      const sub = tag.positional[0] ?? "";
      return relation({
        ...inner,
        holder: from.field,
        field: sub,
        goName: sub.replace(/^./, (letter) => letter.toUpperCase()),
      });
    }
    case "k8s:item":
      return relation({ ...inner, item: tag });
    case "k8s:ifEnabled":
    case "k8s:ifDisabled":
      return relation({ ...inner, option: tag });
    default:
      return relation(inner);
  }
}

function relationRules(relations: readonly Relation[]): Rule[] {
  const named = (names: readonly string[]): Relation[] =>
    relations.filter(({ tag }) => names.includes(tag.name.replace("k8s:", "")));
  return [
    ...unions(named(["unionMember", "unionDiscriminator"]), "exactlyOne"),
    ...unions(named(["zeroOrOneOfMember"]), "atMostOne"),
    ...modes(named(["modeDiscriminator", "ifMode"])),
    ...named(["dependentRequired", "dependentForbidden"]).map(
      ({ tag, field }) => ({ kind: tag.name.replace("k8s:", ""), field, sibling: tag.positional[0] }) as Rule,
    ),
  ];
}

function grouped(relations: readonly Relation[], argument: string): Relation[][] {
  const groups = new Map<string, Relation[]>();
  for (const each of relations) {
    const name = String(each.tag.named.get(argument) ?? "");
    groups.set(name, [...(groups.get(name) ?? []), each]);
  }
  return [...groups.values()];
}

function unions(relations: readonly Relation[], count: "exactlyOne" | "atMostOne"): Rule[] {
  return grouped(relations, "union").flatMap((group) => {
    const discriminator = group.find(({ tag }) => tag.name === "k8s:unionDiscriminator")?.field;
    const members = group.filter(({ tag }) => tag.name !== "k8s:unionDiscriminator").map(unionMember);
    if (members.length === 0) return [];
    const rule: Rule = { kind: "union", count, ...(discriminator === undefined ? {} : { discriminator }), members };
    return [optional(rule, group[0]?.option)];
  });
}

function unionMember({ field, goName, tag, item }: Relation): UnionMember {
  const memberName = String(tag.named.get("memberName") ?? goName);
  if (item === undefined) return { field, memberName };
  return { field, memberName, item: [...item.named].map(([key, value]) => ({ key, value })) };
}

/** A union whose members are items of a list, declared on the list's own type. */
function listUnion(name: string, tags: readonly Tag[]): Rule[] {
  const field: GoField = { json: name, goName: name, type: { ref: name } };
  const more = tags.flatMap(
    (tag) => relation({ tag, holder: "", field: name, goName: field.goName, item: undefined, option: undefined }) ?? [],
  );
  return relationRules(more);
}

function modes(relations: readonly Relation[]): Rule[] {
  return grouped(relations, "modality").flatMap((group) => {
    const discriminator = group.find(({ tag }) => tag.name === "k8s:modeDiscriminator")?.field ?? "";
    const ruled = group.filter(({ tag }) => tag.name === "k8s:ifMode");
    const fields = [...new Set(ruled.map(({ field }) => field))].map((field) => {
      const own = ruled.filter((each) => each.field === field);
      const names = [...new Set(own.map(modeName))];
      const cases = names.map((mode) => ({
        mode,
        rules: ordered(own.filter((each) => modeName(each) === mode).flatMap(({ tag }) => payload(tag))),
      }));
      return { field, cases };
    });
    return [optional({ kind: "modes", discriminator, fields }, group[0]?.option)];
  });
}

function modeName({ tag }: Relation): string {
  return String(tag.named.get("mode") ?? tag.positional[0]);
}

function payload(tag: Tag): Rule[] {
  return tag.inner === undefined ? [] : rulesOf({ schema: { types: {} }, forced: new Map() }, tag.inner);
}

function optional(rule: Rule, option: Tag | undefined): Rule {
  if (option === undefined) return rule;
  return { kind: "ifOption", option: option.positional[0] ?? "", enabled: option.name === "k8s:ifEnabled", rule };
}
