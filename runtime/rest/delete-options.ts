import {
  booleanDecoder,
  int64Decoder,
  isFields,
  listDecoder,
  newDecodeReport,
  reportType,
  stringDecoder,
  type DecodeReport,
  type Decoder,
  type Fields,
} from "../meta/decode.ts";
import { goQuote } from "../meta/field-error.ts";
import type { DeleteOptions } from "../meta/options.ts";
import { validateDeleteOptions, type RequestedDeleteOptions } from "../meta/options-validation.ts";
import { readFields } from "../meta/protobuf-fields.ts";
import { deleteOptions as deleteOptionsMessage } from "../meta/protobuf-messages.ts";
import { badRequest } from "../meta/status-error.ts";
import type { GroupVersionKind } from "../scheme/descriptor.ts";
import type { Scheme } from "../scheme/scheme.ts";
import { apiVersionOf } from "../scheme/versioned.ts";
import { BodyError } from "./body-error.ts";
import { schemeName, typeOf } from "./decode-object.ts";
import { requireValid } from "./options.ts";
import { asBody, parseBody, parseEnvelope, type ParsedBody } from "./parse-body.ts";
import { booleanOf, integerOf, textOf } from "./query-values.ts";
import type { RequestBody } from "./target.ts";

/**
 * The options of a delete or deletecollection: those of the body if there is one, else those of the query.
 * Throws 400 for what cannot be read, 422 for what does not go together.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/delete-options/
 */
export function parseDeleteOptions(
  query: URLSearchParams,
  body: RequestBody | undefined,
  scheme: Scheme,
): DeleteOptions {
  const requested = body === undefined || body.bytes.length === 0 ? ofQuery(query) : ofBody(body, scheme);
  requireValid("DeleteOptions", validateDeleteOptions(requested));
  return {
    dryRun: requested.dryRun.length > 0,
    gracePeriodSeconds: requested.gracePeriodSeconds,
    preconditions: requested.preconditions ?? {},
    orphanDependents: requested.orphanDependents,
    propagationPolicy: propagationPolicy(requested.propagationPolicy),
  };
}

interface Requested extends RequestedDeleteOptions {
  readonly dryRun: readonly string[];
  readonly preconditions: DeleteOptions["preconditions"] | undefined;
}

function ofQuery(query: URLSearchParams): Requested {
  const gracePeriodSeconds = integerOf(query, "gracePeriodSeconds");
  const preconditions = preconditionsOf(textOf(query, "uid"), textOf(query, "resourceVersion"));
  return {
    dryRun: query.getAll("dryRun"),
    gracePeriodSeconds,
    preconditions: Object.keys(preconditions).length === 0 ? undefined : preconditions,
    orphanDependents: booleanOf(query, "orphanDependents"),
    propagationPolicy: query.get("propagationPolicy") ?? undefined,
  };
}

function preconditionsOf(uid: string, resourceVersion: string): DeleteOptions["preconditions"] {
  return { ...(uid === "" ? {} : { uid }), ...(resourceVersion === "" ? {} : { resourceVersion }) };
}

function propagationPolicy(text: string | undefined): DeleteOptions["propagationPolicy"] {
  return text === "Orphan" || text === "Background" || text === "Foreground" ? text : "";
}

const wantedType: GroupVersionKind = { group: "", version: "v1", kind: "DeleteOptions" };

function ofBody(body: RequestBody, scheme: Scheme): Requested {
  try {
    const { value, inexact } = isProtobuf(body) ? protobufOptions(body.bytes) : parseBody(body);
    requireType(typeOf(value, wantedType), scheme);
    if (inexact !== undefined) throw new BodyError(inexact);
    return decode(isFields(value) ? value : {});
  } catch (error) {
    throw error instanceof BodyError ? badRequest(error.message) : error;
  }
}

function isProtobuf({ mediaType }: RequestBody): boolean {
  return mediaType === "application/vnd.kubernetes.protobuf";
}

function protobufOptions(bytes: Uint8Array): Pick<ParsedBody, "value" | "inexact"> {
  const { apiVersion, kind, raw } = parseEnvelope(bytes);
  const options = asBody((message) => readFields(deleteOptionsMessage, message), raw);
  return { value: { apiVersion, kind, ...options }, inexact: undefined };
}

/** Clients may send the options in the version of any group, as they once did. */
function requireType(type: GroupVersionKind, scheme: Scheme): void {
  const apiVersion = apiVersionOf(type);
  const known =
    apiVersion === "v1" ||
    apiVersion === "meta.k8s.io/v1" ||
    scheme.groupVersions.some(({ group, version }) => group === type.group && version === type.version);
  if (known && type.kind === wantedType.kind) return;
  const kind = goQuote(type.kind);
  throw new BodyError(`no kind ${kind} is registered for version ${goQuote(apiVersion)} in scheme "${schemeName}"`);
}

const textList = listDecoder(stringDecoder);
const policyDecoder = textDecoder("v1.DeletionPropagation");
const uidDecoder = textDecoder("types.UID");

/** Reads texts of a type of their own. */
function textDecoder(goType: string): Decoder {
  return {
    goType,
    decode(value, report) {
      if (typeof value !== "string") reportType(report, value, report.struct, "", goType);
      return value;
    },
    zero: () => "",
  };
}

function decode(fields: Fields): Requested {
  const report = newDecodeReport();
  report.struct = "DeleteOptions";
  const gracePeriodSeconds = read(fields, "gracePeriodSeconds", int64Decoder, report);
  const preconditions = decodePreconditions(fields["preconditions"], report);
  const orphanDependents = read(fields, "orphanDependents", booleanDecoder, report);
  const policy = read(fields, "propagationPolicy", policyDecoder, report);
  const dryRun = read(fields, "dryRun", textList, report);
  if (report.typeError !== undefined) throw new BodyError(report.typeError);
  // Whatever is of another type has been refused by now.
  return {
    dryRun: Array.isArray(dryRun) ? dryRun.filter((value) => typeof value === "string") : [],
    gracePeriodSeconds: typeof gracePeriodSeconds === "number" ? gracePeriodSeconds : undefined,
    preconditions,
    orphanDependents: typeof orphanDependents === "boolean" ? orphanDependents : undefined,
    propagationPolicy: typeof policy === "string" ? policy : undefined,
  };
}

function read(fields: Fields, name: string, decoder: Decoder, report: DecodeReport): unknown {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  report.path.push(name);
  const decoded = decoder.decode(value, report);
  report.path.pop();
  return decoded;
}

function decodePreconditions(value: unknown, report: DecodeReport): Requested["preconditions"] {
  if (value === undefined || value === null) return undefined;
  if (!isFields(value)) {
    reportType(report, value, "DeleteOptions", "preconditions", "v1.Preconditions");
    return undefined;
  }
  report.path.push("preconditions");
  report.struct = "Preconditions";
  const uid = read(value, "uid", uidDecoder, report);
  const resourceVersion = read(value, "resourceVersion", stringDecoder, report);
  report.struct = "DeleteOptions";
  report.path.pop();
  return {
    ...(typeof uid === "string" ? { uid } : {}),
    ...(typeof resourceVersion === "string" ? { resourceVersion } : {}),
  };
}
