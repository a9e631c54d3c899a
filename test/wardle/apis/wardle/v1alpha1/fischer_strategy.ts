import { defineStrategy } from "apiserver-ts";
import type { Fischer } from "./fischer_types.ts";

/** As the Go sample server has it. */
export default defineStrategy<Fischer>({ allowUnconditionalUpdate: false });
