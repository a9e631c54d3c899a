import type { FieldValidation } from "../../meta/options.ts";
import type { StatusError } from "../../meta/status-error.ts";

/** What a patch has made of an object, as JSON. */
export interface PatchedValue {
  readonly value: unknown;
  /** What a strict decoder finds in the patch itself. */
  readonly problems: readonly string[];
  /** The error for what is no object of the kind; if unset, one that tells the whole JSON. */
  readonly refusal?: (why: string) => StatusError;
}

/**
 * Applies a patch to the JSON of an object; may change it. Throws 400 for what is no such patch, and 422 where it does
 * not go with the object.
 */
export type PatchApplier = (current: unknown, patch: Uint8Array, validation: FieldValidation) => PatchedValue;
