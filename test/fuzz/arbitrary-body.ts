import fc, { type Arbitrary } from "fast-check";
import { encodeCbor } from "../../runtime/meta/cbor-writer.ts";
import { arbitraryObject, arbitraryPart, scaleText, type FuzzedResource } from "./arbitrary-object.ts";
import { hostileJson, objectText, type FieldText } from "./hostile-json.ts";

/** A body, and what its sender says that it is. */
export interface FuzzedBody {
  /** Undefined for none at all. */
  readonly contentType: string | undefined;
  readonly bytes: Buffer;
}

const pointers = [
  "",
  "/",
  "/spec",
  "/spec/name",
  "/spec/lives",
  "/spec/toys",
  "/spec/toys/-",
  "/spec/toys/0",
  "/spec/toys/-1",
  "/spec/toys/+0",
  "/spec/toys/00",
  "/spec/toys/99999999999999999999",
  "/spec/toys/1e0",
  "/spec/toys/length",
  "/spec/toys/0/name",
  "/spec/quirks/~0~1~2",
  "/metadata",
  "/metadata/name",
  "/metadata/labels",
  "/metadata/labels/app",
  "/metadata/labels/__proto__",
  "/metadata/annotations/constructor",
  "/metadata/finalizers/-",
  "/metadata/managedFields",
  "/metadata/managedFields/0/fieldsV1",
  "/metadata/resourceVersion",
  "/metadata/uid",
  "/metadata/deletionTimestamp",
  "/status",
  "/kind",
  "/apiVersion",
  "/__proto__",
  "/__proto__/polluted",
  "/constructor/prototype/polluted",
  "/spec/__proto__/polluted",
  "/spec/toString",
  "no slash",
  "/é\u0000",
];

const pointer = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom(...pointers) },
  fc.string({ unit: "binary", maxLength: 10 }),
);
const textOf = (values: Arbitrary<string>): Arbitrary<string> => values.map((value) => JSON.stringify(value));

const operation = fc
  .tuple(
    fc.oneof(
      { weight: 12, arbitrary: textOf(fc.constantFrom("add", "replace", "remove", "test", "copy", "move")) },
      hostileJson,
    ),
    fc.oneof({ weight: 12, arbitrary: textOf(pointer) }, hostileJson),
    fc.oneof({ weight: 12, arbitrary: textOf(pointer) }, hostileJson),
    hostileJson,
  )
  .map(([op, path, from, value]) =>
    objectText([
      ["op", op],
      ["path", path],
      ["from", from],
      ["value", value],
    ]),
  );

const jsonPatch = fc.oneof(
  { weight: 8, arbitrary: fc.array(operation, { maxLength: 4 }).map((items) => `[${items.join(",")}]`) },
  hostileJson,
  // Copies of copies double what is copied each time.
  fc
    .integer({ min: 1, max: 40 })
    .map(
      (times) =>
        `[${Array.from({ length: times }, (_, at) => `{"op":"copy","from":"/metadata","path":"/metadata/m${at}"}`).join(",")}]`,
    ),
);

/** YAML whose aliases stand for more than any memory holds. */
function bomb(names: string): string {
  const lists = Array.from(names, (name, at) => {
    const item = at === 0 ? "x" : `*${names.charAt(at - 1)}`;
    return `${name}: &${name} [${Array(9).fill(item).join(",")}]\n`;
  });
  return lists.join("");
}

