import { defineStrategy, invalid } from "apiserver-ts";
import type { Herd } from "./herd_types.ts";

/** What Herd does beyond its types. */
export default defineStrategy<Herd>({
  validate: ({ spec }) =>
    spec.breed.trim() === spec.breed ? [] : [invalid("spec.breed", spec.breed, "must not begin or end with a space")],
  warnings: ({ spec }) => (spec.animals === 0 ? ["spec.animals: 0 leaves the keepers without work"] : []),
});
