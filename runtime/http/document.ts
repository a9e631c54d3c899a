import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { once } from "../meta/once.ts";

/** What of a request matters to a document that is the same for everybody: the texts of headers, as they came. */
export interface DocumentRequest {
  readonly accept?: string | undefined;
  readonly acceptEncoding?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  /** Whether JSON is wanted indented. */
  readonly pretty?: boolean | undefined;
}

/** An answer as it is to be sent; the bytes are compressed already where a header says so. */
export interface Answer {
  readonly status: 200 | 301 | 304 | 406;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Uint8Array | undefined;
}

/** A text or message that many clients get: encoded once, compressed once. Never written to. */
export interface SharedBody {
  readonly bytes: Uint8Array;
  readonly gzip: () => Uint8Array;
}

/** Smaller bodies are sent as they are: compressing them gains less than a packet. */
const gzipMinBytes = 1024;

/** Makes a body that is compressed when it is first asked for so. */
export function sharedBody(content: Uint8Array | string): SharedBody {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return { bytes, gzip: once(() => gzipSync(bytes)) };
}

/** The ETag of a content: its SHA-512 in upper-case hexadecimal, without quotes, as Kubernetes names its documents. */
export function contentHash(bytes: Uint8Array): string {
  return createHash("sha512").update(bytes).digest("hex").toUpperCase();
}

/** Answers with a body, compressed if the client takes that. */
export function answerBody(body: SharedBody, request: DocumentRequest, headers: Answer["headers"]): Answer {
  if (body.bytes.length < gzipMinBytes || !acceptsGzip(request.acceptEncoding)) {
    return { status: 200, headers, body: body.bytes };
  }
  return {
    status: 200,
    headers: { ...headers, "content-encoding": "gzip", vary: withEncoding(headers["vary"]) },
    body: body.gzip(),
  };
}

/** Whether what the client has is what it would get, by the rules of https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match. */
export function matchesEtag(ifNoneMatch: string | undefined, quotedEtag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(",").some((tag) => {
    const text = tag.trim();
    return text === "*" || text === quotedEtag || text === `W/${quotedEtag}`;
  });
}

function acceptsGzip(acceptEncoding: string | undefined): boolean {
  if (acceptEncoding === undefined) return false;
  return acceptEncoding.split(",").some((part) => {
    const [coding = "", quality = "q=1"] = part.split(";");
    return /^(gzip|\*)$/i.test(coding.trim()) && Number(quality.trim().replace(/^q=/i, "")) > 0;
  });
}

function withEncoding(vary: string | string[] | undefined): string[] {
  const names = vary === undefined ? [] : [vary].flat();
  return names.includes("Accept-Encoding") ? names : ["Accept-Encoding", ...names];
}
