import { describe, expect, test } from "vitest";
import { forbiddenRequest } from "../../runtime/meta/status-error.ts";
import type { DeleteOptions, ListOptions, PatchOptions, WriteOptions } from "../../runtime/meta/options.ts";
import type { KubeObject } from "../../runtime/meta/v1.ts";
import type { Admission, AdmissionRequest } from "../../runtime/admission/admission.ts";
import { createObject } from "../../runtime/rest/create.ts";
import { deleteCollection } from "../../runtime/rest/delete-collection.ts";
import { deleteObject } from "../../runtime/rest/delete.ts";
import { getObject } from "../../runtime/rest/get.ts";
import { listObjects } from "../../runtime/rest/list.ts";
import { patchObject } from "../../runtime/rest/patch.ts";
import type { PatchType, ResourceTarget } from "../../runtime/rest/target.ts";
import { updateObject } from "../../runtime/rest/update.ts";
import { watchObjects } from "../../runtime/rest/watch.ts";
import { body, bytesOf, flunder, refusal, request, targets } from "./requests.ts";

const write: WriteOptions = { dryRun: false, fieldManager: "", fieldValidation: "Warn" };
const patchOptions: PatchOptions = { ...write, force: undefined };
const deletion: DeleteOptions = {
  dryRun: false,
  gracePeriodSeconds: undefined,
  preconditions: {},
  orphanDependents: undefined,
  propagationPolicy: "",
};
const everything: ListOptions = {
  labels: [],
  fields: [],
  resourceVersion: "",
  resourceVersionMatch: "",
  limit: 0,
  continue: "",
  allowWatchBookmarks: false,
  sendInitialEvents: undefined,
  timeoutSeconds: undefined,
};

function create(target: ResourceTarget, content: object, context = request()): Promise<KubeObject> {
  return createObject(target, context, body(content), write);
}

async function patch(
  target: ResourceTarget,
  name: string,
  content: unknown,
  type: PatchType = "merge",
): Promise<KubeObject> {
  const sent = { type, bytes: bytesOf(content) };
  return (await patchObject(target, request(), name, sent, patchOptions)).object;
}

async function forbid(_context: unknown, name: string): Promise<never> {
  throw forbiddenRequest({ group: "wardle.example.com", resource: "flunders" }, name, "no");
}

/** Admission that tells what it is asked. */
function listening(asked: string[], changes: Partial<Admission> = {}): Admission {
  const tell = (step: string, sent: AdmissionRequest): void => {
    const object = sent.operation === "DELETE" ? sent.old : sent.object;
    asked.push(`${step} ${sent.operation} ${sent.name} ${object.metadata.labels?.["n"] ?? "-"}`);
  };
  return {
    mutate: async (sent) => {
      tell("mutate", sent);
      return sent.object;
    },
    validate: async (sent) => tell("validate", sent),
    ...changes,
  };
}