const yamlTexts = [
  "",
  "---\n",
  "a: &a [*a]\n",
  "a: &a {b: *a}\n<<: *a\n",
  bomb("abcdefgh"),
  "? [a, b]\n: c\n",
  "? {a: b}\n: c\n",
  "a: b\na: c\n",
  "a: b\n---\nc: d\n",
  "%YAML 9.9\n---\na: b\n",
  "a: !!binary aGk=\n",
  "a: !!js/function 'function () {}'\n",
  "a: .inf\nb: -.inf\nc: .nan\n",
  "a: 0o17\nb: 017\nc: 0x1F\nd: 1_000\ne: 190:20:30\n",
  "1: a\ntrue: b\nnull: c\n1.5: d\n",
  "__proto__: {polluted: true}\nconstructor: {prototype: {polluted: true}}\n",
  "<<: {__proto__: {polluted: true}}\n",
  "a:\n\t- b\n",
  "a: 'unended\n",
  "- ".repeat(2_000),
  "[".repeat(20_000),
  "{a: ".repeat(5_000),
  `${"? ".repeat(3_000)}a`,
  "a: |\n  x\n y\n",
  "\ufeffa: b\n",
  "a: \u0000\n",
  `kind: Cat\napiVersion: animal.skai.io/v1alpha1\nmetadata: {name: a}\nspec: {name: yes, breed: 'no', lives: 0o7}\n`,
  `kind: Flunder\napiVersion: wardle.example.com/v1alpha1\nmetadata: &m {name: b, annotations: &x {}, labels: *x}\n`,
];

const deleteOptions = fc
  .tuple(
    ...(
      [
        ["kind", ['"DeleteOptions"', '"Cat"', "1"]],
        ["apiVersion", ['"v1"', '"animal.skai.io/v1alpha1"', '"x/v9"', "{}"]],
        ["gracePeriodSeconds", ["0", "30", "-1", "1e9", "9223372036854775808", '"0"']],
        ["propagationPolicy", ['"Orphan"', '"Foreground"', '"Background"', '"Bogus"', "1"]],
        ["orphanDependents", ["true", "false", '"x"']],
        ["preconditions", ["{}", '{"uid":"u"}', '{"resourceVersion":"1"}', "[]", '{"uid":{}}']],
        ["dryRun", ['["All"]', '["All"]', '["x"]', '"All"', "[null]"]],
      ] as const
    ).map(([key, values]) =>
      fc.oneof(
        { weight: 3, arbitrary: fc.constant<FieldText[]>([]) },
        fc.constantFrom(...values).map((text): FieldText[] => [[key, text]]),
      ),
    ),
  )
  .map((fields) => objectText(fields.flat()));

/** A document in protobuf, or nearly: fields of any number and type, after the mark that tells what they are. */
const protobuf = fc
  .tuple(
    fc.constantFrom("k8s\u0000", "k8s\u0000", "k8s\u0001", ""),
    fc.array(
      fc.tuple(
        fc.constantFrom(0x0a, 0x12, 0x1a, 0x22, 0x08, 0x09, 0x0b, 0x0d, 0x80, 0x00),
        fc.oneof(
          fc.constantFrom("\n\u0002v1\u0012\rDeleteOptions", "\u0008\u0001\u0018\u0001", "\u00ff\u00ff", "gzip"),
          fc.string({ unit: "binary", maxLength: 8 }),
        ),
        fc.constantFrom(0, 0, 0, 1, 120, -1),
      ),
      { maxLength: 4 },
    ),
  )
  .map(([mark, fields]) => {
    const parts = fields.map(([tag, payload, excess]) => {
      const bytes = Buffer.from(payload, "latin1");
      return Buffer.concat([Buffer.from([tag, (bytes.length + excess) & 255]), bytes]);
    });
    return Buffer.concat([Buffer.from(mark, "latin1"), ...parts]);
  });

/** The text of a JSON value as CBOR, as far as it is one. */
function cborOf(text: string): Buffer {
  try {
    return Buffer.from(encodeCbor(JSON.parse(text)));
  } catch {
    return Buffer.from(text);
  }
}

const inUtf8 = (text: string): Buffer => Buffer.from(text);

