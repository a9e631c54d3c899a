import { goJson } from "../meta/go-json.ts";

/**
 * Continue tokens, as the Go server writes them: base64 of JSON that tells the revision and the next key below the prefix.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
 */

/** Where a list goes on. */
interface Continuation {
  /** The first key of the next page. */
  readonly key: string;
  /** The revision that the list is true at; -1 for whatever is newest. */
  readonly revision: bigint;
}

const tokenVersion = "meta.k8s.io/v1";
const notValid = "continue key is not valid";

/** Reads a token of a list below `keyPrefix`, which ends in a slash. Gives a sentence on what is wrong where it cannot. */
export function decodeContinue(token: string, keyPrefix: string): Continuation | string {
  const bytes = decodeBase64(token);
  if (typeof bytes === "string") return `${notValid}: ${bytes}`;
  const fields = readFields(bytes.toString("utf8"));
  if (typeof fields === "string") return `${notValid}: ${fields}`;
  const { v, rv, start } = fields;
  if (v !== tokenVersion) return `${notValid}: server does not recognize this encoded version ${v}`;
  if (rv === 0n) return `${notValid}: incorrect encoded start resourceVersion (version ${tokenVersion})`;
  if (start === "") return `${notValid}: encoded start key empty (version ${tokenVersion})`;
  // The token comes from a client: it must not lead out of the prefix.
  const key = start.startsWith("/") ? start : `/${start}`;
  return isClean(key) ? { key: keyPrefix + key.slice(1), revision: rv } : `${notValid}: ${start}`;
}

/** Writes a token for a list that goes on at `key`; undefined if the key is not below the prefix. */
export function encodeContinue({ key, revision }: Continuation, keyPrefix: string): string | undefined {
  if (keyPrefix === "" || !key.startsWith(keyPrefix)) return undefined;
  const start = goJson(key.slice(keyPrefix.length));
  return Buffer.from(`{"v":"${tokenVersion}","rv":${revision},"start":${start}}`).toString("base64url");
}

interface TokenFields {
  readonly v: string;
  readonly rv: bigint;
  readonly start: string;
}

function readFields(text: string): TokenFields | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text === "" ? "unexpected end of JSON input" : "invalid JSON";
  }
  if (value === null) return { v: "", rv: 0n, start: "" };
  if (typeof value !== "object" || Array.isArray(value)) {
    const type = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
    return `json: cannot unmarshal ${type} into Go value of type storage.continueToken`;
  }
  const { v = "", rv = 0, start = "" }: { v?: unknown; rv?: unknown; start?: unknown } = value;
  if (typeof v !== "string" || typeof start !== "string" || !Number.isInteger(rv)) return "a field has a wrong type";
  // A revision may have more digits than a number holds; its text is exact.
  const digits = /"rv"\s*:\s*(-?\d+)/.exec(text)?.[1] ?? "0";
  return { v, rv: BigInt(digits), start };
}

function isClean(key: string): boolean {
  return key === "/" || !/\/(\.{0,2})(\/|$)/.test(key);
}

/** The bytes of unpadded base64url, or what Go says of the text. */
function decodeBase64(text: string): Buffer | string {
  const wrong = text.search(/[^A-Za-z0-9_-]/);
  if (wrong >= 0) return `illegal base64 data at input byte ${wrong}`;
  if (text.length % 4 === 1) return `illegal base64 data at input byte ${text.length - 1}`;
  return Buffer.from(text, "base64url");
}