describe("admission", () => {
  test("is asked around every write: to change it first, to refuse it last", async () => {
    const asked: string[] = [];
    const { flunders } = targets({ admission: listening(asked) });
    await create(flunders, flunder("a"));
    await patch(flunders, "a", { metadata: { labels: { n: "1" } } });
    await updateObject(flunders, request(), "a", body(await patch(flunders, "a", {})), write);
    await deleteObject(flunders, request(), "a", deletion);
    expect(asked).toEqual([
      "mutate CREATE a -",
      "validate CREATE a -",
      "mutate UPDATE a 1",
      "validate UPDATE a 1",
      "mutate UPDATE a 1",
      "validate UPDATE a 1",
      "mutate UPDATE a 1",
      "validate UPDATE a 1",
      "validate DELETE a 1",
    ]);
  });

  test("changes what is stored, and sees what was there", async () => {
    const admission = listening([], {
      mutate: async (sent) => {
        const before = sent.operation === "UPDATE" ? (sent.old.metadata.labels?.["n"] ?? "") : "0";
        sent.object.metadata.labels = { n: `${before}x` };
        return sent.object;
      },
    });
    const { flunders } = targets({ admission });
    expect((await create(flunders, flunder("a"))).metadata.labels).toEqual({ n: "0x" });
    expect((await patch(flunders, "a", {})).metadata.labels).toEqual({ n: "0xx" });
  });

  test("refuses", async () => {
    const { flunders } = targets({ admission: listening([], { validate: () => forbid(undefined, "a") }) });
    const status = await refusal(() => create(flunders, flunder("a")));
    expect([status.code, status.message]).toEqual([403, 'flunders.wardle.example.com "a" is forbidden: no']);
    expect((await refusal(() => getObject(flunders, request(), "a", { resourceVersion: "" }))).code).toBe(404);
  });

  test("is asked again, about the newer object, when another write comes first", async () => {
    const asked: string[] = [];
    let interfere = true;
    const { flunders } = targets({
      admission: listening(asked, {
        validate: async (sent) => {
          if (sent.operation !== "UPDATE" || !interfere) return;
          interfere = false;
          await patch(flunders, "a", { metadata: { labels: { n: "other" } } });
        },
      }),
    });
    await create(flunders, flunder("a"));
    const patched = await patch(flunders, "a", { metadata: { labels: { mine: "yes" } } });
    expect(patched.metadata.labels).toEqual({ n: "other", mine: "yes" });
    expect(asked).toEqual(["mutate CREATE a -", "mutate UPDATE a -", "mutate UPDATE a other", "mutate UPDATE a other"]);
  });
});

test("patches that come at once are all applied", async () => {
  const { flunders } = targets();
  await create(flunders, flunder("a"));
  const names = Array.from({ length: 20 }, (_, i) => `l${i}`);
  await Promise.all(names.map((name) => patch(flunders, "a", { metadata: { labels: { [name]: "" } } })));
  const { metadata } = await getObject(flunders, request(), "a", { resourceVersion: "" });
  expect(Object.keys(metadata.labels ?? {}).toSorted()).toEqual(names.toSorted());
});

describe("an update of what does not exist", () => {
  test("creates it where the kind allows that", async () => {
    const { flunders } = targets({ createOnUpdate: true });
    const { object, created } = await updateObject(flunders, request(), "a", body(flunder("a")), write);
    expect([created, object.metadata.name]).toEqual([true, "a"]);
  });

  test("needs the right to create", async () => {
    const { flunders } = targets({ createOnUpdate: true });
    const target = { ...flunders, authorizeCreate: forbid };
    expect((await refusal(() => updateObject(target, request(), "a", body(flunder("a")), write))).code).toBe(403);
  });

  test("fails where nobody can tell whether the user has that right", async () => {
    const { authorizeCreate: _, ...target } = targets({ createOnUpdate: true }).flunders;
    expect((await refusal(() => updateObject(target, request(), "a", body(flunder("a")), write))).code).toBe(500);
  });
});

test("an update of an object with another uid is refused", async () => {
  const { flunders } = targets();
  const { metadata } = await create(flunders, flunder("a"));
  const other = { ...metadata, uid: "00000000-0000-4000-8000-000000000000" };
  const status = await refusal(() => updateObject(flunders, request(), "a", body(flunder("a", other)), write));
  expect([status.code, status.reason]).toEqual([409, "Conflict"]);
});

describe("owner references that stand twice", () => {
  const owner = { apiVersion: "v1", kind: "Pod", name: "p", uid: "u1" };
  const other = { ...owner, name: "q" };

  test("are taken out, with a warning", async () => {
    const { flunders } = targets();
    const context = request();
    const sent = flunder("a", { ownerReferences: [owner, other, owner] });
    const { metadata } = await createObject(flunders, context, body(sent), write);
    expect(metadata.ownerReferences).toEqual([owner, other]);
    expect(context.warnings).toEqual([
      ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: u1",
    ]);
  });

  test("are taken out after admission too, which is when a patch is looked at", async () => {
    const { flunders } = targets();
    await create(flunders, flunder("a"));
    const context = request();
    const sent = { type: "merge" as const, bytes: bytesOf({ metadata: { ownerReferences: [owner, owner] } }) };
    const { object } = await patchObject(flunders, context, "a", sent, patchOptions);
    expect(object.metadata.ownerReferences).toEqual([owner]);
    expect(context.warnings[0]).toContain("duplicate entries after mutating admission happens;");
  });
});

