import { failure, unsupportedMediaType, type StatusError } from "../meta/status-error.ts";
import type { PatchType, RequestBody } from "../rest/target.ts";
import { servedMediaTypes } from "./negotiation.ts";

const patchTypes: ReadonlyMap<string, PatchType> = new Map<string, PatchType>([
  ["application/json-patch+json", "json"],
  ["application/merge-patch+json", "merge"],
  ["application/strategic-merge-patch+json", "strategic"],
  ["application/apply-patch+yaml", "apply"],
]);

/** The media types of the patches that are served. */
export const patchMediaTypes: readonly string[] = [...patchTypes.keys()];

/** The kind of patch that a Content-Type names; throws a 415 for others. */
export function patchTypeOf(contentType: string | undefined): PatchType {
  const type = patchTypes.get(withoutParameters(contentType ?? ""));
  if (type === undefined) throw failure(415, "UnsupportedMediaType", "415: Unsupported Media Type", {});
  return type;
}

/** The media type of an object's body, JSON where none is named; throws a 415 for types that are not read. */
export function bodyMediaType(contentType: string | undefined): RequestBody["mediaType"] {
  if (contentType === undefined || contentType === "") return "application/json";
  const mediaType = withoutParameters(contentType).toLowerCase();
  const known = servedMediaTypes.find((each) => each === mediaType);
  if (known === undefined) throw unknownBody();
  return known;
}

function unknownBody(): StatusError {
  const known = servedMediaTypes.join(", ");
  return unsupportedMediaType(
    `the body of the request was in an unknown format - accepted media types include: ${known}`,
  );
}

function withoutParameters(contentType: string): string {
  const end = contentType.indexOf(";");
  return (end === -1 ? contentType : contentType.slice(0, end)).trim();
}
