import { fieldErrorCause, fieldErrorMessage, type FieldError } from "./field-error.ts";
import type { Status, StatusCause, StatusDetails } from "./v1.ts";

/**
 * An error that a client is to see, as the Status it will get.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/api/errors
 */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly status: Status;
  constructor(status: Status, options?: ErrorOptions) {
    super(status.message ?? "", options);
    this.status = status;
  }
}

/** A resource and its group, as error texts name it: `cats.animal.skai.io`. */
export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

/** `cats.animal.skai.io`, or just the resource in the core group. */
export function qualifiedResource({ group, resource }: GroupResource): string {
  return group === "" ? resource : `${resource}.${group}`;
}

/** A failure of any kind; the named functions below are made of it. */
export function failure(code: number, reason: string, message: string, details?: StatusDetails): StatusError {
  return new StatusError({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    ...(reason === "" ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  });
}

/** 404: no object of that name. */
export function notFound(resource: GroupResource, name: string): StatusError {
  return failure(404, "NotFound", `${qualifiedResource(resource)} "${name}" not found`, detailsOf(resource, name));
}

/** 409: an object of that name is there already. */
export function alreadyExists(resource: GroupResource, name: string): StatusError {
  const message = `${qualifiedResource(resource)} "${name}" already exists`;
  return failure(409, "AlreadyExists", message, detailsOf(resource, name));
}

/** 409: the object is not in the state that the request supposes. */
export function conflict(resource: GroupResource, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${qualifiedResource(resource)} "${name}": ${why}`;
  return failure(409, "Conflict", message, detailsOf(resource, name));
}

/** Why an update with a stale resourceVersion is refused. */
export const optimisticLockText =
  "the object has been modified; please apply your changes to the latest version and try again";

/** As many field errors as one Status tells: an answer must not be many times as long as the request. */
const fieldErrorsMax = 1_000;
/** Once they have so many characters no more are told: each may show the whole of what is wrong, as long as the request. */
const fieldErrorCharactersMax = 1024 * 1024;

/** 422: the object, or the options, break rules of their type; one cause a field error, as far as they are told. */
export function invalidObject(
  kind: { readonly group: string; readonly kind: string },
  name: string,
  allErrors: readonly FieldError[],
): StatusError {
  const messages = toldMessages(allErrors);
  const errors = allErrors.slice(0, messages.length);
  const qualified = kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}`;
  const message = `${qualified} "${name}" is invalid: ${aggregate(messages)}`;
  return failure(422, "Invalid", message, {
    ...(name === "" ? {} : { name }),
    ...(kind.group === "" ? {} : { group: kind.group }),
    ...(kind.kind === "" ? {} : { kind: kind.kind }),
    ...(errors.length === 0 ? {} : { causes: errors.map(fieldErrorCause) }),
  });
}

function toldMessages(errors: readonly FieldError[]): string[] {
  const messages: string[] = [];
  let characters = 0;
  for (const error of errors) {
    if (messages.length >= fieldErrorsMax || characters >= fieldErrorCharactersMax) break;
    const message = fieldErrorMessage(error);
    messages.push(message);
    characters += message.length;
  }
  return messages;
}

/** 400: the request makes no sense. */
export function badRequest(message: string): StatusError {
  return failure(400, "BadRequest", message);
}

/** 401: nobody that the server knows. */
export function unauthorized(message = "Unauthorized"): StatusError {
  return failure(401, "Unauthorized", message);
}

/** 403: known, but not allowed. */
export function forbiddenRequest(resource: GroupResource, name: string, why: string): StatusError {
  const qualified = qualifiedResource(resource);
  const what = name === "" ? qualified : `${qualified} "${name}"`;
  const message = qualified === "" ? `forbidden: ${why}` : `${what} is forbidden: ${why}`;
  return failure(403, "Forbidden", message, detailsOf(resource, name));
}

/** 404 for a path that is not served. */
export function pathNotFound(resource?: GroupResource, name = ""): StatusError {
  return failure(404, "NotFound", "the server could not find the requested resource", detailsOf(resource, name));
}

/** 405: the path is served, but not with this method. */
export function methodNotAllowed(resource?: GroupResource, name = ""): StatusError {
  const message = "the server does not allow this method on the requested resource";
  return failure(405, "MethodNotAllowed", message, detailsOf(resource, name));
}

/** 406: none of the media types that the client accepts can be served. */
export function notAcceptable(message: string): StatusError {
  return failure(406, "NotAcceptable", message);
}

/** 415: the body's media type is not one that the server reads. */
export function unsupportedMediaType(message: string): StatusError {
  return failure(415, "UnsupportedMediaType", message);
}

/** 410: the resourceVersion or continue token is older than the history that is kept. */
export function expired(message: string): StatusError {
  return failure(410, "Expired", message);
}

/** 413: the body is larger than the limit, or has too many parts. */
export function requestEntityTooLarge(message: string): StatusError {
  return failure(413, "RequestEntityTooLarge", `Request entity too large: ${message}`);
}

/** 429: try again after so many seconds. */
export function tooManyRequests(message: string, retryAfterSeconds: number): StatusError {
  return failure(429, "TooManyRequests", message, { retryAfterSeconds });
}

/** 500: the server's fault. `cause` stays with the server; clients see `message`. */
export function internalError(message: string, cause?: unknown): StatusError {
  const error = failure(500, "InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });
  return new StatusError(error.status, { cause });
}

/** 503: the server cannot answer now, though it may soon. */
export function serviceUnavailable(message: string): StatusError {
  return failure(503, "ServiceUnavailable", message);
}

/** 504: the answer did not come in time. */
export function timeout(message: string, retryAfterSeconds: number, causes?: StatusCause[]): StatusError {
  return failure(504, "Timeout", `Timeout: ${message}`, {
    ...(causes === undefined ? {} : { causes }),
    ...(retryAfterSeconds === 0 ? {} : { retryAfterSeconds }),
  });
}

/** 504: a resourceVersion that the store has not reached. */
export function tooLargeResourceVersion(requested: number, current: number, retryAfterSeconds = 1): StatusError {
  const message = `Too large resource version: ${requested}, current: ${current}`;
  const causes = [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }];
  return timeout(message, retryAfterSeconds, causes);
}

/** `a`, or `[a, b]`, each text once, as Go's error aggregates print. */
export function aggregate(messages: readonly string[]): string {
  const unique = [...new Set(messages)];
  return unique.length === 1 ? (unique[0] ?? "") : `[${unique.join(", ")}]`;
}

function detailsOf(resource: GroupResource | undefined, name: string): StatusDetails {
  return {
    ...(name === "" ? {} : { name }),
    ...(resource === undefined || resource.group === "" ? {} : { group: resource.group }),
    ...(resource === undefined || resource.resource === "" ? {} : { kind: resource.resource }),
  };
}
