import type { Report } from "../diagnostic.ts";
import type { KeyMatch, Rule } from "../model/model.ts";
import { endsCheck } from "../model/rule-order.ts";
import type { DraftObject, DraftType } from "./draft.ts";
import { didYouMean } from "../nearest.ts";
import { pascalCase } from "./names.ts";
import {
  emptyGroups,
  groupRules,
  modeGroup,
  unionGroup,
  type Conditions,
  type OrderedRule,
  type RuleGroups,
} from "./rule-groups.ts";
import type { Tag } from "./tag.ts";
import type { Place, TagName } from "./tag-table.ts";
import { counterpart, describeKinds, describePlaces, describeType, valueKindOf } from "./value-kind.ts";
import { valueRule } from "./value-rules.ts";

/** What tags stand on. */
export interface Target {
  readonly type: DraftType;
  readonly place: Place;
  /** How messages call it. */
  readonly label: string;
  /** The field that holds it, where tags may speak of its siblings. */
  readonly field?: { readonly name: string; readonly object: DraftObject };
  /** What union members count in: the object around a field, or the list around an item. */
  readonly around: RuleGroups;
}

/** What the tags of one comment come to. */
export interface Applied {
  readonly rules: OrderedRule[];
  /** Tags that say what a value is, rather than check it. */
  readonly settings: ReadonlyMap<TagName, readonly Tag[]>;
  /** Tags inside `+k8s:eachVal` of that kind. */
  readonly itemSettings: ReadonlySet<TagName>;
}

/** Tags that change the model instead of adding a rule; they mean nothing under a condition. */
const settingNames: ReadonlySet<TagName> = new Set<TagName>([
  "nullable",
  "default",
  "k8s:enum",
  "kubebuilder:validation:Enum",
  "k8s:listType",
  "k8s:listMapKey",
  "k8s:unique",
  "k8s:customUnique",
  "mapType",
  "structType",
  "patchStrategy",
  "patchMergeKey",
  "k8s:opaqueType",
  "k8s:customValidation",
  "kubebuilder:validation:EmbeddedResource",
  "kubebuilder:pruning:PreserveUnknownFields",
  "kubebuilder:validation:XIntOrString",
  "kubebuilder:validation:ExactlyOneOf",
  "kubebuilder:validation:AtMostOneOf",
]);

interface Applying {
  readonly report: Report;
  readonly itemSettings: Set<TagName>;
  /** The groups of the values that tags stand on: parts of the value add to them. */
  readonly within: RuleGroups;
}

const unconditional: Conditions = { order: undefined, key: "", wrap: (rule) => rule };

/** Applies the tags of one comment to what they stand on. */
export function applyTags(tags: readonly Tag[], target: Target, report: Report): Applied {
  const settings = new Map<TagName, Tag[]>();
  const applying: Applying = { report, itemSettings: new Set(), within: emptyGroups() };
  const rules: OrderedRule[] = [];
  const allowed = tags.filter((tag) => mayStand(tag, target, report));
  for (const tag of withoutRepeats(allowed, report)) {
    if (settingNames.has(tag.name)) {
      settings.set(tag.name, [...(settings.get(tag.name) ?? []), tag]);
      continue;
    }
    const rule = ruleOf(tag, target, unconditional, applying);
    if (rule !== undefined) rules.push({ order: tag.name, rule });
  }
  const { shape } = target.type;
  rules.push(...groupRules(applying.within, shape.kind === "object" ? shape.object : undefined, report));
  return { rules, settings, itemSettings: applying.itemSettings };
}

/** The rules in the order they run; see `Rule`. */
export function inRunOrder(rules: readonly OrderedRule[]): Rule[] {
  const sorted = rules.toSorted((a, b) => rank(a) - rank(b) || compareNames(a.order, b.order));
  return sorted.reduce<Rule[]>((merged, { rule }) => {
    const last = merged.at(-1);
    const joined = last === undefined ? undefined : join(last, rule);
    if (joined === undefined) merged.push(rule);
    else merged.splice(-1, 1, joined);
    return merged;
  }, []);
}

/** Short-circuit rules first, those on single fields and items last. */
function rank({ rule }: OrderedRule): number {
  if (rule.kind === "subfield" || rule.kind === "item") return 2;
  return endsCheck(rule) ? 0 : 1;
}

function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Tags of one field or item make one group of checks, and limits of updates one check. */
function join(first: Rule, second: Rule): Rule | undefined {
  if (first.kind === "update" && second.kind === "update")
    return { kind: "update", value: [...first.value, ...second.value] };
  if (first.kind === "subfield" && second.kind === "subfield" && first.field === second.field) {
    return { ...first, rules: [...first.rules, ...second.rules] };
  }
  if (first.kind === "item" && second.kind === "item" && JSON.stringify(first.match) === JSON.stringify(second.match)) {
    return { ...first, rules: [...first.rules, ...second.rules] };
  }
  return undefined;
}

