import type { Asked } from "./client.ts";

const cats = "/apis/animal.skai.io/v1alpha1/namespaces/ns/cats";
/** A fifteenth of what a body may have: what grows with the square of it takes minutes all the same. */
const bodyLength = 200_000;
/** Of YAML less is read. */
const yamlLength = 100_000;

function repeated(text: string, length: number, end = ""): string {
  return text.repeat(Math.floor((length - end.length) / text.length)) + end;
}

/** So many items, each told from the others by its number. */
function items(count: number, item: (number: number) => string, separator = ","): string {
  return Array.from({ length: count }, (_, number) => item(number)).join(separator);
}

function cat(spec: string, metadata = "", status = ""): string {
  return `{"apiVersion":"animal.skai.io/v1alpha1","kind":"Cat","metadata":{"name":"new"${metadata}},"spec":{"name":"Tom"${spec}},"status":{${status}}}`;
}

const nestedObjects = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

/** Objects whose fields are long, many, deep, or none. */
const objects: readonly (readonly [string, string])[] = [
  ["a quantity of digits", cat(`,"weight":"${repeated("9", bodyLength)}"`)],
  ["a quantity of small digits", cat(`,"weight":"0.${repeated("0", bodyLength, "1")}"`)],
  ["a quantity of many digits and a suffix", cat(`,"weight":"${repeated("9", bodyLength)}Ki"`)],
  ["a quantity with a large exponent", cat(',"weight":"1e999999999"')],
  ["a quantity with a small exponent", cat(',"weight":"1e-999999999"')],
  ["a quantity with an endless exponent", cat(`,"weight":"1e${repeated("9", bodyLength)}"`)],
  ["a quantity that is none", cat(`,"weight":"${repeated("1", bodyLength, "x")}"`)],
  ["a number of digits", cat(`,"lives":${repeated("9", bodyLength)}`)],
  ["a fraction of digits", cat(`,"lives":0.${repeated("0", bodyLength, "1")}`)],
  [
    "a time of digits",
    cat(
      "",
      "",
      `"conditions":[{"type":"A","status":"True","reason":"R","message":"","lastTransitionTime":"${repeated("2020-01-01T00:00:00.", bodyLength)}"}]`,
    ),
  ],
  [
    "a time of zeros",
    cat(
      "",
      "",
      `"conditions":[{"type":"A","status":"True","reason":"R","message":"","lastTransitionTime":"2020-01-01T00:00:00.${repeated("0", bodyLength, "Z")}"}]`,
    ),
  ],
  ["a time in the metadata", cat("", `,"creationTimestamp":"${repeated("1", bodyLength)}"`)],
  ["a name of letters", cat("", `,"name":"${repeated("a", bodyLength, "!")}"`)],
  ["a name of dots", cat("", `,"name":"${repeated("a.", bodyLength, "!")}"`)],
  ["a name of dashes", cat("", `,"name":"a${repeated("-", bodyLength)}"`)],
  ["a name to be made of letters", cat("", `,"name":"","generateName":"${repeated("a.", bodyLength)}"`)],
  [
    "a label of letters",
    cat("", `,"labels":{"${repeated("a.", bodyLength / 2)}/${repeated("a-", bodyLength / 2)}":"x"}`),
  ],
  ["a label's value of letters", cat("", `,"labels":{"a":"${repeated("a_.", bodyLength, "-")}"}`)],
  ["2,000 labels", cat("", `,"labels":{${items(2_000, (n) => `"example.com/l-${n}":"v-${n}"`)}}`)],
  ["5,000 labels that are wrong", cat("", `,"labels":{${items(5_000, (n) => `"-${n}":"-${n}"`)}}`)],
  ["5,000 annotations", cat("", `,"annotations":{${items(5_000, (n) => `"a-${n}":"v"`)}}`)],
  ["5,000 finalizers", cat("", `,"finalizers":[${items(5_000, (n) => `"example.com/f-${n}"`)}]`)],
  ["5,000 finalizers that are one", cat("", `,"finalizers":[${items(5_000, () => '"example.com/f"')}]`)],
  [
    "1,000 owners",
    cat(
      "",
      `,"ownerReferences":[${items(1_000, (n) => `{"apiVersion":"v1","kind":"Pod","name":"p-${n}","uid":"u-${n}","controller":true}`)}]`,
    ),
  ],
  ["5,000 toys", cat(`,"toys":[${items(5_000, (n) => `{"name":"t-${n}"}`)}]`)],
  ["5,000 toys of one name", cat(`,"toys":[${items(5_000, () => '{"name":"t"}')}]`)],
  ["10,000 toys that are none", cat(`,"toys":[${items(10_000, () => "7")}]`)],
  ["10,000 nicknames", cat(`,"nicknames":[${items(10_000, (n) => `"n-${n}"`)}]`)],
  ["20,000 nicknames that are one", cat(`,"nicknames":[${items(20_000, () => '"n"')}]`)],
  ["5,000 quirks", cat(`,"quirks":{${items(5_000, (n) => `"q-${n}":"x"`)}}`)],
  [
    "1,250 conditions",
    cat(
      "",
      "",
      `"conditions":[${items(1_250, (n) => `{"type":"A${n}","status":"True","reason":"R","message":"","lastTransitionTime":"2020-01-01T00:00:00Z"}`)}]`,
    ),
  ],
  ["10,000 unknown fields", cat(`,${items(10_000, (n) => `"x${n}":1`)}`)],
  ["a field 15,000 times", cat(`,${items(15_000, () => '"x":1')}`)],
  ["brackets in brackets", cat(`,"x":${repeated("[", bodyLength / 2)}${repeated("]", bodyLength / 2)}`)],
  ["braces in braces", cat(`,"x":${nestedObjects(30_000)}`)],
  ["99 levels many times", cat(`,${items(300, (n) => `"x${n}":${nestedObjects(90)}`)}`)],
  ["escapes", cat(`,"breed":"${repeated("\\\\", bodyLength)}"`)],
  ["quotes", cat(`,"breed":"${repeated('\\"', bodyLength)}"`)],
  ["escaped letters", cat(`,"breed":"${repeated("\\u0061", bodyLength)}"`)],
  ["halves of letters", cat(`,"breed":"${repeated("\\ud800", bodyLength)}"`)],
  ["keys of escapes", cat(`,${items(10_000, (n) => `"\\u0061${n}":1`)}`)],
  ["long keys many times", cat(`,${items(30, (n) => `"${repeated("a", 6_000)}${n}":1`)}`)],
  ["no end", cat(`,"breed":"${repeated("x", bodyLength)}`).slice(0, -3)],
  ["blanks", repeated(" ", bodyLength, "{}")],
  [
    "2,000 managers",
    cat(
      "",
      `,"managedFields":[${items(2_000, (n) => `{"manager":"m${n}","operation":"Update","apiVersion":"animal.skai.io/v1alpha1","time":"2020-01-01T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:name":{}}}}`)}]`,
    ),
  ],
  [
    "a manager of 5,000 fields",
    cat(
      "",
      `,"managedFields":[{"manager":"m","operation":"Update","apiVersion":"animal.skai.io/v1alpha1","fieldsType":"FieldsV1","fieldsV1":{${items(5_000, (n) => `"f:x${n}":{}`)}}}]`,
    ),
  ],
  [
    "a manager of deep fields",
    cat(
      "",
      `,"managedFields":[{"manager":"m","operation":"Update","apiVersion":"animal.skai.io/v1alpha1","fieldsType":"FieldsV1","fieldsV1":${'{"f:a":'.repeat(90)}{}${"}".repeat(90)}}]`,
    ),
  ],
  [
    "a manager of keys",
    cat(
      "",
      `,"managedFields":[{"manager":"m","operation":"Update","apiVersion":"animal.skai.io/v1alpha1","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:toys":{${items(2_500, (n) => `"k:{\\"name\\":\\"t${n}\\"}":{".":{}}`)}}}}}]`,
    ),
  ],
];

