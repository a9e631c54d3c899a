import { Buffer } from "node:buffer";
import { goQuote } from "../meta/field-error.ts";
import type { FieldValidation } from "../meta/options.ts";
import { badRequest, type StatusError } from "../meta/status-error.ts";
import type { KubeObject } from "../meta/v1.ts";
import type { GroupVersionKind } from "../scheme/descriptor.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import { rememberDecoded } from "../scheme/decoded-objects.ts";
import { setDefaults } from "../scheme/set-defaults.ts";
import { apiVersionOf } from "../scheme/versioned.ts";
import { BodyError } from "./body-error.ts";
import { decodeObject, typeOf, type DecodedObject } from "./decode-object.ts";
import { parseBody, type ParsedBody } from "./parse-body.ts";
import { strictError, warnOfProblems } from "./strict-problems.ts";
import { bodyKindOf, type BodyKind, type RequestBody, type ResourceTarget } from "./target.ts";

/**
 * Makes an object of the target's kind out of a body, with its defaults set. What is unknown or stands twice is warned
 * of, or refused, or neither, as `validation` says. Throws 400 for what is no such object.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#setting-the-field-validation-level
 */
export function decodeBody(
  target: ResourceTarget,
  context: RequestContext,
  body: RequestBody,
  validation: FieldValidation,
): KubeObject {
  const kind = bodyKindOf(target);
  const { gvk } = kind.descriptor;
  const { parsed, type } = readBody(kind, body);
  const { object, problems } = decodeParsed(kind, parsed, type);
  if (problems.length > 0 && validation === "Strict") throw unfit(gvk, type, strictError(problems));
  if (problems.length > 0 && validation === "Warn") warnOfProblems(context, problems);
  if (type.version !== gvk.version) {
    throw badRequest(
      `the API version in the data (${apiVersionOf(type)}) does not match the expected API version (${apiVersionOf(gvk)})`,
    );
  }
  setDefaults(kind.descriptor, object);
  context.sent?.(object);
  return rememberDecoded(object, kind.descriptor);
}

/** A body, and the type that it says it is of. */
interface TypedBody {
  readonly parsed: ParsedBody;
  readonly type: GroupVersionKind;
}

function readBody({ descriptor: { gvk } }: BodyKind, body: RequestBody): TypedBody {
  try {
    const parsed = parseBody(body);
    return { parsed, type: typeOf(parsed.value, gvk) };
  } catch (error) {
    if (error instanceof BodyError) throw unrecognized(gvk, error.message, body.bytes);
    throw error;
  }
}

function decodeParsed(kind: BodyKind, parsed: ParsedBody, type: GroupVersionKind): DecodedObject {
  const { gvk } = kind.descriptor;
  try {
    return decodeObject(kind.scheme, parsed, type, gvk);
  } catch (error) {
    if (error instanceof BodyError) throw unfit(gvk, type, error.message);
    throw error;
  }
}

function unfit(wanted: GroupVersionKind, { kind, version }: GroupVersionKind, why: string): StatusError {
  return badRequest(`${kind} in version ${goQuote(version)} cannot be handled as a ${wanted.kind}: ${why}`);
}

function unrecognized(wanted: GroupVersionKind, why: string, bytes: Uint8Array): StatusError {
  return badRequest(`the object provided is unrecognized (must be of type ${wanted.kind}): ${why} (${summary(bytes)})`);
}

const summaryBytesMax = 30;

/** The beginning of a body: as it is where it looks like JSON, else in hexadecimal. */
function summary(bytes: Uint8Array): string {
  if (bytes.length === 0) return "<empty>";
  const beginning = Buffer.from(bytes.subarray(0, summaryBytesMax));
  const shown = beginning.toString(bytes[0] === 0x7b ? "utf8" : "hex");
  return bytes.length > summaryBytesMax ? `${shown} ...` : shown;
}
