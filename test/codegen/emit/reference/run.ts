import type {
  Field,
  GroupVersion,
  KeyMatch,
  ObjectType,
  Presence,
  Rule,
  Type,
} from "../../../../codegen/model/model.ts";

/** One reading of the rules over one object. */
export interface Run {
  readonly groupVersion: GroupVersion;
  readonly update: boolean;
  readonly options: ReadonlyMap<string, boolean>;
  /** `field: type: detail`. */
  readonly found: string[];
  /** Runs what ends the checks, and the others and the rest only if nothing of it failed. */
  readonly group: (run: Run, spot: Spot, rules: readonly Rule[], rest: () => void) => void;
}

/** The fields of an object. */
export type Fields = Readonly<Record<string, unknown>>;

/** A value, and the old one that it is correlated with; undefined stands for absent. */
export interface Spot {
  readonly type: Type;
  readonly presence: Presence | "item";
  readonly nullable: boolean;
  readonly path: string;
  readonly value: unknown;
  readonly old: unknown;
}

/** Notes an error. */
export function tell(run: Run, path: string, type: string, detail: string): void {
  run.found.push(`${path}: ${type}: ${detail}`);
}

/** The object type of that name. */
export function typeOf(run: Run, name: string): ObjectType {
  const type = run.groupVersion.types.find((each) => each.name === name);
  if (type === undefined) throw new Error(`no type ${name}`);
  return type;
}

/** A field of an object that stands at `at`. */
export function fieldSpot(field: Field, at: string, object: unknown, old: unknown): Spot {
  const { name, type, presence, nullable } = field;
  return { type, presence, nullable, path: at + name, value: own(object, name), old: own(old, name) };
}

/** What an object has of its own by a name. */
export function own(object: unknown, name: string): unknown {
  if (typeof object !== "object" || object === null || !Object.hasOwn(object, name)) return undefined;
  return (object as Fields)[name];
}

/** A list, empty if it is absent. */
export function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The keys of a map, none if it is absent. */
export function keysOf(value: unknown): readonly string[] {
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}

/** Whether an item has these keys. */
export function matches(match: readonly KeyMatch[], item: unknown): boolean {
  return match.every(({ key, value }) => own(item, key) === value);
}

/** Whether a value counts as set. */
export function isSet({ type, presence, value }: Pick<Spot, "type" | "presence" | "value">): boolean {
  if (value === undefined || value === null) return false;
  if (type.kind === "array") return items(value).length > 0;
  if (type.kind === "map") return keysOf(value).length > 0;
  if (presence === "optional" || type.kind === "ref" || type.kind === "wellKnown") return true;
  if (type.kind === "string") return value !== "";
  return presence === "required" || (value !== 0 && value !== false);
}
