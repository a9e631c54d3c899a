import { describe, expect, test } from "vitest";
import { parseDeleteOptions } from "../../runtime/rest/delete-options.ts";
import {
  asksToWatch,
  parseGetOptions,
  parseListOptions,
  parsePatchOptions,
  parseWriteOptions,
} from "../../runtime/rest/options.ts";
import { parseIncludeObject } from "../../runtime/rest/table.ts";
import { body, refusal, targets } from "./requests.ts";

const { scheme, flunders } = targets();
const { descriptor } = flunders;
const query = (text: string): URLSearchParams => new URLSearchParams(text);

async function message(call: () => unknown): Promise<[number | undefined, string | undefined]> {
  const { code, message: text } = await refusal(call);
  return [code, text];
}

describe("a boolean is false for 0 and false only", () => {
  test.each([
    ["", false],
    ["watch=0", false],
    ["watch=false", false],
    ["watch=FALSE", false],
    ["watch=", true],
    ["watch", true],
    ["watch=1", true],
    ["watch=t", true],
    ["watch=no", true],
    ["watch=false&watch=true", false],
  ])("%j is %s", (text, wanted) => {
    expect(asksToWatch(query(text))).toBe(wanted);
  });
});

describe("a number is one of 64 bits", () => {
  test.each([
    ["limit=5", 5],
    ["limit=%2B5", 5],
    ["limit=-1", -1],
    ["limit=007", 7],
    ["limit=5&limit=abc", 5],
    ["limit=0", 0],
    ["", 0],
  ])("%j is %d", (text, wanted) => {
    expect(parseListOptions(query(text), descriptor, "").limit).toBe(wanted);
  });

  test.each([
    ["", "invalid syntax"],
    ["abc", "invalid syntax"],
    ["1.5", "invalid syntax"],
    ["1e3", "invalid syntax"],
    [" 1", "invalid syntax"],
    ["9223372036854775808", "value out of range"],
    ["99999999999999999999999", "value out of range"],
  ])("%j is refused", async (text, why) => {
    const options = new URLSearchParams({ limit: text });
    expect(await message(() => parseListOptions(options, descriptor, ""))).toEqual([
      400,
      `strconv.ParseInt: parsing "${text}": ${why}`,
    ]);
  });
});

test("options that are not asked for have their defaults, and unknown ones are no error", () => {
  expect(parseListOptions(query("bogus=1"), descriptor, "")).toEqual({
    labels: [],
    fields: [],
    resourceVersion: "",
    resourceVersionMatch: "",
    limit: 0,
    continue: "",
    allowWatchBookmarks: false,
    sendInitialEvents: undefined,
    timeoutSeconds: undefined,
  });
  expect(parseWriteOptions(query("bogus=1"), "CreateOptions")).toEqual({
    dryRun: false,
    fieldManager: "",
    fieldValidation: "Warn",
    requested: { fieldManager: "", fieldValidation: "" },
  });
  expect(parsePatchOptions(query(""), "merge")).toMatchObject({ force: undefined });
  expect(parseGetOptions(query("resourceVersion=5&export=0"))).toEqual({ resourceVersion: "5" });
  expect(parseDeleteOptions(query("bogus=1"), undefined, scheme)).toEqual({
    dryRun: false,
    gracePeriodSeconds: undefined,
    preconditions: {},
    orphanDependents: undefined,
    propagationPolicy: "",
  });
});

test("export is not served any more", async () => {
  const [code, text] = await message(() => parseGetOptions(query("export=true")));
  expect([code, text]).toEqual([400, "the export parameter, deprecated since v1.14, is no longer supported"]);
});

describe("a watch begins with the state", () => {
  test.each([
    ["watch=1", true, "NotOlderThan"],
    ["watch=1&resourceVersion=0", true, "NotOlderThan"],
    ["watch=1&resourceVersion=7", undefined, ""],
    ["watch=1&resourceVersionMatch=NotOlderThan&sendInitialEvents=false", false, "NotOlderThan"],
    ["resourceVersion=0", undefined, ""],
  ])("%s", (text, sendInitialEvents, resourceVersionMatch) => {
    expect(parseListOptions(query(text), descriptor, "")).toMatchObject({ sendInitialEvents, resourceVersionMatch });
  });
});

describe("a watch of a name selects it", () => {
  const fields = [{ field: "metadata.name", operator: "=", value: "a" }];

  test.each(["watch=1", "watch=1&fieldSelector=metadata.name%3Da"])("%s", (text) => {
    expect(parseListOptions(query(text), descriptor, "a").fields).toEqual(fields);
  });

  test("and nothing else", async () => {
    const other = query("fieldSelector=metadata.name%3Db");
    expect(await message(() => parseListOptions(other, descriptor, "a"))).toEqual([
      400,
      "fieldSelector metadata.name doesn't match requested name",
    ]);
  });
});

describe("a field selector is of fields that can be selected by", () => {
  const selectable = { ...descriptor, selectableFields: ["spec.reference"] };

  test("such as the kind's own", () => {
    const { fields } = parseListOptions(query("fieldSelector=spec.reference!%3Dx"), selectable, "");
    expect(fields).toEqual([{ field: "spec.reference", operator: "!=", value: "x" }]);
  });

  test("and no others", async () => {
    const other = query("fieldSelector=spec.x%3D1");
    const known = '"metadata.name", "metadata.namespace", "spec.reference"';
    expect(await message(() => parseListOptions(other, selectable, ""))).toEqual([
      400,
      `"spec.x" is not a known field selector: only ${known}`,
    ]);
  });
});

