import { failure, forbiddenRequest, StatusError } from "../meta/status-error.ts";
import { goQuote } from "../meta/field-error.ts";
import type { UserInfo } from "../meta/user-info.ts";
import type { Waiting } from "./authenticator.ts";

/**
 * What a request is about, as far as deciding on it goes; the request info of the HTTP layer is one.
 * https://pkg.go.dev/k8s.io/apiserver/pkg/authorization/authorizer#Attributes
 */
export interface AuthorizationAttributes {
  readonly isResourceRequest: boolean;
  readonly path: string;
  readonly verb: string;
  readonly apiGroup: string;
  readonly apiVersion: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  readonly fieldSelector: string;
  readonly labelSelector: string;
}

/** An authorizer's answer; the reason of a refusal is shown to the client, that why something is allowed is for the audit. */
export type Decision =
  { readonly allowed: true; readonly reason?: string } | { readonly allowed: false; readonly reason: string };

/** Decides whether a user may do what the request asks. Throws `undecided` where it cannot decide. */
export type Authorizer = (
  user: UserInfo,
  attributes: AuthorizationAttributes,
  waiting: Waiting,
) => Promise<Decision> | Decision;

/** The one way to allow. */
export const allow: Decision = Object.freeze({ allowed: true });

/** The 403 of a request that was refused, in the words that kubectl users know. */
export function forbidden(user: UserInfo, attributes: AuthorizationAttributes, reason: string): StatusError {
  const resource = { group: attributes.apiGroup, resource: attributes.resource };
  const message = sanitized(forbiddenText(user, attributes));
  return forbiddenRequest(resource, attributes.name, reason === "" ? message : `${message}: ${reason}`);
}

/** The 500 of a request of which nobody can tell whether it is allowed, in the words of the Go server. */
export function undecided(attributes: AuthorizationAttributes, cause: unknown): StatusError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = sanitized(`Internal Server Error: ${goQuote(attributes.path)}: ${why}`);
  return new StatusError(failure(500, "InternalError", message).status, { cause });
}

function forbiddenText(user: UserInfo, attributes: AuthorizationAttributes): string {
  const who = `User ${goQuote(user.name)} cannot ${attributes.verb}`;
  if (!attributes.isResourceRequest) return `${who} path ${goQuote(attributes.path)}`;
  const { resource, subresource, apiGroup, namespace } = attributes;
  const what = goQuote(subresource === "" ? resource : `${resource}/${subresource}`);
  const where = namespace === "" ? "at the cluster scope" : `in the namespace ${goQuote(namespace)}`;
  return `${who} resource ${what} in API group ${goQuote(apiGroup)} ${where}`;
}

// Browsers may show the text: it must not look like HTML.
function sanitized(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