/** How a patch is refused, as code and message. */
async function applied(content: unknown, type: PatchType, options: Partial<PatchOptions> = {}): Promise<string> {
  const { flunders } = targets();
  await create(flunders, flunder("a", { labels: { x: "1" } }, { reference: "r" }));
  const sent = { type, bytes: bytesOf(content) };
  const status = await refusal(() => patchObject(flunders, request(), "a", sent, { ...patchOptions, ...options }));
  return `${status.code} ${status.message}`;
}

describe("a patch", () => {
  test.each(["strategic", "apply"] as const)("of the kind %s is not served where no schemas are", async (type) => {
    const { schemas: _, ...target } = targets().flunders;
    const sent = { type, bytes: bytesOf({}) };
    const { code, message } = await refusal(() => patchObject(target, request(), "a", sent, patchOptions));
    expect(`${code} ${message}`).toBe(
      "415 the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json",
    );
  });

  test.each([
    ["{", "merge", "400 error decoding patch: unexpected end of JSON input"],
    ["[", "json", "400 error decoding patch: unexpected end of JSON input"],
    [
      "1",
      "merge",
      "400 error decoding patch: json: cannot unmarshal number into Go value of type map[string]interface {}",
    ],
    ["null", "merge", "400 the name of the object (a based on URL) was undeterminable: name must be provided"],
    [
      "{}",
      "json",
      "400 error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
    ],
    [
      "[1]",
      "json",
      "400 error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp",
    ],
    [
      '[{"op":1}]',
      "json",
      "400 error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.op of type string",
    ],
    [
      '{"spec":{"count":9007199254740993}}',
      "merge",
      '400 error decoding patch: json: cannot unmarshal number 9007199254740993 into field "spec.count": whole numbers beyond 9007199254740991 cannot be kept exactly',
    ],
    [
      '{"metadata":{"name":null}}',
      "merge",
      "400 the name of the object (a based on URL) was undeterminable: name must be provided",
    ],
  ] as const)("%s (%s) is refused", async (content, type, wanted) => {
    expect(await applied(content, type)).toBe(wanted);
  });

  test("is refused with all that is strange in it and in its outcome", async () => {
    const merge = '{"spec":{"a":1,"a":2}}';
    expect(await applied(merge, "merge", { fieldValidation: "Strict" })).toMatch(
      /^422 .*: strict decoding error: duplicate field "spec\.a", unknown field "spec\.a"$/,
    );
    const json = '[{"op":"add","path":"/spec/a","value":1,"what":2,"op":"add"}]';
    expect(await applied(json, "json", { fieldValidation: "Strict" })).toMatch(
      /: strict decoding error: json patch unknown field "\[0\]\.what", json patch duplicate field "\[0\]\.op", unknown field "spec\.a"$/,
    );
  });

  test("is warned of what is strange in it", async () => {
    const { flunders } = targets();
    await create(flunders, flunder("a"));
    const context = request();
    const sent = { type: "merge" as const, bytes: bytesOf('{"spec":{"a":1,"a":2}}') };
    await patchObject(flunders, context, "a", sent, patchOptions);
    expect(context.warnings).toEqual(['duplicate field "spec.a"', 'unknown field "spec.a"']);
  });

  test("may say that its outcome is of another version of the kind", async () => {
    const { flunders } = targets();
    await create(flunders, flunder("a", {}, { reference: "r" }));
    const beta = { apiVersion: "wardle.example.com/v1beta1", spec: { reference: null, flunderReference: "b" } };
    expect(await patch(flunders, "a", beta)).toMatchObject({
      apiVersion: "wardle.example.com/v1alpha1",
      spec: { reference: "b" },
    });
  });

  test("sets the defaults of what it makes", async () => {
    const { flunders } = targets();
    await create(flunders, flunder("a"));
    expect(await patch(flunders, "a", { spec: { reference: "r" } })).toMatchObject({
      spec: { referenceType: "Flunder" },
    });
  });

  test("cannot copy without end", async () => {
    const copies = Array.from({ length: 60 }, (_, i) => ({ op: "copy", from: "/spec", path: `/spec/more${i}` }));
    expect(await applied(copies, "json")).toBe("422 the server rejected our request due to an error in our request");
  });

  test("cannot nest without end", async () => {
    const nest = Array.from({ length: 1200 }, () => [
      { op: "move", from: "/spec", path: "/was" },
      { op: "add", path: "/spec", value: {} },
      { op: "move", from: "/was", path: "/spec/x" },
    ]).flat();
    expect(await applied(nest, "json")).toBe("400 the patched object exceeds the maximum depth");
  });

  test.each<PatchType>(["merge", "strategic"])(
    "of the kind %s that leaves no object is shown in part, however large it is",
    async (type) => {
      const { flunders } = targets();
      await create(flunders, flunder("a"));
      const wrong = { metadata: { annotations: { big: "x".repeat(1_000_000) } }, spec: { reference: 1 } };
      const status = await refusal(() => patch(flunders, "a", JSON.stringify(wrong), type));
      expect(status.code).toBe(422);
      expect(status.message?.length).toBeLessThan(20_000);
      expect(status.message).toContain("xxx ...");
    },
  );

  test("leaves the prototypes of objects alone", async () => {
    const { flunders } = targets();
    await create(flunders, flunder("a"));
    const polluting = '{"spec":{"texts":{"__proto__":{"polluted":"yes"}}},"__proto__":{"polluted":"yes"}}';
    await refusal(() => patch(flunders, "a", polluting));
    await patch(flunders, "a", '[{"op":"add","path":"/__proto__","value":{"polluted":"yes"}}]', "json");
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
    expect(await getObject(flunders, request(), "a", { resourceVersion: "" })).not.toHaveProperty("polluted");
  });
});

