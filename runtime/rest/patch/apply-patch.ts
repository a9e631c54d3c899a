import { applyPatch } from "../../apply/field-manager.ts";
import { TypedError } from "../../apply/typed-errors.ts";
import { isLargerThan, isObject, type JsonObject } from "../../apply/value.ts";
import { jsonTypeName, newDecodeReport } from "../../meta/decode.ts";
import type { PatchOptions } from "../../meta/options.ts";
import { badRequest, failure, requestEntityTooLarge } from "../../meta/status-error.ts";
import type { KubeObject } from "../../meta/v1.ts";
import type { ResourceDescriptor } from "../../scheme/descriptor.ts";
import type { RequestContext } from "../../scheme/request-context.ts";
import { rememberDecoded } from "../../scheme/decoded-objects.ts";
import { setDefaults } from "../../scheme/set-defaults.ts";
import { apiVersionOf } from "../../scheme/versioned.ts";
import { zeroObject } from "../../scheme/zero-object.ts";
import { BodyError } from "../body-error.ts";
import { asJson, type KindSchemas } from "../kind-schemas.ts";
import { parseBody, parseJson, type ParsedBody } from "../parse-body.ts";
import { warnOfProblems } from "../strict-problems.ts";
import { fieldManagerAt, trackedPartsMax } from "../track-fields.ts";

/** A server-side apply: what is applied, by whom and how. */
export interface Apply {
  readonly descriptor: ResourceDescriptor;
  readonly schemas: KindSchemas;
  readonly context: RequestContext;
  /** YAML, or JSON. */
  readonly bytes: Uint8Array;
  readonly options: PatchOptions;
}

/**
 * The object that an applied configuration makes of the one that is there, or of nothing, with its defaults set and its
 * managedFields brought up to date. Throws 400 for what is no configuration of the kind, 409 for conflicts, and a 500
 * without a reason, as Kubernetes does, for what does not fit the kind's schema.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export function appliedObject(apply: Apply, old: KubeObject | undefined): KubeObject {
  const { descriptor, context, options } = apply;
  const { configuration, duplicates } = readConfiguration(apply.bytes);
  const object = decoded(descriptor, merged(apply, configuration, old));
  setDefaults(descriptor, object);
  rememberDecoded(object, descriptor);
  if (duplicates !== undefined && options.fieldValidation === "Strict") {
    throw badRequest(`error strict decoding YAML: ${duplicates}`);
  }
  if (duplicates !== undefined && options.fieldValidation === "Warn") warnOfProblems(context, [duplicates]);
  return object;
}

interface Configuration {
  readonly configuration: JsonObject;
  /** The keys that stand twice; undefined if there are none. */
  readonly duplicates: string | undefined;
}

const notJson = "error converting YAML to JSON: ";
const notMap = "error unmarshaling JSON: while decoding JSON: ";

function readConfiguration(bytes: Uint8Array): Configuration {
  try {
    const { value, yamlDuplicates, inexact } = parse(bytes);
    if (inexact !== undefined) throw new BodyError(notMap + inexact);
    const [duplicate] = yamlDuplicates;
    const duplicates = duplicate === undefined ? undefined : notJson + duplicate;
    if (value === null) return { configuration: {}, duplicates };
    if (isObject(value)) return { configuration: value, duplicates };
    const what = `json: cannot unmarshal ${jsonTypeName(value)} into Go value of type map[string]interface {}`;
    throw new BodyError(notMap + what);
  } catch (error) {
    throw error instanceof BodyError ? badRequest(`error decoding YAML: ${error.message}`) : error;
  }
}

/** Most clients send JSON, which is YAML too but read much faster. What is wrong with it is told as of YAML. */
function parse(bytes: Uint8Array): ParsedBody {
  try {
    const parsed = parseJson(bytes, "");
    if (parsed.duplicates.length === 0 && parsed.inexact === undefined) return parsed;
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
  }
  return parsedYaml(bytes);
}

function parsedYaml(bytes: Uint8Array): ParsedBody {
  try {
    return parseBody({ bytes, mediaType: "application/yaml" });
  } catch (error) {
    throw error instanceof BodyError ? new BodyError(notJson + error.message) : error;
  }
}

function merged(apply: Apply, configuration: JsonObject, old: KubeObject | undefined): JsonObject {
  const { descriptor, schemas, context, options } = apply;
  // Decoding takes the result to pieces, which must not be those of the stored object.
  const live = asJson(old === undefined ? zeroObject(descriptor) : descriptor.deepCopy(old));
  if (isLargerThan(configuration, trackedPartsMax) || isLargerThan(live, trackedPartsMax)) {
    throw requestEntityTooLarge(`Objects of more than ${trackedPartsMax} fields and items cannot be applied`);
  }
  try {
    const fieldManager = fieldManagerAt(schemas, context);
    return applyPatch(fieldManager, live, configuration, options.fieldManager, options.force === true);
  } catch (error) {
    throw error instanceof TypedError ? failure(500, "", error.message) : error;
  }
}

function decoded(descriptor: ResourceDescriptor, value: JsonObject): KubeObject {
  const report = newDecodeReport();
  const object = descriptor.decode(value, report);
  if (report.typeError === undefined) return object;
  const { namespace = "", name = "" } = object.metadata;
  const what = `${namespace}/${name}; ${apiVersionOf(descriptor.gvk)}, Kind=${descriptor.gvk.kind}`;
  throw failure(500, "", `failed to convert new object (${what}) to proper version: ${report.typeError}`);
}