/** Ways to send an object: some read more of it than others. */
const ways: readonly (readonly [string, (body: string) => Asked])[] = [
  [
    "created",
    (body) => ({ method: "POST", path: `${cats}?fieldValidation=Strict&dryRun=All`, type: "application/json", body }),
  ],
  [
    "updated",
    (body) => ({ method: "PUT", path: `${cats}/c-1`, type: "application/json", body: body.replace('"new"', '"c-1"') }),
  ],
  ["merged", (body) => patched("merge-patch+json", body.replace('"new"', '"c-2"'), "c-2")],
  ["merged by strategy", (body) => patched("strategic-merge-patch+json", body.replace('"new"', '"c-3"'), "c-3")],
  ["applied", (body) => patched("apply-patch+yaml", body.replace('"new"', '"c-4"'), "c-4")],
];

function patched(form: string, body: string, name: string): Asked {
  return {
    method: "PATCH",
    path: `${cats}/${name}?fieldManager=m&force=true`.replace(form.includes("apply") ? "" : "&force=true", ""),
    type: `application/${form}`,
    body,
  };
}

const laughs = `a0: &a0 [x,x,x,x,x,x,x,x,x]\n${items(30, (n) => `a${n + 1}: &a${n + 1} [${items(9, () => `*a${n}`)}]`, "\n")}\n`;

