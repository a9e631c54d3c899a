import { randomUUID } from "node:crypto";
import { goQuote } from "../../meta/field-error.ts";
import { badRequest, StatusError } from "../../meta/status-error.ts";
import type { AskedWebhook } from "./asked-webhook.ts";
import type { Invocation } from "./invocation.ts";
import { versionedObjects, type Matching } from "./match.ts";
import { postJson, PostError } from "./post.ts";
import { denial, readResponse, ResponseError, type ReviewResponse } from "./response.ts";
import { reviewJson, reviewVersion } from "./review.ts";

/** That a webhook could not be asked, or gave no proper answer: what its failure policy is about. */
export class WebhookFailure extends Error {
  override readonly name = "WebhookFailure";
  constructor(webhook: string, why: string, options?: ErrorOptions) {
    super(`failed calling webhook ${goQuote(webhook)}: ${why}`, options);
  }
}

/**
 * Asks a webhook about a write, passes its warnings on, and tells how it went. Throws a WebhookFailure, and what the
 * webhook refuses the write with.
 */
export async function ask(
  invocation: Invocation,
  matching: Matching,
  kind: "mutating" | "validating",
): Promise<ReviewResponse> {
  const startMs = performance.now();
  const told = (outcome: AskedWebhook["outcome"], code: number): void =>
    matching.observe?.({
      name: invocation.webhook.spec.name,
      type: kind === "mutating" ? "admit" : "validating",
      operation: matching.write.operation,
      seconds: (performance.now() - startMs) / 1000,
      outcome,
      code,
    });
  try {
    const response = await review(invocation, matching, kind);
    told("allowed", 200);
    return response;
  } catch (error) {
    if (error instanceof WebhookFailure) told(invocation.webhook.ignoresFailures ? "failed open" : "failed", 0);
    else told("refused", error instanceof StatusError ? (error.status.code ?? 0) : 0);
    throw error;
  }
}

async function review(
  invocation: Invocation,
  matching: Matching,
  kind: "mutating" | "validating",
): Promise<ReviewResponse> {
  const { write, context, versions } = matching;
  const { spec, endpoint, timeoutMs } = invocation.webhook;
  const { name, sideEffects, admissionReviewVersions } = spec;
  if (write.dryRun && sideEffects === undefined) throw new WebhookFailure(name, "Webhook SideEffects is nil");
  if (write.dryRun && sideEffects !== "None" && sideEffects !== "NoneOnDryRun") {
    throw badRequest(`admission webhook ${goQuote(name)} does not support dry run`);
  }
  const version = reviewVersion(admissionReviewVersions);
  if (version === undefined) throw new WebhookFailure(name, noVersion);
  const uid = randomUUID();
  const json = reviewJson(version, { uid, invocation, versioned: versionedObjects(invocation, versions) }, write);
  const expected = { uid, version, mutating: kind === "mutating" };
  let response: ReviewResponse;
  try {
    const answer = await postJson({ endpoint, json, timeoutMs, signal: context.signal });
    response = readResponse(answer, expected);
  } catch (error) {
    throw new WebhookFailure(name, failureText(error), { cause: error });
  }
  for (const [key, value] of response.auditAnnotations) context.annotate?.(`${name}/${key}`, value, "Metadata");
  for (const warning of response.warnings) context.warn(warning);
  if (!response.allowed) throw denial(name, response.result);
  return response;
}

const noVersion =
  "could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)";

function failureText(error: unknown): string {
  if (error instanceof ResponseError) return `received invalid webhook response: ${error.message}`;
  if (error instanceof PostError) return `failed to call webhook: ${error.message}`;
  throw error;
}
