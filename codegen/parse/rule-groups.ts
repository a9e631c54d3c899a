import type { Report } from "../diagnostic.ts";
import type { KeyMatch, Position, Rule } from "../model/model.ts";
import { didYouMean } from "../nearest.ts";
import type { DraftObject } from "./draft.ts";

/** A rule under conditions; `order` is the name of the tag that it sorts by. */
export interface OrderedRule {
  readonly order: string;
  readonly rule: Rule;
}

/** Puts a rule under the conditions that its tag stood in. */
export type Wrap = (rule: Rule) => Rule;

/** What tags on the parts of one value say of that value: unions, modes and dependent fields. */
export interface RuleGroups {
  readonly unions: Map<string, UnionGroup>;
  readonly modes: Map<string, ModeGroup>;
  readonly others: OrderedRule[];
}

interface UnionGroup {
  readonly order: string;
  readonly wrap: Wrap;
  readonly count: "exactlyOne" | "atMostOne";
  readonly members: {
    readonly field: string;
    readonly item?: readonly KeyMatch[];
    readonly memberName: string;
    at: Position;
  }[];
  discriminator?: string;
  readonly at: Position;
}

interface ModeGroup {
  readonly order: string;
  readonly wrap: Wrap;
  discriminator?: string;
  readonly fields: Map<string, Map<string, { readonly rules: Rule[]; readonly at: Position }>>;
  readonly at: Position;
}

/** The conditions that a tag stands in: which tag it sorts by, how to write them, and a key that is the same for the same. */
export interface Conditions {
  readonly order: string | undefined;
  readonly key: string;
  readonly wrap: Wrap;
}

/** No groups yet. */
export function emptyGroups(): RuleGroups {
  return { unions: new Map(), modes: new Map(), others: [] };
}

/** The union of a name within its conditions, made on first use. */
export function unionGroup(
  groups: RuleGroups,
  name: string,
  count: "exactlyOne" | "atMostOne",
  { order, key, wrap }: Conditions,
  at: Position,
): UnionGroup {
  const id = `${key}|${count}|${name}`;
  const known = groups.unions.get(id);
  if (known !== undefined) return known;
  const tagName = count === "exactlyOne" ? "k8s:unionMember" : "k8s:zeroOrOneOfMember";
  const group: UnionGroup = { order: order ?? tagName, wrap, count, members: [], at };
  groups.unions.set(id, group);
  return group;
}

/** The modes of a name within their conditions, made on first use. */
export function modeGroup(
  groups: RuleGroups,
  modality: string,
  { order, key, wrap }: Conditions,
  at: Position,
): ModeGroup {
  const id = `${key}|${modality}`;
  const known = groups.modes.get(id);
  if (known !== undefined) return known;
  const group: ModeGroup = { order: order ?? "k8s:ifMode", wrap, fields: new Map(), at };
  groups.modes.set(id, group);
  return group;
}

/** The rules that the groups come to. `object` is the value's type, where that is an object. */
export function groupRules(groups: RuleGroups, object: DraftObject | undefined, report: Report): OrderedRule[] {
  const unions = [...groups.unions.values()].flatMap((group) => unionRule(group, object, report));
  const modes = [...groups.modes.values()].flatMap((group) => modeRule(group, object, report));
  return [...groups.others, ...unions, ...modes];
}

function unionRule(group: UnionGroup, object: DraftObject | undefined, report: Report): OrderedRule[] {
  const { order, wrap, count, discriminator } = group;
  if (group.members.length === 0) {
    report(
      "contradiction",
      group.at,
      "the union has no member: give +k8s:unionMember to the fields that it chooses from",
    );
    return [];
  }
  const names = discriminatorValues(object, discriminator);
  for (const { memberName, at } of group.members) {
    if (names === undefined || names.includes(memberName)) continue;
    const guess = didYouMean(memberName, names);
    report(
      "tagPayload",
      at,
      `${discriminator} is never "${memberName}": give the member's name, as in (memberName: "${names[0]}")${guess}`,
    );
  }
  const members = group.members.map(({ field, item, memberName }) => ({
    field,
    ...(item !== undefined && { item }),
    memberName,
  }));
  const rule: Rule = { kind: "union", count, ...(discriminator !== undefined && { discriminator }), members };
  return [{ order, rule: wrap(rule) }];
}

function modeRule(group: ModeGroup, object: DraftObject | undefined, report: Report): OrderedRule[] {
  const { order, wrap, discriminator } = group;
  if (discriminator === undefined) {
    report(
      "contradiction",
      group.at,
      "there is no discriminator: give +k8s:modeDiscriminator to the field that tells the mode",
    );
    return [];
  }
  const names = discriminatorValues(object, discriminator);
  const fields = [...group.fields].map(([field, modes]) => {
    const cases = [...modes].map(([mode, { rules, at }]) => {
      if (names !== undefined && !names.includes(mode)) {
        report("tagPayload", at, `${discriminator} is never "${mode}"${didYouMean(mode, names)}`);
      }
      return { mode, rules };
    });
    return { field, cases };
  });
  return [{ order, rule: wrap({ kind: "modes", discriminator, fields }) }];
}

/** The values that a discriminator may have; undefined where it may have any. */
function discriminatorValues(object: DraftObject | undefined, name: string | undefined): readonly string[] | undefined {
  const shape = object?.fields.find((field) => field.name === name)?.type.shape;
  if (shape?.kind === "boolean") return ["true", "false"];
  return shape?.kind === "string" ? shape.enum?.map(({ value }) => value) : undefined;
}
