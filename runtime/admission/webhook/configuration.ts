import type { LabelSelector } from "../../meta/v1.ts";

/**
 * Webhook configurations as the kube-apiserver gives them: valid, and with their defaults set.
 * https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/mutating-webhook-configuration-v1/
 */
export interface WebhookConfiguration {
  readonly metadata: { readonly name: string };
  readonly webhooks?: readonly WebhookSpec[];
}

/** One webhook of a configuration. */
export interface WebhookSpec {
  readonly name: string;
  readonly clientConfig: ClientConfig;
  readonly rules?: readonly WebhookRule[];
  readonly failurePolicy?: "Fail" | "Ignore";
  readonly matchPolicy?: "Exact" | "Equivalent";
  readonly namespaceSelector?: LabelSelector;
  readonly objectSelector?: LabelSelector;
  readonly sideEffects?: "None" | "NoneOnDryRun" | "Some" | "Unknown";
  readonly timeoutSeconds?: number;
  readonly admissionReviewVersions?: readonly string[];
  readonly matchConditions?: readonly MatchCondition[];
  /** Of mutating webhooks alone. */
  readonly reinvocationPolicy?: "Never" | "IfNeeded";
}

/** Where a webhook is: at a URL, or behind a Service. */
export interface ClientConfig {
  readonly url?: string;
  readonly service?: {
    readonly name: string;
    readonly namespace: string;
    readonly path?: string;
    readonly port?: number;
  };
  /** Authorities in PEM, in base64; those of Node if unset. */
  readonly caBundle?: string;
}

/** Which writes a webhook is asked about. */
export interface WebhookRule {
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  /** Such as `cats`, `cats/status`, `*`, `cats/*` and `*` with `/scale`. */
  readonly resources?: readonly string[];
  readonly operations?: readonly string[];
  readonly scope?: "*" | "Cluster" | "Namespaced";
}

/** A condition in CEL. */
export interface MatchCondition {
  readonly name: string;
  readonly expression: string;
}

/** A configuration out of what the kube-apiserver has sent, which has validated it when it was written. */
export function configurationOf(object: unknown): WebhookConfiguration {
  return object as WebhookConfiguration;
}
