import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { GroupVersion } from "../../codegen/model/model.ts";
import { newDecodeReport } from "../../runtime/meta/decode.ts";
import { decodeAnimal } from "./golden/emit/generated/zoo/v1/zz_generated.decode.ts";
import { deepCopyAnimal } from "./golden/emit/generated/zoo/v1/zz_generated.deepcopy.ts";
import { setAnimalDefaults } from "./golden/emit/generated/zoo/v1/zz_generated.defaults.ts";
import { validateAnimal } from "./golden/emit/generated/zoo/v1/zz_generated.validations.ts";
import type { Animal } from "./golden/emit/apis/zoo/v1/animal_types.ts";
import { arbitraryObject, arbitraryUpdate } from "./emit/arbitrary-object.ts";
import { goldenModel } from "./emit/golden-model.ts";
import { referenceValidation } from "./emit/reference/validation.ts";

const zoo = goldenModel().groupVersions.find(({ version }) => version === "v1") as GroupVersion;
const animals = arbitraryObject(zoo, "Animal") as fc.Arbitrary<Animal>;
const updates = arbitraryUpdate(zoo, "Animal") as fc.Arbitrary<[Animal, Animal | undefined]>;

/** The parts of a value that can change: objects and lists, itself included. */
function parts(value: unknown): object[] {
  if (typeof value !== "object" || value === null) return [];
  return [value, ...Object.values(value).flatMap(parts)];
}

describe("a generated deep copy", () => {
  test("equals what it was made from and shares nothing with it", () => {
    fc.assert(
      fc.property(animals, (animal) => {
        const copy = deepCopyAnimal(animal);
        expect(JSON.stringify(copy, sortedKeys)).toBe(JSON.stringify(animal, sortedKeys));
        const original = new Set(parts(animal));
        expect(parts(copy).filter((part) => original.has(part))).toEqual([]);
        expect(
          parts(copy).every((part) => [Object.prototype, Array.prototype].includes(Object.getPrototypeOf(part))),
        ).toBe(true);
      }),
    );
  });
});

function sortedKeys(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

describe("generated defaults", () => {
  test("set nothing the second time, and keep what is set", () => {
    fc.assert(
      fc.property(animals, (animal) => {
        const once = deepCopyAnimal(animal);
        setAnimalDefaults(once);
        const twice = deepCopyAnimal(once);
        setAnimalDefaults(twice);
        expect(twice).toEqual(once);
        const { height, crate } = once.spec;
        expect(height).toBe(animal.spec.height ?? 1.5);
        expect(crate).toEqual({ locked: true, ...(animal.spec.crate ?? { bars: 3 }) });
        expect(once.spec.meals?.map(({ portions }) => portions)).toEqual(
          animal.spec.meals?.map((meal) => meal.portions ?? 1),
        );
      }),
    );
  });
});

describe("generated decoding", () => {
  test("leaves what it decoded as it is, and reports nothing", () => {
    fc.assert(
      fc.property(animals, (animal) => {
        const first = newDecodeReport();
        const decoded = deepCopyAnimal(decodeAnimal(deepCopyAnimal(animal), first));
        const second = newDecodeReport();
        const again = decodeAnimal(deepCopyAnimal(decoded), second);
        expect(again).toEqual(decoded);
        for (const report of [first, second])
          expect([report.unknownFields, report.typeError, report.path]).toEqual([[], undefined, []]);
      }),
    );
  });
});

describe("generated validation", () => {
  test("finds what a plain reading of the rules finds", () => {
    const all = { WideKitchen: fc.boolean(), Fences: fc.boolean() };
    fc.assert(
      fc.property(updates, fc.record(all), ([animal, old], states) => {
        const options = new Map(Object.entries(states));
        const errors = validateAnimal(animal, old, options);
        const found = errors.map(({ field, type, detail }) => `${field}: ${type}: ${detail}`);
        expect(found.toSorted()).toEqual(referenceValidation(zoo, "Animal", animal, old, options).toSorted());
      }),
      { numRuns: 1_500 },
    );
  });

  test("finds nothing wrong with an update that changes nothing", () => {
    fc.assert(
      fc.property(animals, (animal) => {
        expect(validateAnimal(animal, deepCopyAnimal(animal))).toEqual([]);
      }),
    );
  });

  test("tells an option that nobody defined, and lets nothing through for it", () => {
    const report = newDecodeReport();
    const animal = decodeAnimal({ spec: { diet: "Herbivore", fence: "oak" } }, report);
    const errors = validateAnimal(animal, undefined).filter(({ type }) => type === "InternalError");
    expect(errors.map(({ field, detail }) => `${field}: ${detail}`)).toEqual([
      `spec.diet: undefined validation option "WideKitchen"`,
      `spec.fence: undefined validation option "Fences"`,
    ]);
  });
});
