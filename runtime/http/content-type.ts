import { failure, unsupportedMediaType, type StatusError } from "../meta/status-error.ts";
import type { MediaTypes, ObjectMediaType, PatchForm } from "./media-types.ts";

/** The kind of patch that a Content-Type names; throws a 415 for those that are not served. */
export function patchFormOf(contentType: string | undefined, { patches }: MediaTypes): PatchForm {
  const form = patches.get(withoutParameters(contentType ?? ""));
  if (form === undefined) throw failure(415, "UnsupportedMediaType", "415: Unsupported Media Type", {});
  return form;
}

/** The media type of an object's body, JSON where none is named; throws a 415 for types that are not read. */
export function bodyMediaType(contentType: string | undefined, { objects }: MediaTypes): ObjectMediaType {
  if (contentType === undefined || contentType === "") return "application/json";
  const mediaType = withoutParameters(contentType).toLowerCase();
  const known = objects.find((each) => each === mediaType);
  if (known === undefined) throw unknownBody(objects);
  return known;
}

function unknownBody(known: readonly string[]): StatusError {
  return unsupportedMediaType(
    `the body of the request was in an unknown format - accepted media types include: ${known.join(", ")}`,
  );
}

function withoutParameters(contentType: string): string {
  const end = contentType.indexOf(";");
  return (end === -1 ? contentType : contentType.slice(0, end)).trim();
}