describe("options of writes that do not go are refused with 422", () => {
  test.each([
    ["CreateOptions", "dryRun=All&dryRun=x", 'dryRun: Unsupported value: ["All","x"]: supported values: "All"'],
    ["UpdateOptions", "dryRun=", 'dryRun: Unsupported value: [""]: supported values: "All"'],
    [
      "UpdateOptions",
      "fieldValidation=strict",
      'fieldValidation: Unsupported value: "strict": supported values: "", "Ignore", "Strict", "Warn"',
    ],
    [
      "CreateOptions",
      "fieldManager=a%0Ab",
      'fieldManager: Invalid value: "a\\nb": invalid character U+000A (at position 1)',
    ],
  ] as const)("%s %s", async (kind, text, why) => {
    expect(await message(() => parseWriteOptions(query(text), kind))).toEqual([
      422,
      `${kind}.meta.k8s.io "" is invalid: ${why}`,
    ]);
  });

  test("force is for apply alone, which needs a field manager", async () => {
    const invalid = 'PatchOptions.meta.k8s.io "" is invalid: ';
    expect(await message(() => parsePatchOptions(query("force=false"), "json"))).toEqual([
      422,
      `${invalid}force: Forbidden: may not be specified for non-apply patch`,
    ]);
    expect(await message(() => parsePatchOptions(query("force"), "apply"))).toEqual([
      422,
      `${invalid}fieldManager: Required value: is required for apply patch`,
    ]);
    expect(parsePatchOptions(query("force&fieldManager=me"), "apply")).toMatchObject({
      force: true,
      fieldManager: "me",
    });
  });
});

describe("the options of a delete", () => {
  const all = {
    dryRun: true,
    gracePeriodSeconds: 5,
    preconditions: { uid: "u", resourceVersion: "7" },
    orphanDependents: undefined,
    propagationPolicy: "Foreground",
  };
  const content = {
    gracePeriodSeconds: 5,
    preconditions: { uid: "u", resourceVersion: "7" },
    propagationPolicy: "Foreground",
    dryRun: ["All"],
    orphanDependents: null,
    unknown: 1,
  };

  test("come from the query", () => {
    const text = "dryRun=All&gracePeriodSeconds=5&uid=u&resourceVersion=7&propagationPolicy=Foreground";
    expect(parseDeleteOptions(query(text), body(""), scheme)).toEqual(all);
  });

  test.each([
    {},
    { kind: "DeleteOptions", apiVersion: "v1" },
    { kind: "DeleteOptions", apiVersion: "meta.k8s.io/v1" },
    { kind: "DeleteOptions", apiVersion: "wardle.example.com/v1beta1" },
  ])("come from the body alone, if there is one: %j", (type) => {
    expect(parseDeleteOptions(query("orphanDependents=1"), body({ ...type, ...content }), scheme)).toEqual(all);
  });

  test("come from YAML", () => {
    const yaml = "orphanDependents: no\ngracePeriodSeconds: 0\n";
    expect(parseDeleteOptions(query(""), body(yaml, "application/yaml"), scheme)).toMatchObject({
      orphanDependents: false,
      gracePeriodSeconds: 0,
    });
  });

  test.each([
    ["{", "couldn't get version/kind; json parse error: unexpected end of JSON input"],
    [{ apiVersion: "a/b/c" }, "unexpected GroupVersion string: a/b/c"],
    [
      { apiVersion: "other/v1" },
      'no kind "DeleteOptions" is registered for version "other/v1" in scheme "apiserver-ts"',
    ],
    [{ kind: "Pod", apiVersion: "v1" }, 'no kind "Pod" is registered for version "v1" in scheme "apiserver-ts"'],
    [
      { gracePeriodSeconds: "5" },
      "json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64",
    ],
    [
      { preconditions: { uid: 1 } },
      "json: cannot unmarshal number into Go struct field Preconditions.preconditions.uid of type types.UID",
    ],
    [
      { preconditions: 1 },
      "json: cannot unmarshal number into Go struct field DeleteOptions.preconditions of type v1.Preconditions",
    ],
    [{ dryRun: "All" }, "json: cannot unmarshal string into Go struct field DeleteOptions.dryRun of type []string"],
  ])("of the body %j are refused", async (sent, why) => {
    expect(await message(() => parseDeleteOptions(query(""), body(sent), scheme))).toEqual([400, why]);
  });

  test.each([
    [
      "propagationPolicy=",
      'propagationPolicy: Unsupported value: "": supported values: "Foreground", "Background", "Orphan", "nil"',
    ],
    [
      "orphanDependents=1&propagationPolicy=Orphan",
      'propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set',
    ],
  ])("do not go together: %s", async (text, why) => {
    expect(await message(() => parseDeleteOptions(query(text), undefined, scheme))).toEqual([
      422,
      `DeleteOptions.meta.k8s.io "" is invalid: ${why}`,
    ]);
  });
});

test("a table comes with the objects' metadata unless it says otherwise", () => {
  expect(
    ["", "includeObject=Metadata", "includeObject=None", "includeObject=Object"].map((text) =>
      parseIncludeObject(query(text)),
    ),
  ).toEqual(["Metadata", "Metadata", "None", "Object"]);
});
