import { describe, expect, test } from "vitest";
import { newDecodeReport, type DecodeReport } from "../../runtime/meta/decode.ts";
import { decodeAnimal, decodeFamilyNode } from "./golden/emit/generated/zoo/v1/zz_generated.decode.ts";

function decode(json: string): { readonly object: unknown; readonly report: DecodeReport } {
  const report = newDecodeReport();
  const object: unknown = decodeAnimal(JSON.parse(json) as object, report);
  return { object, report };
}

/** The decoded spec of an animal, as JSON would have it. */
function decodeSpec(spec: string): Record<string, unknown> {
  const { object, report } = decode(`{"spec": ${spec}}`);
  expect([report.unknownFields, report.typeError]).toEqual([[], undefined]);
  return (object as { spec: Record<string, unknown> }).spec;
}

describe("a value of a wrong type is reported in the words of Go's decoder", () => {
  test.each([
    [`{"apiVersion": 1}`, "number into Go struct field Animal.apiVersion of type string"],
    [`{"spec": []}`, "array into Go struct field Animal.spec of type v1.AnimalSpec"],
    [`{"spec": {"species": 5}}`, "number into Go struct field AnimalSpec.spec.species of type string"],
    [`{"spec": {"species": 1.5}}`, "number into Go struct field AnimalSpec.spec.species of type string"],
    [`{"spec": {"legs": "four"}}`, "string into Go struct field AnimalSpec.spec.legs of type int32"],
    [`{"spec": {"legs": 1.5}}`, "number 1.5 into Go struct field AnimalSpec.spec.legs of type int32"],
    [`{"spec": {"legs": 99999999999}}`, "number 99999999999 into Go struct field AnimalSpec.spec.legs of type int32"],
    [`{"spec": {"visits": 1e300}}`, "number 1e+300 into Go struct field AnimalSpec.spec.visits of type int64"],
    [`{"spec": {"height": true}}`, "bool into Go struct field AnimalSpec.spec.height of type float64"],
    [`{"spec": {"vegetarian": "yes"}}`, "string into Go struct field AnimalSpec.spec.vegetarian of type bool"],
    [`{"spec": {"meals": {}}}`, "object into Go struct field AnimalSpec.spec.meals of type []v1.Meal"],
    [`{"spec": {"meals": [1]}}`, "number into Go struct field AnimalSpec.spec.meals of type v1.Meal"],
    [`{"spec": {"meals": [{"hour": "x"}]}}`, "string into Go struct field Meal.spec.meals.hour of type int32"],
    [`{"spec": {"badges": [1]}}`, "number into Go struct field AnimalSpec.spec.badges of type string"],
    [`{"spec": {"labels": {"a": []}}}`, "array into Go struct field AnimalSpec.spec.labels of type string"],
    [`{"spec": {"labels": []}}`, "array into Go struct field AnimalSpec.spec.labels of type map[string]string"],
    [`{"spec": {"rooms": {"a": {"bars": "x"}}}}`, "string into Go struct field Cage.spec.rooms.bars of type int32"],
    [`{"spec": {"home": {"cage": 1}}}`, "number into Go struct field Home.spec.home.cage of type v1.Cage"],
    [`{"spec": {"born": 1}}`, "number into Go struct field AnimalSpec.spec.born of type string"],
    [`{"spec": {"door": 1.5}}`, "number 1.5 into Go struct field AnimalSpec.spec.door of type int32"],
    [`{"metadata": {"labels": {"a": 1}}}`, "number into Go struct field ObjectMeta.metadata.labels of type string"],
    [
      `{"status": {"conditions": [{"type": 1}]}}`,
      "number into Go struct field Condition.status.conditions.type of type string",
    ],
    [
      `{"spec": {"box": {"metadata": {"name": 1}}}}`,
      "number into Go struct field ObjectMeta.spec.box.metadata.name of type string",
    ],
  ])("%s", (json, words) => {
    expect(decode(json).report.typeError).toBe(`json: cannot unmarshal ${words}`);
  });

  test("only the first in the order of the document is told", () => {
    const { report } = decode(`{"spec": {"tag": 2, "species": 1}, "kind": 3}`);
    expect(report.typeError).toContain("AnimalSpec.spec.tag");
  });

  test("the type around is named again after a nested one", () => {
    const { report } = decode(`{"spec": {"spare": {"bars": 1}, "legs": "x"}}`);
    expect(report.typeError).toContain("AnimalSpec.spec.legs");
  });
});

