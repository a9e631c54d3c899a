import type { Validation } from "./checks.ts";
import { forbidden, invalid, required, type FieldError } from "./field-error.ts";

/** Which members of a union are set, in the order of their names. */
export type MembersSet = readonly boolean[];

/** Exactly one member may be set; unchecked on update while the same ones are. */
export function checkExactlyOne(
  path: string,
  names: readonly string[],
  now: MembersSet,
  old: MembersSet | undefined,
  { errors }: Validation,
): void {
  if (sameMembers(now, old)) return;
  const set = names.filter((_, index) => now[index]);
  if (set.length > 1) errors.push(tooManyMembers(path, set, `must specify exactly one of: ${quoted(names)}`));
  if (set.length === 0) errors.push(invalid(path, "", `must specify one of: ${quoted(names)}`));
}

/** At most one member may be set; unchecked on update while the same ones are. */
export function checkAtMostOne(
  path: string,
  names: readonly string[],
  now: MembersSet,
  old: MembersSet | undefined,
  { errors }: Validation,
): void {
  if (sameMembers(now, old)) return;
  const set = names.filter((_, index) => now[index]);
  if (set.length > 1) errors.push(tooManyMembers(path, set, `must specify at most one of: ${quoted(names)}`));
}

function sameMembers(now: MembersSet, old: MembersSet | undefined): boolean {
  return old !== undefined && now.every((set, index) => set === old[index]);
}

function tooManyMembers(path: string, set: readonly string[], detail: string): FieldError {
  return invalid(path, `{${set.join(", ")}}`, detail);
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(", ");
}

/** A union whose discriminator says which member is set. */
export interface DiscriminatedUnion {
  readonly discriminator: string;
  /** What stands before the names of members in paths: the union's own path and a dot, or nothing. */
  readonly members: readonly { readonly field: string; readonly value: string }[];
}

/** The discriminator's value, and which members are set. */
export interface UnionState {
  readonly discriminator: string | undefined;
  readonly set: MembersSet;
}

/**
 * Just the member that the discriminator names may be set; unchecked on update while all is as it was.
 * `at` is what stands before the members' names in paths.
 */
export function checkDiscriminated(
  at: string,
  { discriminator, members }: DiscriminatedUnion,
  now: UnionState,
  old: UnionState | undefined,
  { errors }: Validation,
): void {
  if (old !== undefined && now.discriminator === old.discriminator && sameMembers(now.set, old.set)) return;
  for (const [index, { field, value }] of members.entries()) {
    const named = now.discriminator === value;
    const set = now.set[index] === true;
    if (set === named) continue;
    const what = set ? "may only be specified" : "must be specified";
    errors.push(invalid(`${at}${field}`, "", `${what} when \`${discriminator}\` is ${JSON.stringify(value)}`));
  }
}

/** Whether each of two fields is set. */
export type Dependency = readonly [field: boolean, sibling: boolean];

/** The sibling must be set if the field is; unchecked on update while neither is set or cleared. */
export function checkDependentRequired(
  path: string,
  field: string,
  now: Dependency,
  old: Dependency | undefined,
  { errors }: Validation,
): void {
  if (now[0] && !now[1] && !sameMembers(now, old)) errors.push(required(path, `must be set when ${field} is set`));
}

/** The sibling must not be set if the field is; unchecked on update while neither is set or cleared. */
export function checkDependentForbidden(
  path: string,
  field: string,
  now: Dependency,
  old: Dependency | undefined,
  { errors }: Validation,
): void {
  if (now[0] && now[1] && !sameMembers(now, old)) errors.push(forbidden(path, `may not be set when ${field} is set`));
}
