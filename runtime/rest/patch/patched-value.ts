import { truncateToBytes } from "../../meta/byte-text.ts";
import type { FieldValidation } from "../../meta/options.ts";
import type { StatusError } from "../../meta/status-error.ts";

/** What a patch has made of an object, as JSON. */
export interface PatchedValue {
  readonly value: unknown;
  /** What a strict decoder finds in the patch itself. */
  readonly problems: readonly string[];
  /** The error for what is no object of the kind; if unset, one that shows the JSON. */
  readonly refusal?: (why: string) => StatusError;
}

/** How much a refusal shows of an object or a patch: enough for people to see what is meant. */
const shownBytesMax = 16 * 1024;

/** A text as far as a refusal shows it. */
export function shownText(text: string): string {
  const shown = truncateToBytes(text, shownBytesMax);
  return shown.length === text.length ? text : `${shown} ...`;
}

/**
 * Applies a patch to the JSON of an object; may change it. Throws 400 for what is no such patch, and 422 where it does
 * not go with the object.
 */
export type PatchApplier = (current: unknown, patch: Uint8Array, validation: FieldValidation) => PatchedValue;
