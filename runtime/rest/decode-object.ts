import { isFields, jsonTypeName, newDecodeReport } from "../meta/decode.ts";
import { goQuote } from "../meta/field-error.ts";
import type { KubeObject } from "../meta/v1.ts";
import type { GroupVersionKind, ResourceDescriptor } from "../scheme/descriptor.ts";
import type { Scheme } from "../scheme/scheme.ts";
import { apiVersionOf } from "../scheme/versioned.ts";
import { BodyError } from "./body-error.ts";
import { strictProblems, type ParsedBody } from "./parse-body.ts";

/** An object as a body has it. */
export interface DecodedObject {
  /** Of the version that the body names. */
  readonly object: KubeObject;
  readonly source: ResourceDescriptor;
  /** What a strict decoder finds: `unknown field "spec.x"`, `duplicate field "spec.y"`. */
  readonly problems: readonly string[];
}

/** What Go calls the type that it reads apiVersion and kind into; clients see it. */
const typeMetaName =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** What the messages of the Go server name the registry of kinds by. */
export const schemeName = "apiserver-ts";

/** The type that a body says it is of; what it leaves out is as in `wanted`. Throws a BodyError. */
export function typeOf(value: unknown, wanted: GroupVersionKind): GroupVersionKind {
  if (value === null) return wanted;
  if (!isFields(value)) throw jsonParseError(`${jsonTypeName(value)} into Go value of type ${typeMetaName}`);
  for (const name of Object.keys(value)) {
    const field = value[name];
    if ((name !== "apiVersion" && name !== "kind") || typeof field === "string" || field === null) continue;
    throw jsonParseError(`${jsonTypeName(field)} into Go struct field .${name} of type string`);
  }
  const { apiVersion, kind } = value;
  const named = typeof kind === "string" && kind !== "" ? kind : wanted.kind;
  if (typeof apiVersion !== "string" || apiVersion === "" || apiVersion === "/") return { ...wanted, kind: named };
  return { ...groupVersionOf(apiVersion, wanted), kind: named };
}

function groupVersionOf(apiVersion: string, wanted: GroupVersionKind): { group: string; version: string } {
  const [first = "", second, ...more] = apiVersion.split("/");
  if (more.length > 0) throw new BodyError(`unexpected GroupVersion string: ${apiVersion}`);
  if (second === undefined) return { group: "", version: first };
  return { group: first, version: second === "" && first === wanted.group ? wanted.version : second };
}

function jsonParseError(what: string): BodyError {
  return new BodyError(`couldn't get version/kind; json parse error: json: cannot unmarshal ${what}`);
}

/**
 * Decodes a body of a type, which must be a version of the wanted kind; takes the body's value to pieces.
 * Defaults are not set. Throws a BodyError.
 */
export function decodeObject(
  scheme: Scheme,
  body: ParsedBody,
  type: GroupVersionKind,
  wanted: GroupVersionKind,
): DecodedObject {
  const { group, version, kind } = type;
  const source = scheme.kind(group, version, kind);
  if (source === undefined || kind !== wanted.kind || group !== wanted.group) throw wrongKind(scheme, type, wanted);
  if (body.inexact !== undefined) throw new BodyError(body.inexact);
  const report = newDecodeReport();
  const object = source.decode(isFields(body.value) ? body.value : {}, report);
  if (report.typeError !== undefined) throw new BodyError(report.typeError);
  object.kind = kind;
  object.apiVersion = apiVersionOf(type);
  return { object, source, problems: strictProblems(body, report.unknownFields) };
}

function wrongKind(scheme: Scheme, type: GroupVersionKind, wanted: GroupVersionKind): BodyError {
  const { group, version, kind } = type;
  const isList = (descriptor: ResourceDescriptor): boolean => descriptor.names.listKind === kind;
  const known =
    scheme.kind(group, version, kind) ??
    scheme.groupVersions.find((served) => served.group === group && served.version === version)?.resources.find(isList);
  if (known !== undefined) {
    const from = `${version}.${kind}`;
    const to = `${wanted.group.split(".", 1).join()}.${wanted.kind}`;
    return new BodyError(`converting (${from}) to (${to}): unknown conversion`);
  }
  const apiVersion = goQuote(apiVersionOf(type));
  return new BodyError(`no kind ${goQuote(kind)} is registered for version ${apiVersion} in scheme "${schemeName}"`);
}
