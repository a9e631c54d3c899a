import { expect, test } from "vitest";
import { encodeCbor } from "../../runtime/meta/cbor-writer.ts";
import { resourceTargets } from "../../runtime/resource-targets.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import { widgetScheme } from "../registry/widget.ts";
import { widgetApp, widgetJson, widgets } from "./widget-app.ts";

/** Objects and lists in one another that a body may have. */
const depthMax = 100;
/** What stands around the fields of an object in its managedFields: with so much less, it has owners as well. */
const aroundFields = 5;

const targets = resourceTargets({ scheme: widgetScheme(), storage: memoryStorage() });
const app = widgetApp({ cbor: true, targets });

/** Objects, or lists, in one another, so many. */
function nested(form: "objects" | "lists", depth: number): object {
  let value: object = form === "objects" ? {} : [];
  for (let i = 1; i < depth; i++) value = form === "objects" ? { a: value } : [value];
  return value;
}

/** A widget with so many objects and lists in one another, of which two are its own and that of the spec. */
function deepWidget(name: string, form: "objects" | "lists", depth: number): object {
  return widgetJson(name, { deep: nested(form, depth - 2) });
}

interface Sent {
  readonly type?: string;
  readonly accept?: string;
  readonly body?: Uint8Array | object;
}

async function send(method: string, url: string, { type = "application/json", accept, body }: Sent = {}) {
  return app.inject({
    method: method as "GET",
    url,
    headers: { ...(accept === undefined ? {} : { accept }), ...(body === undefined ? {} : { "content-type": type }) },
    ...(body === undefined
      ? {}
      : { payload: body instanceof Uint8Array ? Buffer.from(body) : Buffer.from(JSON.stringify(body)) }),
  });
}

const shallow = (name: string): Promise<unknown> => send("POST", widgets, { body: widgetJson(name) });

type Form = "objects" | "lists";
type Write = (name: string, form: Form, depth: number) => Promise<{ statusCode: number; body: string }>;

const patch = (name: string, type: string, body: object): ReturnType<Write> =>
  send("PATCH", `${widgets}/${name}?fieldManager=m`, { type: `application/${type}`, body });

const specPatch: (type: string) => Write = (type) => async (name, form, depth) => {
  await shallow(name);
  return patch(name, type, { spec: { deep: nested(form, depth - 2) } });
};

const writes: Record<string, Write> = {
  create: (name, form, depth) => send("POST", widgets, { body: deepWidget(name, form, depth) }),
  "create in CBOR": (name, form, depth) =>
    send("POST", widgets, { type: "application/cbor", body: encodeCbor(deepWidget(name, form, depth)) }),
  "create in YAML": (name, form, depth) =>
    send("POST", widgets, { type: "application/yaml", body: deepWidget(name, form, depth) }),
  update: async (name, form, depth) => {
    await shallow(name);
    return send("PUT", `${widgets}/${name}`, { body: deepWidget(name, form, depth) });
  },
  "merge patch": specPatch("merge-patch+json"),
  "strategic merge patch": specPatch("strategic-merge-patch+json"),
  "JSON patch": async (name, form, depth) => {
    await shallow(name);
    const value = nested(form, depth - 2);
    return patch(name, "json-patch+json", [
      { op: "add", path: "/spec/deep", value },
      { op: "test", path: "/spec/deep", value },
    ]);
  },
  apply: (name, form, depth) => patch(name, "apply-patch+yaml", deepWidget(name, form, depth)),
};

const meta = "v=v1;g=meta.k8s.io";
const accepted = [
  "application/json",
  "application/json;pretty=1",
  "application/yaml",
  "application/cbor",
  `application/json;as=Table;${meta}`,
  `application/json;as=PartialObjectMetadata;${meta}`,
  `application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;${meta}`,
];

const cases = Object.entries(writes).flatMap(([verb, write]) =>
  (["objects", "lists"] as const).map((form) => ({ verb, write, form, name: `${verb}-${form}`.toLowerCase() })),
);

test.each(cases)("$form as deep as may be are taken and told: $verb", async (each) => {
  const name = each.name.replaceAll(" ", "-");
  const written = await each.write(name, each.form, depthMax - aroundFields);
  expect([written.statusCode, written.body.slice(0, 200)]).toEqual([expect.toBeOneOf([200, 201]), expect.anything()]);
  for (const accept of accepted) {
    for (const url of [`${widgets}/${name}`, `${widgets}?fieldSelector=metadata.name=${name}`]) {
      const as = url.includes("?")
        ? accept.replace("as=PartialObjectMetadata", "as=PartialObjectMetadataList")
        : accept;
      const read = await send("GET", url, { accept: as });
      expect([as, read.statusCode]).toEqual([as, 200]);
    }
  }
  const { metadata, spec } = (await send("GET", `${widgets}/${name}`)).json<{ metadata: object; spec: object }>();
  expect(metadata).toHaveProperty("managedFields");
  expect(spec).toHaveProperty("deep", nested(each.form, depthMax - aroundFields - 2));
  // What is told can be sent back.
  const again = await send("PUT", `${widgets}/${name}`, { body: { ...widgetJson(name), metadata, spec } });
  expect(again.statusCode).toBe(200);
});

test.each(cases)("$form too deep are refused: $verb", async ({ write, form, name }) => {
  for (const depth of [depthMax + 1, 1_000, 5_000]) {
    const { statusCode } = await write(`${name}-${depth}`.replaceAll(" ", "-"), form, depth);
    expect([depth, statusCode]).toEqual([depth, 400]);
  }
});

test("operations of a JSON patch that put values into values get no deeper than bodies", async () => {
  await shallow("grown");
  const operations = (count: number): object[] =>
    Array.from({ length: count }, (_, i) => ({
      op: "add",
      path: `/spec/deep${"/a".repeat(40 * i)}`,
      value: JSON.parse(`${'{"a":'.repeat(40)}{}${"}".repeat(40)}`) as object,
    }));
  expect((await patch("grown", "json-patch+json", operations(2))).statusCode).toBe(200);
  for (const count of [3, 200]) {
    expect((await patch("grown", "json-patch+json", operations(count))).statusCode).toBe(400);
  }
});

test.each(["create", "update"])("what is so deep that its owners could not be sent back has none: %s", async (verb) => {
  const name = `untracked-${verb}`;
  const written = await writes[verb]?.(name, "objects", depthMax);
  expect(written?.statusCode).toBe(verb === "create" ? 201 : 200);
  const { metadata } = (await send("GET", `${widgets}/${name}`)).json<{ metadata: object }>();
  expect(metadata).not.toHaveProperty("managedFields");
});

test("what is so deep that its owners could not be sent back cannot be applied", async () => {
  const { statusCode, body } = await patch("owned", "apply-patch+yaml", deepWidget("owned", "objects", depthMax));
  expect([statusCode, body]).toEqual([400, expect.stringContaining("the owned fields exceed the maximum depth")]);
});
