import type { Field, ModeCase, ObjectRule, Rule, UnionMember } from "../../model/model.ts";
import { abi, member, quote } from "../code.ts";
import { fieldPlace, isSet, nothing, pathText, setness, within, type Place } from "./place.ts";
import { differ } from "./sameness.ts";
import type { Scope } from "./scope.ts";
import { guard, push, sequence } from "./sequence.ts";

/** The statements of a rule on how the fields of an object go together; the place is that of the object. */
export function objectRuleText(scope: Scope, rule: ObjectRule, place: Place): string {
  // A list can stand for an object where the members of a union are its items.
  const fields = place.type.kind === "ref" ? scope.type(place.type.name).fields : [];
  const holder: Holder = { ...place, at: within(place.path), fields };
  switch (rule.kind) {
    case "union":
      return rule.discriminator === undefined ? countText(rule, holder) : discriminatedText(scope, rule, holder);
    case "modes":
      return rule.fields
        .map(({ field, cases }) => modeText(scope, { discriminator: rule.discriminator, field, cases }, holder))
        .join("\n");
    case "dependentRequired":
    case "dependentForbidden":
      return dependentText(rule, holder);
  }
}

/** An object whose fields a rule relates. */
interface Holder extends Place {
  /** What stands before a field's name in paths. */
  readonly at: string;
  readonly fields: readonly Field[];
}

type Union = Extract<ObjectRule, { kind: "union" }>;

function countText({ count, members }: Union, holder: Holder): string {
  const check = abi(count === "exactlyOne" ? "checkExactlyOne" : "checkAtMostOne");
  const names = members.map((each) => quote(memberText(each))).join(", ");
  const now = membersSet(holder, members, holder.value);
  const old = membersSet(holder, members, holder.old);
  return `${check}(${pathText(unionPath(holder, members))}, [${names}], ${now}, ${holder.old} && ${old}, validation);`;
}

/** Where errors of a union stand: at the object, or at the list if its members are the items of one. */
function unionPath(holder: Holder, members: readonly UnionMember[]): string {
  const [first] = members;
  const ofOneList = members.every(({ field, item }) => item !== undefined && field === first?.field);
  return first !== undefined && ofOneList && holder.type.kind === "ref" ? `${holder.at}${first.field}` : holder.path;
}

function discriminatedText(scope: Scope, { discriminator = "", members }: Union, holder: Holder): string {
  const table = members.map((each) => `{ field: ${quote(memberText(each))}, value: ${quote(each.memberName)} }`);
  const union = scope.constant(
    "union",
    ` = { discriminator: ${quote(discriminator)}, members: [${table.join(", ")}] }`,
  );
  const state = (owner: string): string =>
    `{ discriminator: ${owner}${member(discriminator)}, set: ${membersSet(holder, members, owner)} }`;
  const old = `${holder.old} && ${state(holder.old)}`;
  return `${abi("checkDiscriminated")}(${pathText(holder.at)}, ${union}, ${state(holder.value)}, ${old}, validation);`;
}

/** How errors name a member: `name`, or `tasks[{"name": "done"}]` for an item. */
function memberText({ field, item }: UnionMember): string {
  if (item === undefined) return field;
  return `${field}[{${item.map(({ key, value }) => `${quote(key)}: ${JSON.stringify(value)}`).join(", ")}}]`;
}

function membersSet(holder: Holder, members: readonly UnionMember[], owner: string): string {
  return `[${members.map((each) => memberIsSet(holder, each, owner)).join(", ")}]`;
}

function memberIsSet(holder: Holder, { field, item }: UnionMember, owner: string): string {
  if (item === undefined) return setness(placeOf(holder, field), `${owner}${member(field)}`);
  const test = item.map(({ key, value }) => `each${member(key)} === ${JSON.stringify(value)}`).join(" && ");
  // A list whose items are the members is known to be there.
  if (holder.type.kind === "array") return `${owner.replaceAll("?.", ".")}.some((each) => ${test})`;
  return `(${owner}${member(field)}?.some((each) => ${test}) ?? false)`;
}

function placeOf(holder: Holder, name: string): Place {
  const field = holder.fields.find((each) => each.name === name);
  if (field === undefined) throw new Error(`a rule names the field ${name}, which its object does not have`);
  return fieldPlace(holder, holder.at, field);
}

interface Mode {
  readonly discriminator: string;
  readonly field: string;
  readonly cases: readonly ModeCase[];
}

function modeText(scope: Scope, { discriminator, field, cases }: Mode, holder: Holder): string {
  const place = placeOf(holder, field);
  const mode = `${holder.value}${member(discriminator)}`;
  const branches = cases.map(({ mode: name, rules }) => {
    const text = modeCaseText(scope, place, rules);
    return text === "" ? `case ${quote(name)}:\nbreak;` : `case ${quote(name)}: {\n${text}\nbreak;\n}`;
  });
  const otherwise = `default:\nif (${isSet(place)}) ${push(`${abi("forbidden")}(${pathText(place.path)})`)}`;
  const text = `switch (String(${mode})) {\n${branches.join("\n")}\n${otherwise}\n}`;
  return `if (${modeChanged(scope, place, mode, holder)}) {\n${text}\n}`;
}

/** Whether the field, or what it must bear, is not as it was. */
function modeChanged(scope: Scope, place: Place, mode: string, holder: Holder): string {
  if (holder.old === nothing) return "true";
  const was = (text: string): string => text.replace(holder.value, holder.old);
  const changes = [`${mode} !== ${was(mode)}`, differ(scope, place.type, place.value, was(place.value))];
  return [`${holder.old} === undefined`, ...changes].join(" || ");
}

function modeCaseText(scope: Scope, place: Place, rules: readonly Rule[]): string {
  const checks = scope.checks(rules, place);
  const there =
    place.presence === "optional" ? [{ kind: "silent", holds: `${place.value} !== undefined` } as const] : [];
  return guard(sequence(scope, [...checks, ...there], ""));
}

function dependentText(
  { kind, field, sibling }: Extract<ObjectRule, { kind: "dependentRequired" | "dependentForbidden" }>,
  holder: Holder,
): string {
  const check = abi(kind === "dependentRequired" ? "checkDependentRequired" : "checkDependentForbidden");
  const both = (owner: string): string =>
    `[${[field, sibling].map((name) => setness(placeOf(holder, name), `${owner}${member(name)}`)).join(", ")}]`;
  const path = pathText(`${holder.at}${sibling}`);
  return `${check}(${path}, ${quote(field)}, ${both(holder.value)}, ${holder.old} && ${both(holder.old)}, validation);`;
}
