import { endsCheck } from "../../../../codegen/model/rule-order.ts";
import type { Field, ModeCase, ObjectRule, UnionMember } from "../../../../codegen/model/model.ts";
import { fieldSpot, isSet, items, matches, own, tell, typeOf, type Run, type Spot } from "./run.ts";
import { same } from "./same.ts";

/** An object whose fields a rule relates. */
interface Holder extends Spot {
  readonly at: string;
  readonly fields: readonly Field[];
}

/** Applies a rule on how the fields of an object go together. */
export function applyRelation(run: Run, spot: Spot, rule: ObjectRule): void {
  const { type, path } = spot;
  const fields = type.kind === "ref" ? typeOf(run, type.name).fields : [];
  const holder: Holder = { ...spot, at: path === "" ? "" : `${path}.`, fields };
  switch (rule.kind) {
    case "dependentRequired":
    case "dependentForbidden":
      dependent(run, holder, rule);
      break;
    case "modes":
      for (const { field, cases } of rule.fields) mode(run, holder, { ...rule, field, cases });
      break;
    case "union":
      union(run, holder, rule);
      break;
  }
}

function setIn({ fields }: Holder, owner: unknown, name: string): boolean {
  const field = fields.find((each) => each.name === name);
  return field !== undefined && isSet({ ...field, value: own(owner, name) });
}

function dependent(run: Run, holder: Holder, rule: Extract<ObjectRule, { sibling: string }>): void {
  const state = (owner: unknown): boolean[] => [setIn(holder, owner, rule.field), setIn(holder, owner, rule.sibling)];
  if (holder.old !== undefined && String(state(holder.old)) === String(state(holder.value))) return;
  const [field, sibling] = state(holder.value);
  const where = holder.at + rule.sibling;
  if (field !== true) return;
  if (rule.kind === "dependentRequired" && sibling !== true) {
    tell(run, where, "FieldValueRequired", `must be set when ${rule.field} is set`);
  }
  if (rule.kind === "dependentForbidden" && sibling === true) {
    tell(run, where, "FieldValueForbidden", `may not be set when ${rule.field} is set`);
  }
}

interface Mode {
  readonly discriminator: string;
  readonly field: string;
  readonly cases: readonly ModeCase[];
}

function mode(run: Run, { fields, at, value, old }: Holder, { discriminator, field: name, cases }: Mode): void {
  const field = fields.find((each) => each.name === name);
  if (field === undefined) return;
  const member = fieldSpot(field, at, value, old);
  const now = own(value, discriminator);
  const sameMode = old !== undefined && own(old, discriminator) === now;
  if (sameMode && same(run, field.type, member.value, member.old)) return;
  const found = cases.find((each) => each.mode === String(now));
  if (found === undefined) run.group(run, member, [{ kind: "forbidden" }], () => {});
  else run.group(run, member, member.value === undefined ? found.rules.filter(endsCheck) : found.rules, () => {});
}

function union(run: Run, holder: Holder, rule: Extract<ObjectRule, { kind: "union" }>): void {
  const { type, path, at, value, old } = holder;
  const state = (owner: unknown): boolean[] =>
    rule.members.map(({ field, item }) => {
      if (item === undefined) return setIn(holder, owner, field);
      const list = type.kind === "array" ? owner : own(owner, field);
      return items(list).some((each) => matches(item, each));
    });
  const now = state(value);
  const unchanged = old !== undefined && String(state(old)) === String(now);
  if (rule.discriminator !== undefined) {
    const named = own(value, rule.discriminator);
    if (unchanged && own(old, rule.discriminator) === named) return;
    for (const [index, { field, memberName }] of rule.members.entries()) {
      const condition = `specified when \`${rule.discriminator}\` is "${memberName}"`;
      const set = now[index] === true;
      if (set && named !== memberName) tell(run, at + field, "FieldValueInvalid", `may only be ${condition}`);
      if (!set && named === memberName) tell(run, at + field, "FieldValueInvalid", `must be ${condition}`);
    }
    return;
  }
  if (unchanged) return;
  const [first] = rule.members;
  const ofList = type.kind === "ref" && rule.members.every(({ item }) => item !== undefined);
  const where = ofList ? at + (first?.field ?? "") : path;
  const all = rule.members.map((member) => `\`${memberText(member)}\``).join(", ");
  const set = now.filter(Boolean).length;
  if (rule.count === "exactlyOne" && set === 0) tell(run, where, "FieldValueInvalid", `must specify one of: ${all}`);
  const text = rule.count === "exactlyOne" ? "exactly" : "at most";
  if (set > 1) tell(run, where, "FieldValueInvalid", `must specify ${text} one of: ${all}`);
}

function memberText({ field, item }: UnionMember): string {
  if (item === undefined) return field;
  return `${field}[{${item.map(({ key, value }) => `"${key}": ${JSON.stringify(value)}`).join(", ")}}]`;
}
