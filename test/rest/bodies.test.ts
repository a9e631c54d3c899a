import { describe, expect, test } from "vitest";
import type { FieldValidation } from "../../runtime/meta/options.ts";
import type { KubeObject } from "../../runtime/meta/v1.ts";
import { decodeBody } from "../../runtime/rest/decode-body.ts";
import type { RequestBody } from "../../runtime/rest/target.ts";
import { body, flunder, refusal, request, targets } from "./requests.ts";

const { flunders } = targets();

function decode(content: unknown, validation: FieldValidation = "Strict", type?: RequestBody["mediaType"]): KubeObject {
  return decodeBody(flunders, request(), body(content, type), validation);
}

async function refusalOf(content: unknown, validation: FieldValidation = "Strict"): Promise<string> {
  const { code, reason, message } = await refusal(() => decode(content, validation));
  expect([code, reason]).toEqual([400, "BadRequest"]);
  return message ?? "";
}

const unfit = 'Flunder in version "v1alpha1" cannot be handled as a Flunder: ';
const unknown = "the object provided is unrecognized (must be of type Flunder): ";

describe("what a body leaves out of its type is taken from the URL", () => {
  test.each([
    [{}],
    [{ kind: "Flunder" }],
    [{ apiVersion: "wardle.example.com/v1alpha1" }],
    [{ apiVersion: "wardle.example.com/" }],
    [{ apiVersion: "", kind: null }],
  ])("%j", (type) => {
    const object = decode({ ...type, metadata: { name: "a" } });
    expect(object).toMatchObject({ kind: "Flunder", apiVersion: "wardle.example.com/v1alpha1", spec: {}, status: {} });
  });
});

test("defaults are set", () => {
  expect(decode(flunder("a", {}, { reference: "x" }))).toMatchObject({ spec: { referenceType: "Flunder" } });
});

describe("bodies of another type are refused", () => {
  test.each([
    [{ kind: "FlunderList" }, "converting (v1alpha1.FlunderList) to (wardle.Flunder): unknown conversion"],
    [{ kind: "Fischer", spec: 1 }, "converting (v1alpha1.Fischer) to (wardle.Flunder): unknown conversion"],
    [
      { apiVersion: "wardle.example.com/v2" },
      'no kind "Flunder" is registered for version "wardle.example.com/v2" in scheme "apiserver-ts"',
    ],
  ])("%j", async (type, why) => {
    const { kind = "Flunder", apiVersion = "wardle.example.com/v1alpha1" } = type as {
      kind?: string;
      apiVersion?: string;
    };
    const version = apiVersion.split("/")[1] ?? "";
    expect(await refusalOf({ ...type })).toBe(`${kind} in version "${version}" cannot be handled as a Flunder: ${why}`);
  });

  test.each([
    [{ kind: 1 }, "number into Go struct field .kind of type string", '{"kind":1}'],
    [
      { apiVersion: ["v1"], kind: 1 },
      "array into Go struct field .apiVersion of type string",
      '{"apiVersion":["v1"],"kind":1}',
    ],
  ])("%j", async (content, why, summary) => {
    expect(await refusalOf(content)).toBe(
      `${unknown}couldn't get version/kind; json parse error: json: cannot unmarshal ${why} (${summary.slice(0, 30)}${summary.length > 30 ? " ..." : ""})`,
    );
  });
});

describe("values of a wrong type are refused", () => {
  test.each([
    [{ spec: [] }, "json: cannot unmarshal array into Go struct field Flunder.spec of type v1alpha1.FlunderSpec"],
    [
      { spec: { reference: 1 } },
      "json: cannot unmarshal number into Go struct field FlunderSpec.spec.reference of type string",
    ],
    [
      { spec: { count: 1.5 } },
      "json: cannot unmarshal number 1.5 into Go struct field FlunderSpec.spec.count of type int64",
    ],
    [
      { metadata: { labels: { a: 1 } } },
      "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string",
    ],
  ])("%j", async (content, why) => {
    for (const validation of ["Ignore", "Warn", "Strict"] as const) {
      expect(await refusalOf(content, validation)).toBe(unfit + why);
    }
  });
});

describe("numbers that would be changed are refused", () => {
  test.each([
    ["9007199254740993", "whole numbers beyond 9007199254740991 cannot be kept exactly"],
    ["-123456789012345678901234567890", "whole numbers beyond 9007199254740991 cannot be kept exactly"],
    ["1e400", "it is out of range"],
  ])("%s", async (digits, why) => {
    const message = await refusalOf(`{"metadata":{"name":"a"},"spec":{"texts":{},"count":${digits}}}`, "Ignore");
    expect(message).toBe(`${unfit}json: cannot unmarshal number ${digits} into field "spec.count": ${why}`);
  });

  test("but those that fit are taken", () => {
    expect(decode('{"spec":{"count":-9007199254740991}}')).toMatchObject({ spec: { count: -9007199254740991 } });
    expect(decode('{"spec":{"texts":{"a":"12345678901234567890 1e400"}}}')).toMatchObject({
      spec: { texts: { a: "12345678901234567890 1e400" } },
    });
  });
});

const strictBody =
  '{"spec":{"x":{"a":1,"a":2},"reference":"1","reference":"2"},"y":1,"metadata":{"name":"a","z":1},"spec":{"w":1}}';
const strictProblems = [
  'unknown field "spec.x"',
  'duplicate field "spec.reference"',
  'unknown field "y"',
  'unknown field "metadata.z"',
  'duplicate field "spec"',
  'unknown field "spec.w"',
];