function mayStand(tag: Tag, { type, place, label }: Target, report: Report): boolean {
  const places: readonly Place[] = tag.spec.places;
  if (!places.includes(place)) {
    report(
      "misplacedTag",
      tag.at,
      `+${tag.written} may not stand on ${describePlaces([place])}: it goes on ${describePlaces(places)}`,
    );
    return false;
  }
  const kinds = tag.spec.appliesTo;
  if (kinds === undefined || kinds.includes(valueKindOf(type))) return true;
  const message = `+${tag.written} applies to ${describeKinds(kinds)}, but ${label} is ${describeType(type)}`;
  report("tagOnWrongType", tag.at, message + counterpart(tag, type));
  return false;
}

function withoutRepeats(tags: readonly Tag[], report: Report): Tag[] {
  return tags.filter((tag, index) => {
    const repeated = tag.spec.repeats !== true && tags.slice(0, index).some(({ name }) => name === tag.name);
    if (repeated) report("repeatedTag", tag.at, `+${tag.written} is already given: keep one`);
    return !repeated;
  });
}

type Part = (tag: Tag, target: Target, conditions: Conditions, applying: Applying) => Rule | undefined;

/** The tags that speak of parts of the value, of the object around it, or under a condition. */
const parts: { readonly [name in TagName]?: Part } = {
  "k8s:eachVal": eachVal,
  "k8s:eachKey": eachKey,
  "k8s:subfield": subfield,
  "k8s:item": item,
  "k8s:ifEnabled": underCondition,
  "k8s:ifDisabled": underCondition,
  "k8s:alpha": underCondition,
  "k8s:beta": underCondition,
  "k8s:ifMode": ifMode,
  "k8s:modeDiscriminator": modeDiscriminator,
  "k8s:unionMember": unionMember,
  "k8s:zeroOrOneOfMember": unionMember,
  "k8s:unionDiscriminator": unionDiscriminator,
  "k8s:dependentRequired": dependent,
  "k8s:dependentForbidden": dependent,
};

function ruleOf(tag: Tag, target: Target, conditions: Conditions, applying: Applying): Rule | undefined {
  const part = parts[tag.name];
  return part === undefined ? simpleRule(tag, target, applying) : part(tag, target, conditions, applying);
}

function simpleRule(tag: Tag, target: Target, { report }: Applying): Rule | undefined {
  const made = valueRule(tag, target.type);
  if (made === undefined) return undefined;
  if ("rule" in made) return made.rule;
  report("tagPayload", tag.at, `+${tag.written} ${made.wrong}`);
  return undefined;
}

/** Applies a tag that stands inside another; settings have no meaning there, except that items may be opaque. */
function innerRule(tag: Tag, target: Target, conditions: Conditions, applying: Applying): Rule | undefined {
  if (!mayStand(tag, target, applying.report)) return undefined;
  if (!settingNames.has(tag.name)) return ruleOf(tag, target, conditions, applying);
  if (tag.name === "k8s:opaqueType" && conditions.key === "" && target.place !== "field")
    applying.itemSettings.add(tag.name);
  else applying.report("misplacedTag", tag.at, `+${tag.written} may not stand inside another tag`);
  return undefined;
}

function eachVal({ inner }: Tag, { type, label }: Target, _: Conditions, applying: Applying): Rule | undefined {
  const { shape } = type;
  if (inner === undefined || (shape.kind !== "list" && shape.kind !== "map")) return undefined;
  const target: Target = {
    type: shape.kind === "list" ? shape.items : shape.values,
    place: shape.kind === "list" ? "item" : "value",
    label: shape.kind === "list" ? `an item of ${label}` : `a value of ${label}`,
    around: emptyGroups(),
  };
  if (shape.kind === "map" && target.type.shape.kind === "list") {
    applying.report("nesting", inner.at, "Kubernetes checks no lists in maps: put the list into an object");
    return undefined;
  }
  if (inner.name === "k8s:unionMember" || inner.name === "k8s:zeroOrOneOfMember") {
    applying.report(
      "misplacedTag",
      inner.at,
      `+${inner.written} may not stand in +k8s:eachVal: it goes on a field or in +k8s:item`,
    );
    return undefined;
  }
  const rule = innerRule(inner, target, unconditional, applying);
  return rule && { kind: "eachVal", rule };
}

function eachKey({ inner }: Tag, { type, label }: Target, _: Conditions, applying: Applying): Rule | undefined {
  if (inner === undefined || type.shape.kind !== "map") return undefined;
  const target: Target = { type: type.shape.keys, place: "key", label: `a key of ${label}`, around: emptyGroups() };
  const rule = innerRule(inner, target, unconditional, applying);
  return rule && { kind: "eachKey", rule };
}

function subfield(tag: Tag, target: Target, conditions: Conditions, applying: Applying): Rule | undefined {
  const { inner } = tag;
  const { shape } = target.type;
  if (inner === undefined || shape.kind !== "object") return undefined;
  const name = String(tag.args.get("field"));
  const field = shape.object.fields.find((each) => each.name === name);
  if (field === undefined) {
    const names = shape.object.fields.map((each) => each.name);
    applying.report("unknownField", tag.at, `${shape.object.name} has no field ${name}${didYouMean(name, names)}`);
    return undefined;
  }
  if (inner.name === "k8s:subfield") {
    applying.report(
      "misplacedTag",
      inner.at,
      "+k8s:subfield may not stand inside itself: put the tag on the field's type",
    );
    return undefined;
  }
  const around = target.place === "field" || target.place === "type" ? applying.within : emptyGroups();
  const rule = innerRule(
    inner,
    { type: field.type, place: "field", label: name, field: { name, object: shape.object }, around },
    conditions,
    applying,
  );
  return rule && { kind: "subfield", field: name, rules: [rule] };
}

