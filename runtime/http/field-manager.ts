/** As long as a field manager may be, in bytes of UTF-8. */
const managerBytesMax = 128;

/**
 * Who manages the fields that a write sets: whom the request names, else the first part of the client's User-Agent.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers
 */
export function fieldManagerOf(requested: string, userAgent: string | undefined): string {
  if (requested !== "" || userAgent === undefined) return requested;
  const [product = ""] = userAgent.split("/", 1);
  let manager = "";
  let bytes = 0;
  for (const character of product) {
    if (!printable.test(character)) continue;
    bytes += Buffer.byteLength(character);
    if (bytes > managerBytesMax) break;
    manager += character;
  }
  return manager;
}

const printable = /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;
