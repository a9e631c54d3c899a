import { isFields, type Fields } from "../../meta/decode.ts";
import { goQuote } from "../../meta/field-error.ts";
import { failure, type StatusError } from "../../meta/status-error.ts";
import type { StatusDetails } from "../../meta/v1.ts";
import type { ReviewVersion } from "./review.ts";

/** What a webhook has answered. */
export interface ReviewResponse {
  readonly allowed: boolean;
  /** Why not, as a Status or parts of one. */
  readonly result: Fields;
  /** A JSON patch; empty if there is none. */
  readonly patch: Buffer;
  readonly patchType: string;
  readonly warnings: readonly string[];
  readonly auditAnnotations: readonly (readonly [string, string])[];
}

/** What an answer is to be to. */
interface Expected {
  readonly uid: string;
  readonly version: ReviewVersion;
  readonly mutating: boolean;
}

/** An answer that is no proper one; the message says why. */
export class ResponseError extends Error {
  override readonly name = "ResponseError";
}

/**
 * Reads and checks what a webhook has answered. Throws a ResponseError.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#response
 */
export function readResponse(answer: unknown, expected: Expected): ReviewResponse {
  const review = fieldsOf(answer);
  const { response } = review;
  if (!isFields(response)) throw new ResponseError("webhook response was absent");
  const patch = Buffer.from(textOf(response, "patch"), "base64");
  const patchType = typeof response["patchType"] === "string" ? response["patchType"] : undefined;
  if (expected.version === "v1") {
    checkIdentity(review, response, expected);
    checkPatch(patch, patchType, expected);
  }
  const { warnings, auditAnnotations } = response;
  return {
    allowed: response["allowed"] === true,
    result: fieldsOf(response["status"]),
    patch: expected.mutating ? patch : Buffer.alloc(0),
    patchType: expected.version === "v1" ? (patchType ?? "") : "JSONPatch",
    warnings: Array.isArray(warnings) ? warnings.filter((warning) => typeof warning === "string") : [],
    auditAnnotations: Object.entries(fieldsOf(auditAnnotations)).map(([key, value]) => [key, String(value)]),
  };
}

const group = "admission.k8s.io";

function checkIdentity(review: Fields, response: Fields, { uid, version }: Expected): void {
  const answered = textOf(response, "uid");
  if (answered !== uid) throw new ResponseError(`expected response.uid=${goQuote(uid)}, got ${goQuote(answered)}`);
  const apiVersion = textOf(review, "apiVersion");
  const kind = textOf(review, "kind");
  if (apiVersion === `${group}/${version}` && kind === "AdmissionReview") return;
  const wanted = `${group}/${version}, Kind=AdmissionReview`;
  throw new ResponseError(`expected webhook response of ${wanted}, got ${apiVersion}, Kind=${kind}`);
}

function checkPatch(patch: Buffer, patchType: string | undefined, { mutating }: Expected): void {
  if (!mutating) {
    if (patch.length > 0) throw new ResponseError("validating webhook may not return response.patch");
    if (patchType !== undefined) throw new ResponseError("validating webhook may not return response.patchType");
    return;
  }
  if (patch.length > 0 && patchType === undefined) {
    throw new ResponseError("webhook returned response.patch but not response.patchType");
  }
  if (patch.length === 0 && patchType !== undefined) {
    throw new ResponseError("webhook returned response.patchType but not response.patch");
  }
  if (patchType === "") throw new ResponseError('webhook returned invalid response.patchType of ""');
}

/**
 * The refusal of a webhook: its own Status, with a code that is one of errors.
 * https://pkg.go.dev/k8s.io/apiserver/pkg/admission/plugin/webhook/errors#ToStatusErr
 */
export function denial(webhook: string, result: Fields): StatusError {
  const denied = `admission webhook ${goQuote(webhook)} denied the request`;
  const message = textOf(result, "message");
  const reason = textOf(result, "reason");
  const why = message === "" ? reason : message;
  const code = typeof result["code"] === "number" && Number.isInteger(result["code"]) ? result["code"] : 0;
  const text = why === "" ? `${denied} without explanation` : `${denied}: ${why}`;
  const status = code < 400 || code > 599 ? 400 : code;
  return failure(status, reason, text, isFields(result["details"]) ? detailsOf(result["details"]) : undefined);
}

function detailsOf(details: Fields): StatusDetails {
  const found: StatusDetails = textsOf(details, ["name", "group", "kind", "uid"]);
  const { causes, retryAfterSeconds } = details;
  if (Array.isArray(causes)) {
    found.causes = causes.filter(isFields).map((cause) => textsOf(cause, ["reason", "message", "field"]));
  }
  if (typeof retryAfterSeconds === "number") found.retryAfterSeconds = retryAfterSeconds;
  return found;
}

/** Those fields that are texts, and not empty. */
function textsOf<Name extends string>(fields: Fields, names: readonly Name[]): { [N in Name]?: string } {
  const found: { [N in Name]?: string } = {};
  for (const name of names) if (textOf(fields, name) !== "") found[name] = textOf(fields, name);
  return found;
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === "string" ? value : "";
}