function item(tag: Tag, target: Target, conditions: Conditions, applying: Applying): Rule | undefined {
  const { inner } = tag;
  const { shape } = target.type;
  if (inner === undefined || shape.kind !== "list") return undefined;
  const match: KeyMatch[] = [...tag.args].map(([key, value]) => ({ key, value }));
  if (inner.name === "k8s:unionMember" || inner.name === "k8s:zeroOrOneOfMember") {
    addMember(inner, { ...target, around: applying.within }, conditions, match);
    return undefined;
  }
  const itemTarget: Target = {
    type: shape.items,
    place: "item",
    label: `an item of ${target.label}`,
    around: emptyGroups(),
  };
  const rule = innerRule(inner, itemTarget, conditions, applying);
  return rule && { kind: "item", match, rules: [rule] };
}

function underCondition(tag: Tag, target: Target, conditions: Conditions, applying: Applying): Rule | undefined {
  if (tag.inner === undefined) return undefined;
  const since = tag.args.get("since");
  const wrap = (rule: Rule): Rule => {
    if (tag.name === "k8s:alpha" || tag.name === "k8s:beta") {
      const level = tag.name === "k8s:alpha" ? "alpha" : "beta";
      return { kind: "stability", level, ...(since !== undefined && { since: String(since) }), rule };
    }
    return { kind: "ifOption", option: String(tag.args.get("option")), enabled: tag.name === "k8s:ifEnabled", rule };
  };
  const nested: Conditions = {
    order: conditions.order ?? tag.name,
    key: `${conditions.key}/${tag.name}(${[...tag.args.values()].join()})`,
    wrap: (rule) => conditions.wrap(wrap(rule)),
  };
  const rule = innerRule(tag.inner, target, nested, applying);
  return rule && wrap(rule);
}

function ifMode(tag: Tag, target: Target, conditions: Conditions, applying: Applying): undefined {
  if (tag.inner === undefined) return;
  const group = modeGroup(target.around, String(tag.args.get("modality") ?? ""), conditions, tag.at);
  const mode = String(tag.args.get("mode"));
  const modes = group.fields.get(fieldName(target)) ?? new Map<string, { rules: Rule[]; at: Tag["at"] }>();
  const known = modes.get(mode) ?? { rules: [], at: tag.at };
  const rule = innerRule(tag.inner, target, unconditional, applying);
  const rules =
    rule === undefined
      ? known.rules
      : inRunOrder([...known.rules, rule].map((each) => ({ order: each.kind, rule: each })));
  group.fields.set(fieldName(target), modes.set(mode, { ...known, rules }));
}

function modeDiscriminator(tag: Tag, target: Target, conditions: Conditions): undefined {
  const group = modeGroup(target.around, String(tag.args.get("modality") ?? ""), conditions, tag.at);
  group.discriminator = fieldName(target);
}

function unionMember(tag: Tag, target: Target, conditions: Conditions): undefined {
  addMember(tag, target, conditions, undefined);
}

function unionDiscriminator(tag: Tag, target: Target, conditions: Conditions): undefined {
  const name = String(tag.args.get("union") ?? "");
  unionGroup(target.around, name, "exactlyOne", conditions, tag.at).discriminator = fieldName(target);
}

function addMember(tag: Tag, target: Target, conditions: Conditions, match: readonly KeyMatch[] | undefined): void {
  const count = tag.name === "k8s:unionMember" ? "exactlyOne" : "atMostOne";
  const field = match === undefined ? fieldName(target) : (target.type.alias ?? target.label);
  const named = tag.args.get("memberName");
  const memberName = String(
    named ?? (match === undefined ? pascalCase(field) : match.map(({ value }) => value).join()),
  );
  const group = unionGroup(target.around, String(tag.args.get("union") ?? ""), count, conditions, tag.at);
  group.members.push({ field, ...(match !== undefined && { item: match }), memberName, at: tag.at });
}

function dependent(tag: Tag, target: Target, { order, wrap }: Conditions, { report }: Applying): undefined {
  const { field } = target;
  const sibling = String(tag.args.get("sibling"));
  const names = field?.object.fields.map(({ name }) => name) ?? [];
  if (field === undefined || !names.includes(sibling)) {
    report(
      "unknownField",
      tag.at,
      `${field?.object.name ?? "the object"} has no field ${sibling}${didYouMean(sibling, names)}`,
    );
    return;
  }
  const kind = tag.name === "k8s:dependentRequired" ? "dependentRequired" : "dependentForbidden";
  target.around.others.push({ order: order ?? tag.name, rule: wrap({ kind, field: field.name, sibling }) });
}

function fieldName({ field, label }: Target): string {
  return field?.name ?? label;
}
