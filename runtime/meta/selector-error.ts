/** A label or field selector that cannot be understood; the message is for the client. */
export class SelectorError extends Error {
  override readonly name = "SelectorError";
}
