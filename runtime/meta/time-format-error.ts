import { Buffer } from "node:buffer";

/** A text that is not the time, or length of time, that it should be; the message is Go's. */
export class TimeFormatError extends Error {
  override readonly name = "TimeFormatError";
}

/** Quotes a text as the messages of Go's package `time` do: bytes beyond printable ASCII stand in hexadecimal. */
export function quoteForTimeError(text: string): string {
  let quoted = "";
  for (const character of text) {
    const printable = character >= " " && character < "\x80";
    if (character === '"' || character === "\\") quoted += `\\${character}`;
    else quoted += printable ? character : Buffer.from(character).toString("hex").replace(/../g, "\\x$&");
  }
  return `"${quoted}"`;
}
