import { isFields } from "../meta/decode.ts";

/**
 * A path into an object, worked out. Gives all values that it leads to; undefined where it goes against the object,
 * as an index into what is no list does.
 */
export type JsonPath = (object: unknown) => readonly unknown[] | undefined;

/**
 * Works out a path as columns have it: `.spec.lives`, `.items[0].name`, `.metadata.annotations['example.dev/color']`,
 * `.spec.toys[*].name`, `.status.conditions[?(@.type=="Ready")].status`. Throws an Error for anything else.
 * https://kubernetes.io/docs/reference/kubectl/jsonpath/
 */
export function compileJsonPath(path: string): JsonPath {
  const reader: Reader = { path, at: path.startsWith("$") || path.startsWith("@") ? 1 : 0 };
  const steps: Step[] = [];
  while (reader.at < path.length) steps.push(readStep(reader));
  if (steps.length === 0) throw notAPath(reader);
  return (object) => walk(object, steps);
}

/** One step down: gives what a value leads to. */
type Step = (value: unknown) => readonly unknown[] | undefined;

function walk(object: unknown, steps: readonly Step[]): readonly unknown[] | undefined {
  let values: readonly unknown[] = [object];
  for (const step of steps) {
    const next: unknown[] = [];
    for (const value of values) {
      if (value === null || value === undefined) continue;
      const found = step(value);
      if (found === undefined) return undefined;
      // One by one: a call takes only so many arguments, and clients choose how long their lists are.
      for (const item of found) next.push(item);
    }
    values = next;
  }
  return values;
}

interface Reader {
  readonly path: string;
  at: number;
}

function notAPath({ path }: Reader): Error {
  return new Error(`"${path}" is not a path that columns can have`);
}

function readStep(reader: Reader): Step {
  const rest = reader.path.slice(reader.at);
  const name = /^\.((?:\\.|[^\\\s.,[\]$@{}])+)/s.exec(rest);
  if (name !== null) return taken(reader, name, name[1] === "*" ? each : field((name[1] ?? "").replaceAll("\\", "")));
  const quoted = /^\['([^']*)'\]/.exec(rest);
  if (quoted !== null) return taken(reader, quoted, field((quoted[1] ?? "").replaceAll("\\", "")));
  const all = /^\[\*\]/.exec(rest);
  if (all !== null) return taken(reader, all, slice(undefined, undefined, 1));
  const range = /^\[(-?\d{1,9})?(?:(:)(-?\d{1,9})?(?::(\d{1,9})?)?)?\]/.exec(rest);
  if (range !== null && range[0] !== "[]") return taken(reader, range, readRange(range));
  return readFilter(reader, rest);
}

/** Goes on behind what has been read, and gives what was made of it. */
function taken(reader: Reader, match: RegExpExecArray, step: Step): Step {
  reader.at += match[0].length;
  return step;
}

function field(name: string): Step {
  return (value) => (isFields(value) && Object.hasOwn(value, name) ? [value[name]] : []);
}

function each(value: unknown): readonly unknown[] {
  return typeof value === "object" && value !== null ? Object.values(value) : [];
}

function readRange([, first, colon, end, stride]: RegExpExecArray): Step {
  const start = first === undefined ? undefined : Number(first);
  if (colon === undefined) return index(start ?? 0);
  return slice(start, end === undefined ? undefined : Number(end), stride === undefined ? 1 : Number(stride));
}

function index(at: number): Step {
  return (value) => {
    if (!Array.isArray(value)) return undefined;
    const position = at < 0 ? at + value.length : at;
    return position >= 0 && position < value.length ? [value[position]] : undefined;
  };
}

function slice(start: number | undefined, end: number | undefined, stride: number): Step {
  return (value) => {
    if (!Array.isArray(value) || stride === 0) return undefined;
    return value.slice(start, end).filter((_, position) => position % stride === 0);
  };
}

/** Compares two values of one kind; undefined where they cannot be compared. */
type Comparison = (left: unknown, right: unknown) => boolean | undefined;

const comparisons: ReadonlyMap<string, Comparison> = new Map<string, Comparison>([
  ["==", (left, right) => ordered(left, right, (order) => order === 0)],
  ["!=", (left, right) => ordered(left, right, (order) => order !== 0)],
  ["<", (left, right) => ordered(left, right, (order) => order < 0)],
  ["<=", (left, right) => ordered(left, right, (order) => order <= 0)],
  [">", (left, right) => ordered(left, right, (order) => order > 0)],
  [">=", (left, right) => ordered(left, right, (order) => order >= 0)],
]);

function ordered(left: unknown, right: unknown, holds: (order: number) => boolean): boolean | undefined {
  if (typeof left === "string" && typeof right === "string") return holds(left < right ? -1 : left > right ? 1 : 0);
  if (typeof left === "number" && typeof right === "number") return holds(left - right);
  if (typeof left === "boolean" && typeof right === "boolean") return holds(Number(left) - Number(right));
  return undefined;
}

function readFilter(reader: Reader, rest: string): Step {
  const filter = /^\[\?\((@[^!<>=\s'"]+)\s*(?:(==|!=|<=|>=|<|>)\s*("[^"]*"|'[^']*'|[^'")]+?)\s*)?\)\]/.exec(rest);
  if (filter === null) throw notAPath(reader);
  const [, left = "", operator, operand = ""] = filter;
  const path = compileJsonPath(left);
  if (operator === undefined) return taken(reader, filter, present(path));
  const comparison = comparisons.get(operator);
  if (comparison === undefined) throw notAPath(reader);
  return taken(reader, filter, comparing(path, comparison, readOperand(reader, operand)));
}

function readOperand(reader: Reader, text: string): JsonPath {
  if (text.startsWith("@")) return compileJsonPath(text);
  const value = literal(text);
  if (value === undefined) throw notAPath(reader);
  return () => [value];
}

function literal(text: string): string | number | boolean | undefined {
  if (text.startsWith('"') || text.startsWith("'")) return text.slice(1, -1);
  if (text === "true" || text === "false") return text === "true";
  return /^[-+]?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

function present(path: JsonPath): Step {
  return (value) => (Array.isArray(value) ? value.filter((item) => (path(item) ?? []).length > 0) : undefined);
}

function comparing(left: JsonPath, comparison: Comparison, right: JsonPath): Step {
  return (value) => {
    if (!Array.isArray(value)) return undefined;
    const passing: unknown[] = [];
    for (const item of value) {
      const [a, ...moreLeft] = left(item) ?? [];
      const [b, ...moreRight] = right(item) ?? [];
      if (a === undefined || b === undefined) continue;
      const passes = moreLeft.length + moreRight.length > 0 ? undefined : comparison(a, b);
      if (passes === undefined) return undefined;
      if (passes) passing.push(item);
    }
    return passing;
  };
}