const yamls: readonly (readonly [string, string])[] = [
  ["aliases of aliases", laughs],
  ["an alias within itself", "a: &a [*a, *a]\n"],
  ["aliases many times", `a: &a x\nb: [${repeated("*a,", yamlLength / 2)}*a]\n`],
  ["anchors", items(3_000, (n) => `k${n}: &a${n} x`, "\n")],
  ["anchors of one name", `[${repeated("&a x,", yamlLength)}]`],
  ["brackets", repeated("[", yamlLength)],
  ["braces", repeated("{a: ", yamlLength)],
  ["dashes", repeated("- ", yamlLength)],
  ["question marks", repeated("? ", yamlLength)],
  ["colons", repeated(": ", yamlLength)],
  ["deeper and deeper", items(1_400, (n) => `${" ".repeat(n)}a:`, "\n")],
  ["keys that are the same", items(7_500, () => "a: 1", "\n")],
  ["one long word", repeated("x", yamlLength)],
  ["words", repeated("x ", yamlLength)],
  ["blanks", repeated(" ", yamlLength, "a: b")],
  ["line ends", repeated("\n", yamlLength, "a: b")],
  ["tabs", repeated("\t", yamlLength)],
  ["comments", repeated("#\n", yamlLength)],
  ["quotes", `a: "${repeated("\\x41", yamlLength)}"`],
  ["lines in quotes", `a: "${repeated("b\n  ", yamlLength)}"`],
  ["single quotes", `a: '${repeated("''", yamlLength)}'`],
  ["a number of digits", `a: ${repeated("1", yamlLength)}`],
  ["a number of digits and blanks", `a: ${repeated("1_", yamlLength)}`],
  ["a number of base 60", `a: ${repeated("1:", yamlLength)}1`],
  ["a number that is none", `a: ${repeated("1", yamlLength)}.${repeated("e", 10)}`],
  ["a time that is none", `a: 2020-01-01${repeated(" ", yamlLength)}x`],
  ["a block", `a: |\n${repeated("  x\n", yamlLength)}`],
  ["a folded block", `a: >\n${repeated("  x\n\n", yamlLength)}`],
  ["tags", `a: ${repeated("!a ", yamlLength)}`],
  ["a long tag", `a: !<${repeated("x", yamlLength)}> b`],
  ["directives", repeated("%TAG ! x\n", yamlLength)],
  ["documents", repeated("---\na\n", yamlLength)],
  ["merge keys", `a: &a {b: c}\nd: {${items(3_000, () => "<<: *a", ", ")}}`],
  ["bytes that are no text", "\u{fffd}".repeat(30_000)],
  ["more than is read", `a: ${repeated("x", 1_200_000)}`],
];

/** The first bytes of CBOR items that promise more than comes, or hold one another. */
const cbors: readonly (readonly [string, Buffer])[] = [
  ["lists in lists", Buffer.alloc(bodyLength, 0x81)],
  ["open lists in open lists", Buffer.alloc(bodyLength, 0x9f)],
  ["maps in maps", Buffer.alloc(bodyLength, 0xa1)],
  ["tags of tags", Buffer.alloc(bodyLength, 0xc1)],
  ["a list of 2^62", Buffer.from([0x9b, 0x40, 0, 0, 0, 0, 0, 0, 0, 1])],
  ["a list of 2^31", Buffer.concat([Buffer.from([0x9a, 0x7f, 0xff, 0xff, 0xff]), Buffer.alloc(bodyLength)])],
  ["a text of 2^62", Buffer.from([0x7b, 0x40, 0, 0, 0, 0, 0, 0, 0, 1])],
  ["bytes of 2^31", Buffer.from([0x5a, 0x7f, 0xff, 0xff, 0xff, 1])],
  ["pieces of text", Buffer.concat([Buffer.from([0x7f]), Buffer.alloc(bodyLength, 0x60)])],
  [
    "letters by pieces",
    Buffer.concat([Buffer.from([0x7f]), Buffer.from("aa".repeat(1).concat("")), Buffer.alloc(1_000, 0x61)]),
  ],
  [
    "a number of 3 MB",
    Buffer.concat([Buffer.from([0xc2, 0x5a, 0x00, 0x2f, 0xff, 0x00]), Buffer.alloc(bodyLength, 0xff)]),
  ],
];

