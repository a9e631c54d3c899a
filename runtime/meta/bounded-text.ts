/** Makes the error of a text that is too long. */
type TooLong = () => Error;

/** The whole text of what comes in pieces. Throws what `tooLong` makes where it is of more than so many bytes. */
export async function wholeText(
  chunks: AsyncIterable<Uint8Array>,
  bytesMax: number,
  tooLong: TooLong,
): Promise<string> {
  const held: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > bytesMax) throw tooLong();
    held.push(chunk);
  }
  return Buffer.concat(held).toString("utf8");
}

const lineEnd = 0x0a;

/** The lines of what comes in pieces, without empty ones. Throws what `tooLong` makes for one of more than so many bytes. */
export async function* textLines(
  chunks: AsyncIterable<Uint8Array>,
  bytesMax: number,
  tooLong: TooLong,
): AsyncGenerator<string> {
  let pending: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(lineEnd); end !== -1; end = chunk.indexOf(lineEnd, from)) {
      pending.push(chunk.subarray(from, end));
      const line = Buffer.concat(pending);
      if (line.length > bytesMax) throw tooLong();
      if (line.length > 0) yield line.toString("utf8");
      pending = [];
      length = 0;
      from = end + 1;
    }
    if (from === chunk.length) continue;
    pending.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > bytesMax) throw tooLong();
  }
}
