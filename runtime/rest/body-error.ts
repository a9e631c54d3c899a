/** A body that cannot be read; the message is what Go's decoders say of it, and each verb has words of its own around it. */
export class BodyError extends Error {
  override readonly name = "BodyError";
}
