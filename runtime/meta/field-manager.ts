import { byteLength } from "./byte-text.ts";
import { invalid, tooLongBytes, type FieldError } from "./field-error.ts";

/** As long as the name of a field manager may be, in bytes of UTF-8. */
export const fieldManagerBytesMax = 128;

/** What is wrong with the name of a field manager: at most 128 bytes, and all of it printable; empty is unset. */
export function validateFieldManager(field: string, manager: string): FieldError[] {
  const errors: FieldError[] = [];
  if (byteLength(manager) > fieldManagerBytesMax) errors.push(tooLongBytes(field, fieldManagerBytesMax));
  if (printable.test(manager)) return errors;
  let position = 0;
  for (const character of manager) {
    // Every error shows the whole name, so their number is bounded.
    if (position >= fieldManagerBytesMax) break;
    if (!printable.test(character)) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
      errors.push(invalid(field, manager, `invalid character U+${code} (at position ${position})`));
    }
    position += byteLength(character);
  }
  return errors;
}

// What Go's unicode.IsPrint takes for printable: of the blanks only the plain one.
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u;