describe("unknown fields are dropped and reported by path", () => {
  test.each([
    [`{"bogus": 1}`, ["bogus"]],
    [`{"spec": {"bogus": {"a": 1}, "Species": "x"}}`, ["spec.bogus", "spec.Species"]],
    [`{"spec": {"meals": [{}, {"wine": 1}]}}`, ["spec.meals[1].wine"]],
    [`{"spec": {"rooms": {"a.b": {"wine": 1}}}}`, ["spec.rooms.a.b.wine"]],
    [`{"spec": {"box": {"metadata": {"wine": 1}}}}`, ["spec.box.metadata.wine"]],
    [`{"metadata": {"wine": 1}, "spec": {"extra": {"any": {"thing": 1}}}}`, ["metadata.wine"]],
    [
      `{"__proto__": {"a": 1}, "spec": {"constructor": 1, "toString": 2}}`,
      ["__proto__", "spec.constructor", "spec.toString"],
    ],
  ])("%s", (json, paths) => {
    const { object, report } = decode(json);
    expect(report.unknownFields).toEqual(paths);
    const second = newDecodeReport();
    decodeAnimal(JSON.parse(JSON.stringify(object)) as object, second);
    expect(second.unknownFields).toEqual([]);
  });

  test("no more than a hundred are told", () => {
    const fields = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`f${index}`, index]));
    expect(decode(JSON.stringify(fields)).report.unknownFields).toHaveLength(100);
  });
});

describe("what is absent or null", () => {
  test("gets the zero value that its type promises", () => {
    const { object } = decode("{}");
    expect(object).toEqual({
      metadata: {},
      spec: { species: "", diet: "", weight: "", moods: [] },
    });
  });

  test("null is as absent, except in a nullable field", () => {
    expect(decodeSpec(`{"tag": null, "alias": null, "meals": null, "spare": null}`)).toEqual({
      ...decodeSpec("{}"),
      alias: null,
    });
  });

  test("null in a list or map is the zero value", () => {
    const { badges, scores, rooms, meals, doses } = decodeSpec(
      `{"badges": [null, "a"], "scores": [null], "rooms": {"a": null}, "meals": [null], "doses": {"b": null}}`,
    );
    expect({ badges, scores, rooms, meals, doses }).toEqual({
      badges: ["", "a"],
      scores: [0],
      rooms: { a: {} },
      meals: [{ dish: "" }],
      doses: { b: "0" },
    });
  });
});

describe("values with a form of their own", () => {
  test("are brought into the form in which Kubernetes writes them", () => {
    const spec = decodeSpec(
      `{"weight": 0.5, "budget": "1000m", "born": "2026-01-02T15:04:05.7+02:00", "seen": "2026-01-02T15:04:05.123456Z"}`,
    );
    expect(spec).toMatchObject({
      weight: "500m",
      budget: "1",
      born: "2026-01-02T13:04:05Z",
      seen: "2026-01-02T15:04:05.123456Z",
    });
  });

  test("stay as they are where they are wrong, for validation to tell", () => {
    const given = { weight: "heavy", born: "yesterday", seen: "2026-01-02T15:04:05Z", nap: "long", photo: "?" };
    expect(decodeSpec(JSON.stringify(given))).toMatchObject(given);
  });
});

describe("hostile input", () => {
  test("a key such as __proto__ in a map stays a key", () => {
    const { labels, rooms } = decodeSpec(`{"labels": {"__proto__": "x"}, "rooms": {"__proto__": {"bars": 1}}}`);
    expect(Object.entries(labels as object)).toEqual([["__proto__", "x"]]);
    expect(Object.getPrototypeOf(rooms)).toBe(Object.prototype);
    expect(Object.entries(rooms as object)).toEqual([["__proto__", { bars: 1 }]]);
    expect(({} as { bars?: number }).bars).toBeUndefined();
  });

  test("objects that hold themselves too deep are refused", () => {
    const deep = `{"name": "a", "children": [`.repeat(5_000) + `]}`.repeat(5_000);
    const report = newDecodeReport();
    decodeFamilyNode(JSON.parse(deep) as object, report);
    expect(report.typeError).toBe("json: exceeded max depth");
  });

  test("free JSON that is too deep is refused", () => {
    const { report } = decode(`{"spec": {"notes": ${"[".repeat(20_000)}${"]".repeat(20_000)}}}`);
    expect(report.typeError).toBe("json: exceeded max depth");
  });
});
