import { defineStrategy, invalid } from "apiserver-ts";
import type { Cat } from "./cat_types.ts";

/** What Cat does beyond its types; every hook is optional. */
export default defineStrategy<Cat>({
  validate: (cat) => (cat.spec.name === "" ? [invalid("spec.name", cat.spec.name, "must be specify")] : []),
});