const jsonPatches: readonly (readonly [string, string])[] = [
  [
    "2,000 insertions in front",
    `[{"op":"add","path":"/spec/toys","value":[]},${items(9_999, (n) => `{"op":"add","path":"/spec/toys/0","value":{"name":"t${n}"}}`)}]`,
  ],
  ["10,001 steps", `[${items(10_001, () => '{"op":"test","path":"/kind","value":"Cat"}')}]`],
  [
    "copies of copies",
    `[{"op":"add","path":"/spec/quirks","value":{"a":"x"}},${items(60, (n) => `{"op":"copy","from":"/spec/quirks","path":"/spec/quirks/q${n}"}`)}]`,
  ],
  [
    "comparisons of what is large",
    `[{"op":"add","path":"/spec/nicknames","value":[${items(5_000, () => '"n"')}]},${items(9_000, () => '{"op":"test","path":"/spec/nicknames","value":[]}')}]`,
  ],
  [
    "moves of what is large",
    `[{"op":"add","path":"/spec/nicknames","value":[${items(15_000, () => '"n"')}]},${items(1_000, () => '{"op":"move","from":"/spec/nicknames","path":"/spec/nicknames"}')}]`,
  ],
  [
    "removals in front of what is large",
    `[{"op":"add","path":"/spec/nicknames","value":[${items(20_000, () => '"n"')}]},${items(9_000, () => '{"op":"remove","path":"/spec/nicknames/0"}')}]`,
  ],
  ["a path of steps", `[{"op":"test","path":"${repeated("/a", bodyLength - 100)}","value":1}]`],
  ["a path of escapes", `[{"op":"test","path":"/${repeated("~1", bodyLength - 100)}","value":1}]`],
];

const strategicPatches: readonly (readonly [string, string])[] = [
  [
    "toys in an order of 3,000",
    `{"spec":{"toys":[${items(1_500, (n) => `{"name":"t${n}"}`)}],"$setElementOrder/toys":[${items(3_000, (n) => `{"name":"t${n}"}`)}]}}`,
  ],
  ["3,000 toys to be deleted", `{"spec":{"toys":[${items(3_000, (n) => `{"name":"t${n}","$patch":"delete"}`)}]}}`],
  [
    "5,000 nicknames to be deleted",
    `{"spec":{"$deleteFromPrimitiveList/nicknames":[${items(5_000, (n) => `"n${n}"`)}]}}`,
  ],
  ["5,000 keys to be kept", `{"spec":{"quirks":{"$retainKeys":[${items(5_000, (n) => `"q${n}"`)}],"a":"b"}}}`],
  [
    "finalizers in an order of 2,500",
    `{"metadata":{"finalizers":[${items(2_500, (n) => `"example.com/f${n}"`)}],"$setElementOrder/finalizers":[${items(2_500, (n) => `"example.com/f${n}"`)}]}}`,
  ],
  [
    "owners in an order of 1,000",
    `{"metadata":{"ownerReferences":[${items(750, (n) => `{"uid":"u${n}","name":"n","kind":"Pod","apiVersion":"v1"}`)}],"$setElementOrder/ownerReferences":[${items(1_000, (n) => `{"uid":"u${19_999 - n}"}`)}]}}`,
  ],
];

/** Requests whose bodies may take long to read, to judge, or to bring together with what is there. */
export function costlyBodies(): (readonly [what: string, asked: Asked])[] {
  const [created, ...others] = ways;
  const sent = objects.flatMap(([what, body], at) =>
    // Created all of them; of the other ways one each.
    [created, others[at % others.length]].flatMap((way) =>
      way === undefined ? [] : [[`an object with ${what}, ${way[0]}`, way[1](body)] as const],
    ),
  );
  const inYaml = yamls.map(([what, body], at) =>
    at % 2 === 0
      ? ([`YAML of ${what}`, { method: "POST", path: cats, type: "application/yaml", body }] as const)
      : ([`an apply of YAML of ${what}`, patched("apply-patch+yaml", body, "c-6")] as const),
  );
  return [
    ...sent,
    ...inYaml,
    ...cbors.map(
      ([what, body]) => [`CBOR of ${what}`, { method: "POST", path: cats, type: "application/cbor", body }] as const,
    ),
    ...jsonPatches.map(([what, body]) => [`a JSON patch of ${what}`, patched("json-patch+json", body, "c-5")] as const),
    ...strategicPatches.map(
      ([what, body]) => [`a strategic patch of ${what}`, patched("strategic-merge-patch+json", body, "c-7")] as const,
    ),
    ["options of many parts", deletion(`{"dryRun":[${items(15_000, () => '"All"')}]}`)],
    [
      "a body that is too large",
      { method: "POST", path: cats, type: "application/json", body: repeated("x", 12_000_000) },
    ],
  ];
}

function deletion(body: string): Asked {
  return { method: "DELETE", path: `${cats}/c-8`, type: "application/json", body };
}