describe("unknown and duplicate fields", () => {
  // JSON.parse has dropped the first spec, so its unknown fields are not to be seen.
  const found = strictProblems.filter((problem) => problem !== 'unknown field "spec.x"');

  test("are refused in the order of the text", async () => {
    const problems = await refusalOf(strictBody);
    for (const problem of found) expect(problems).toContain(problem);
    expect(problems.indexOf("spec.reference")).toBeLessThan(problems.indexOf('"y"'));
    expect(problems.indexOf('"y"')).toBeLessThan(problems.indexOf("metadata.z"));
  });

  test("are warned of one by one, and the last of two is taken", () => {
    const context = request();
    const object = decodeBody(flunders, context, body('{"bogus":1,"spec":{"reference":"a","reference":"b"}}'), "Warn");
    expect(object).toMatchObject({ spec: { reference: "b" } });
    expect(object).not.toHaveProperty("bogus");
    expect(context.warnings).toEqual(['unknown field "bogus"', 'duplicate field "spec.reference"']);
  });

  test("are passed over in silence", () => {
    const context = request();
    decodeBody(flunders, context, body(strictBody), "Ignore");
    expect(context.warnings).toEqual([]);
  });

  test("of YAML are told with their lines", () => {
    const context = request();
    const yaml = "metadata:\n  name: a\nspec:\n  reference: a\n  reference: b\nbogus: 1\nbogus: 2\n";
    expect(decodeBody(flunders, context, body(yaml, "application/yaml"), "Warn")).toMatchObject({
      spec: { reference: "b" },
    });
    expect(context.warnings).toEqual([
      'line 5: key "reference" already set in map',
      'line 7: key "bogus" already set in map',
      'unknown field "bogus"',
    ]);
  });

  test("are told a hundred times at most", async () => {
    const fields = Array.from({ length: 150 }, (_, i) => `"x${i}":1`).join(",");
    expect((await refusalOf(`{${fields}}`)).match(/unknown field/g)).toHaveLength(100);
  });
});

describe("what could do harm does none", () => {
  test("a key __proto__ is a field like any other", async () => {
    const message = await refusalOf('{"__proto__":{"metadata":{"name":"x"}},"metadata":{"name":"a"}}');
    expect(message).toBe(`${unfit}strict decoding error: unknown field "__proto__"`);
    const object = decode('{"metadata":{"name":"a"},"spec":{"texts":{"__proto__":"p","constructor":"c"}}}');
    const { spec } = object as KubeObject & { spec: { texts: object } };
    expect(Object.entries(spec.texts)).toEqual([
      ["__proto__", "p"],
      ["constructor", "c"],
    ]);
    expect(Object.getPrototypeOf(spec.texts)).toBe(Object.prototype);
  });

  test.each(["[", '{"a":'])("brackets in brackets without end: %s", async (open) => {
    const close = open === "[" ? "]" : "1}";
    const deep = open.repeat(100_000) + (open === "[" ? close.repeat(100_000) : `1${"}".repeat(100_000)}`);
    expect(await refusalOf(deep, "Ignore")).toContain(`invalid character '${open.charAt(0)}' exceeded max depth`);
  });

  test("YAML whose aliases multiply", async () => {
    const levels = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(",")}]`);
    const bomb = ["a0: &a0 lol", ...levels].join("\n");
    const { message } = await refusal(() => decode(bomb, "Ignore", "application/yaml"));
    expect(message).toContain("yaml: document contains excessive aliasing");
  });

  // The process itself ended for some of these: no error can be caught where the stack is full.
  test.each([250, 5000, 20_000])("YAML in YAML without end, %i deep", async (depth) => {
    const opened = ["[", '{"a":', "- ", "? ", "a: ["].map((opening) => opening.repeat(depth));
    const closed = ["[".repeat(depth) + "]".repeat(depth), `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`];
    for (const yaml of [...opened, ...closed]) {
      const { code, message } = await refusal(() => decode(yaml, "Ignore", "application/yaml"));
      expect([yaml.slice(0, 8), code]).toEqual([yaml.slice(0, 8), 400]);
      if (!yaml.startsWith("a: ")) expect(message).toContain("yaml: exceeded max depth");
    }
  });

  test("more YAML than is read at once", async () => {
    const { code, reason } = await refusal(() => decode(`a: ${"x".repeat(1024 * 1024)}`, "Ignore", "application/yaml"));
    expect([code, reason]).toEqual([413, "RequestEntityTooLarge"]);
  });
});

test("a body of YAML may hold one document", async () => {
  expect(decode("---\nmetadata: {name: a}\n---\n", "Strict", "application/yaml").metadata.name).toBe("a");
  const { message } = await refusal(() => decode("a: 1\n---\nb: 1\n", "Ignore", "application/yaml"));
  expect(message).toBe(
    `${unknown}yaml: there may be one document only (${Buffer.from("a: 1\n---\nb: 1\n").toString("hex")})`,
  );
});

test("bytes that are no UTF-8 are replaced", () => {
  const bytes = Uint8Array.from([...Buffer.from('{"spec":{"reference":"'), 0xff, ...Buffer.from('"}}')]);
  expect(decodeBody(flunders, request(), { bytes, mediaType: "application/json" }, "Strict")).toMatchObject({
    spec: { reference: "\ufffd" },
  });
});
