/** The Go types that validation vectors describe; `format` in validation.json explains them. */
export interface VectorSchema {
  readonly types: Readonly<Record<string, VectorType>>;
}

/** A named type. */
export interface VectorType {
  readonly type: GoType;
  readonly tags?: readonly string[];
  readonly constants?: readonly { readonly value: string; readonly name: string; readonly tags?: readonly string[] }[];
}

/** A type as it is written. */
export type GoType =
  | { readonly ref: string; readonly kind?: undefined }
  | { readonly kind: "ptr" | "list"; readonly of: GoType }
  | { readonly kind: "map"; readonly key: GoType; readonly of: GoType }
  | { readonly kind: "struct"; readonly fields: readonly GoField[] }
  | { readonly kind: Scalar };

/** Go's types without parts. */
export type Scalar =
  "string" | "bool" | "bytes" | `int${"" | 8 | 16 | 32 | 64}` | `uint${"" | 8 | 16 | 32 | 64}` | `float${32 | 64}`;

/** A field of a struct; without a JSON name it is not on the wire, or embedded. */
export interface GoField {
  readonly json: string | null;
  readonly goName: string;
  readonly inline?: boolean;
  readonly type: GoType;
  readonly tags?: readonly string[];
}

/** A tag, taken apart; the tag that it wraps is its `inner`. */
export interface Tag {
  readonly name: string;
  readonly positional: readonly string[];
  readonly named: ReadonlyMap<string, string | number | boolean>;
  readonly value: string;
  readonly inner: Tag | undefined;
}

/** Takes a tag such as `+k8s:item(name: "a")=+k8s:maxLength=3` apart. */
export function parseTag(text: string): Tag {
  const match = /^\+([\w:.-]+)(?:\(([^)]*)\))?(?:=(.*))?$/s.exec(text);
  if (match === null) throw new Error(`not a tag: ${text}`);
  const [, name = "", args = "", value = ""] = match;
  const named = new Map<string, string | number | boolean>();
  const positional: string[] = [];
  for (const arg of args.match(/(?:"[^"]*"|[^,])+/g) ?? []) {
    const pair = /^\s*(\w+)\s*:\s*(.*?)\s*$/.exec(arg);
    if (pair === null) positional.push(String(scalar(arg.trim())));
    else named.set(pair[1] ?? "", scalar(pair[2] ?? ""));
  }
  return { name, positional, named, value, inner: value.startsWith("+") ? parseTag(value) : undefined };
}

/** A tag's value or argument: a JSON scalar, or a bare word. */
export function scalar(text: string): string | number | boolean {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  } catch {
    // A bare word.
  }
  return text;
}

/** The type that a name stands for in the end, without pointers, and the tags of the name itself. */
export function resolve(
  schema: VectorSchema,
  type: GoType,
): { type: GoType; pointer: boolean; name: string | undefined } {
  if (type.kind === "ptr") return { ...resolve(schema, type.of), pointer: true };
  if (type.kind !== undefined) return { type, pointer: false, name: undefined };
  const target = schema.types[type.ref];
  if (target === undefined) throw new Error(`no type ${type.ref}`);
  // A Go type definition takes the underlying type, never the name in between.
  return { type: resolve(schema, target.type).type, pointer: false, name: type.ref };
}