describe("a deletion", () => {
  test("of an object that something holds is accepted, for clients that cascade the old way", async () => {
    const { flunders } = targets();
    await create(flunders, flunder("a", { finalizers: ["example.com/hold"] }));
    const { answer, deleted, code } = await deleteObject(flunders, request(), "a", {
      ...deletion,
      orphanDependents: false,
    });
    expect([answer.kind, deleted, code]).toEqual(["Flunder", false, 202]);
  });

  test("of a collection asks about each object, under no name", async () => {
    const asked: string[] = [];
    const { flunders } = targets({ admission: listening(asked) });
    for (const n of ["1", "2"]) await create(flunders, flunder(`f${n}`, { labels: { n } }));
    asked.length = 0;
    const { items } = await deleteCollection(flunders, request(), deletion, everything);
    expect(items.map(({ metadata }) => metadata.name)).toEqual(["f1", "f2"]);
    expect(asked.toSorted()).toEqual(["validate DELETE  1", "validate DELETE  2"]);
    expect((await listObjects(flunders, request(), everything)).items).toEqual([]);
  });
});

test("a watch gives what comes", async () => {
  const { flunders } = targets();
  await create(flunders, flunder("a"));
  const abort = new AbortController();
  for await (const events of watchObjects(flunders, { ...request(), signal: abort.signal }, everything)) {
    expect(events.map(({ type }) => type)).toEqual(["ADDED"]);
    abort.abort();
  }
  expect(abort.signal.aborted).toBe(true);
});

test("verbs that a storage does not have are refused with 405", async () => {
  const target = { ...targets().flunders, storage: {} };
  const calls = [
    () => getObject(target, request(), "a", { resourceVersion: "" }),
    () => listObjects(target, request(), everything),
    () => watchObjects(target, request(), everything),
    () => create(target, flunder("a")),
    () => updateObject(target, request(), "a", body(flunder("a")), write),
    () => patch(target, "a", {}),
    () => deleteObject(target, request(), "a", deletion),
    () => deleteCollection(target, request(), deletion, everything),
  ];
  for (const call of calls) expect((await refusal(call)).code).toBe(405);
});
