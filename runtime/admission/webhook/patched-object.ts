import { isFields, newDecodeReport } from "../../meta/decode.ts";
import { goQuote } from "../../meta/field-error.ts";
import { isTooDeep } from "../../meta/json-depth.ts";
import { applyPatchOperations, patchOperationsMax, type PatchOperation } from "../../meta/json-patch.ts";
import { internalError } from "../../meta/status-error.ts";
import type { KubeObject } from "../../meta/v1.ts";
import type { ResourceDescriptor } from "../../scheme/descriptor.ts";
import { setDefaults } from "../../scheme/set-defaults.ts";
import { apiVersionOf } from "../../scheme/versioned.ts";
import { WebhookFailure } from "./ask.ts";
import type { ReviewResponse } from "./response.ts";
import type { Versioned } from "./versions.ts";

/**
 * The object that a webhook's patch makes of the one it was shown, with its defaults set; undefined for no patch. Fields
 * that the kind does not have are dropped. Throws a WebhookFailure for what is no patch, and 500 for one that does not
 * go with the object.
 */
export function patchedObject(
  webhook: string,
  { patch, patchType }: ReviewResponse,
  { kind, object }: Versioned,
): KubeObject | undefined {
  if (patch.length === 0) return undefined;
  const operations = operationsOf(webhook, patch);
  if (operations.length === 0) return undefined;
  if (object === undefined) {
    const what = "attempted to modify the object, which is not supported for this operation";
    throw internalError(`admission webhook ${goQuote(webhook)} ${what}`);
  }
  if (patchType !== "JSONPatch") throw new WebhookFailure(webhook, `unsupported patch type ${goQuote(patchType)}`);
  const patched = applyPatchOperations(JSON.parse(JSON.stringify(object)), operations);
  if ("problem" in patched) throw internalError(patched.problem);
  return decoded(kind, patched.value);
}

function operationsOf(webhook: string, patch: Buffer): readonly PatchOperation[] {
  const undecodable = (why: string): WebhookFailure =>
    new WebhookFailure(webhook, `received undecodable patch in webhook response: ${why}`);
  let value: unknown;
  try {
    value = JSON.parse(patch.toString("utf8")) ?? [];
  } catch (error) {
    throw undecodable(error instanceof Error ? error.message : String(error));
  }
  if (!Array.isArray(value)) throw undecodable("it is no list of operations");
  if (value.length > patchOperationsMax) throw undecodable(`it has more than ${patchOperationsMax} operations`);
  return value.map((fields: unknown) => {
    if (!isFields(fields)) throw undecodable("an operation is no object");
    const text = (name: string): string | undefined => {
      const field = fields[name];
      return typeof field === "string" ? field : undefined;
    };
    return { fields, op: text("op"), path: text("path"), from: text("from") };
  });
}

function decoded(kind: ResourceDescriptor, value: unknown): KubeObject {
  if (isTooDeep(value)) throw internalError("the patched object exceeds the maximum depth");
  const report = newDecodeReport();
  const object = kind.decode(isFields(value) ? value : {}, report);
  if (report.typeError !== undefined) throw internalError(report.typeError);
  object.kind = kind.gvk.kind;
  object.apiVersion = apiVersionOf(kind.gvk);
  setDefaults(kind, object);
  return object;
}
