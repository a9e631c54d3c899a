import { defineStrategy, pathSegmentName } from "apiserver-ts";
import type { Fischer } from "./fischer_types.ts";

/** As the Go sample server has it. */
export default defineStrategy<Fischer>({ names: pathSegmentName, allowUnconditionalUpdate: false });
