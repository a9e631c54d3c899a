import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readTag, type Tag } from "../../codegen/parse/tag.ts";
import { tagSpecs } from "../../codegen/parse/tag-table.ts";

const at = { file: "cat_types.ts", line: 1, column: 1 };

interface Read {
  readonly tag: Tag | undefined;
  readonly mistakes: readonly string[];
}

function read(line: string): Read {
  const mistakes: string[] = [];
  const tag = readTag(line, at, (name, place, message) => mistakes.push(`${place.column} ${name} ${message}`));
  return { tag, mistakes };
}

function value(line: string): unknown {
  const { tag, mistakes } = read(line);
  expect(mistakes).toEqual([]);
  return tag?.value;
}

describe("a tag's value", () => {
  test.each([
    ["+k8s:minimum=5", 5],
    ["+k8s:minimum=+5", 5],
    ["+k8s:minimum=-0x10", -16],
    ["+k8s:minimum=0o17", 15],
    ["+k8s:minimum=0b101 # five", 5],
    ["+k8s:neq=none", "none"],
    ['+k8s:neq="a # b" # comment', "a # b"],
    ["+k8s:neq=`raw \\d`", "raw \\d"],
    ["+k8s:neq=true", true],
    ["+k8s:immutable", true],
    ["+k8s:immutable # never changes", true],
    ['+default={"a": [1, null]} # comment', { a: [1, null] }],
    ['+default="# no comment"', "# no comment"],
    ["+kubebuilder:default={a,b}", ["a", "b"]],
    ["+kubebuilder:validation:Enum=a;b", ["a", "b"]],
    ["+kubebuilder:validation:EmbeddedResource=false", false],
    ["+patchStrategy=merge,retainKeys", "merge,retainKeys"],
  ])("of %s is read", (line, expected) => {
    expect(value(line)).toEqual(expected);
  });

  test("of a marker is its keys, quoted ones whole", () => {
    const line = '+kubebuilder:printcolumn:name="A, B",type=string,JSONPath=`.a[?(@.b=="c")]`,priority=1';
    expect(value(line)).toEqual(
      new Map([
        ["name", "A, B"],
        ["type", "string"],
        ["JSONPath", '.a[?(@.b=="c")]'],
        ["priority", "1"],
      ]),
    );
  });
});

test("arguments are positional or named", () => {
  expect([...(read('+k8s:ifMode("A")=+k8s:required').tag?.args ?? [])]).toEqual([["mode", "A"]]);
  expect([...(read('+k8s:ifMode( modality: "G" , mode:B )=+k8s:required').tag?.args ?? [])]).toEqual([
    ["modality", "G"],
    ["mode", "B"],
  ]);
  expect([...(read('+k8s:item(name: "x", port: 80, on: true)=+k8s:immutable').tag?.args ?? [])]).toEqual([
    ["name", "x"],
    ["port", 80],
    ["on", true],
  ]);
});

test("a mistake inside a chain is told at its own column", () => {
  expect(read("+k8s:eachVal=+k8s:eachVal=+k8s:maxLenght=3").mistakes).toEqual([
    "27 unknownTag unknown tag +k8s:maxLenght (did you mean +k8s:maxLength?)",
  ]);
});

test("a tag of other tools may not stand in one of ours", () => {
  expect(read("+k8s:eachVal=+other:tag=1").mistakes).toEqual([
    "14 unknownTag unknown tag +other:tag=1 in +k8s:eachVal",
  ]);
});

test("lines that only look like tags, and tags of other tools, are nobody's business", () => {
  for (const line of ["+1 for cats", "+ a list item", "+foo=bar", "+crossplane:generate:x=y"]) {
    expect(read(line), line).toEqual({ tag: undefined, mistakes: [] });
  }
});

test("no line makes reading throw, and a line of ours is either a tag or a mistake", () => {
  const name = fc.constantFrom(...tagSpecs.keys());
  const rest = fc.stringMatching(/^[-=+:;,(){}"`\\.# a-zA-Z0-9]{0,30}$/);
  fc.assert(
    fc.property(name, rest, (tag, text) => {
      const ours = /^(k8s|kubebuilder):/.test(tag);
      const { tag: found, mistakes } = read(`+${tag}${text}`);
      expect(found !== undefined || mistakes.length > 0 || !ours).toBe(true);
    }),
    { numRuns: 5000 },
  );
});
