import { sendBytes, sendHead } from "./answer.ts";
import type { Answer } from "./document.ts";
import { header, type RequestState } from "./request-state.ts";

/**
 * Sends a document that may be asked for in part, or only if it has changed since a time.
 * https://www.rfc-editor.org/rfc/rfc9110#name-range-requests
 */
export function sendContent(state: RequestState, answer: Answer, lastModified: Date): void {
  const { status, headers, body } = answer;
  if (status !== 200 || body === undefined) {
    sendDocument(state, answer);
    return;
  }
  const { "content-type": _, ...unchanged } = headers;
  if (isUnmodified(state, lastModified)) {
    sendDocument(state, { status: 304, headers: unchanged, body: undefined });
    return;
  }
  const dated = { ...headers, "last-modified": lastModified.toUTCString() };
  // Parts of what is compressed for one client are of no use to another.
  if (headers["content-encoding"] !== undefined) sendBytes(state, status, dated, body);
  else sendPart(state, { ...dated, "accept-ranges": "bytes" }, body, String(headers["etag"]));
}

/** Sends a document as it is. */
export function sendDocument(state: RequestState, { status, headers, body }: Answer): void {
  if (status === 304) {
    if (sendHead(state, status, headers)) state.response.end();
    return;
  }
  sendBytes(state, status, headers, body ?? nothing);
}

const nothing = new Uint8Array();

function isUnmodified(state: RequestState, lastModified: Date): boolean {
  const since = header(state, "if-modified-since");
  if (since === undefined || header(state, "if-none-match") !== undefined) return false;
  return Math.floor(lastModified.getTime() / 1000) * 1000 <= Date.parse(since);
}

function sendPart(state: RequestState, headers: Answer["headers"], body: Uint8Array, etag: string): void {
  const range = header(state, "range");
  const condition = header(state, "if-range");
  const part =
    range === undefined || (condition !== undefined && condition !== etag) ? "whole" : partOf(range, body.length);
  if (part === "whole") {
    sendBytes(state, 200, headers, body);
  } else if (part === "none") {
    sendBytes(state, 416, { ...headers, "content-range": `bytes */${body.length}` }, nothing);
  } else {
    const contentRange = `bytes ${part.start}-${part.end - 1}/${body.length}`;
    sendBytes(state, 206, { ...headers, "content-range": contentRange }, body.subarray(part.start, part.end));
  }
}

// Blanks stand before and after digits only where there are digits, or to tell them apart would take the square of their
// number.
const rangePattern = /^bytes=\s*(?:(\d+)\s*)?-\s*(?:(\d+)\s*)?$/;

/** The bytes that a Range header asks for. The whole where it asks for several parts, or is none: it may be ignored. */
function partOf(range: string, length: number): "whole" | "none" | { readonly start: number; readonly end: number } {
  const [, first = "", last = ""] = rangePattern.exec(range) ?? [];
  if (first === "" && last === "") return "whole";
  if (first === "") return Number(last) === 0 ? "none" : { start: Math.max(0, length - Number(last)), end: length };
  const start = Number(first);
  const end = last === "" ? length : Math.min(Number(last) + 1, length);
  if (last !== "" && Number(last) < start) return "whole";
  return start >= length ? "none" : { start, end };
}