/** What happens to a body on its way: mostly nothing. */
function broken(texts: Arbitrary<string>, encode: (text: string) => Buffer = inUtf8): Arbitrary<Buffer> {
  const damage = fc.oneof(
    { weight: 20, arbitrary: fc.constant((bytes: Buffer) => bytes) },
    fc.nat(2_000).map((end) => (bytes: Buffer) => bytes.subarray(0, end)),
    fc.tuple(fc.nat(300), fc.uint8Array({ minLength: 1, maxLength: 4 })).map(
      ([at, odd]) =>
        (bytes: Buffer) =>
          Buffer.concat([bytes.subarray(0, at), odd, bytes.subarray(at)]),
    ),
    fc
      .constantFrom("\ufeff", "\u0000", " ", "//x\n")
      .map((start) => (bytes: Buffer) => Buffer.concat([Buffer.from(start), bytes])),
    fc.constantFrom("]", ",", "\u0000", "{}").map((end) => (bytes: Buffer) => Buffer.concat([bytes, Buffer.from(end)])),
    fc.constant((bytes: Buffer) => Buffer.from(bytes.toString(), "utf16le")),
  );
  return fc.tuple(texts, damage).map(([text, harm]) => harm(encode(text)));
}

const contentTypes = [
  undefined,
  "",
  "application/json",
  "application/yaml",
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
  "application/apply-patch+cbor",
  "application/cbor",
  "application/vnd.kubernetes.protobuf",
  "APPLICATION/JSON; charset=utf-8",
  "application/json;",
  ";;;",
  "text/plain",
  "multipart/form-data; boundary=x",
  "application/x-www-form-urlencoded",
];

/** A body for a request of that method to a resource, for an object of that name: mostly of a type that goes with it. */
export function arbitraryBody(method: string, resource: FuzzedResource, name: string): Arbitrary<FuzzedBody> {
  const object = arbitraryObject(resource, name);
  const part = arbitraryPart(resource, name);
  const yaml = fc.constantFrom(...yamlTexts);
  const typed = (contentType: string | undefined, texts: Arbitrary<string>): Arbitrary<FuzzedBody> =>
    broken(texts).map((bytes) => ({ contentType, bytes }));
  const inCbor = (contentType: string, texts: Arbitrary<string>): Arbitrary<FuzzedBody> =>
    broken(texts, cborOf).map((bytes) => ({ contentType, bytes }));
  const patches = [
    typed("application/json-patch+json", jsonPatch),
    typed("application/merge-patch+json", fc.oneof({ weight: 8, arbitrary: part }, hostileJson)),
    typed("application/strategic-merge-patch+json", fc.oneof({ weight: 8, arbitrary: part }, hostileJson)),
    typed("application/apply-patch+yaml", fc.oneof({ weight: 8, arbitrary: object }, part, yaml, hostileJson)),
    inCbor("application/apply-patch+cbor", fc.oneof({ weight: 8, arbitrary: object }, hostileJson)),
    typed("application/merge-patch+json", scaleText),
  ];
  const objects = [
    inCbor("application/cbor", fc.oneof({ weight: 4, arbitrary: object }, hostileJson)),
    typed("application/json", scaleText),
    { weight: 8, arbitrary: typed("application/json", object) },
    typed("application/json", hostileJson),
    typed("application/yaml", fc.oneof(object, yaml)),
  ];
  const deletions = [
    { weight: 3, arbitrary: fc.constant<FuzzedBody>({ contentType: undefined, bytes: Buffer.alloc(0) }) },
    typed("application/json", deleteOptions),
    inCbor("application/cbor", deleteOptions),
    protobuf.map((bytes): FuzzedBody => ({ contentType: "application/vnd.kubernetes.protobuf", bytes })),
  ];
  const fitting = { PATCH: patches, POST: objects, PUT: objects, DELETE: deletions }[method] ?? deletions;
  const anything = fc.record({
    contentType: fc.constantFrom(...contentTypes),
    bytes: fc.oneof(
      broken(fc.oneof(object, part, jsonPatch, yaml, hostileJson, deleteOptions)),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      protobuf,
    ),
  });
  return fc.oneof({ weight: 10, arbitrary: fc.oneof(...fitting) }, { weight: 1, arbitrary: anything });
}
